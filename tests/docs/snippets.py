"""What the README and the pages for consumers and operators show, found by the mark before it."""

import re

from local.paths import ROOT

PAGES = ("README.md", "docs/consumers.md", "docs/runbook.md")


def snippet(mark: str, language: str = "python") -> str:
    """The block after a mark, which is there once."""
    pattern = rf"<!-- {mark} -->\n```{language}\n(.*?)```"
    found = [
        block
        for page in PAGES
        for block in re.findall(pattern, (ROOT / page).read_text(), re.DOTALL)
    ]
    assert len(found) == 1, f"{mark} is shown {len(found)} times"
    return str(found[0])


def run(mark: str, names: dict[str, object]) -> dict[str, object]:
    """Run a block of Python in a namespace, as the page's reader would."""
    exec(compile(snippet(mark), f"the snippet {mark}", "exec"), names)  # noqa: S102 - the pages' own lines
    return names
