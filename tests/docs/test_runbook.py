"""The runbook has an entry for every name that a failure can have, and none for another."""

import re
from fnmatch import fnmatchcase

import pytest
from botocore.session import get_session

from local.paths import ROOT
from sei_export import errors
from sei_export.notice.case import OTHER_ENTRY
from tests.statemachine import aws_errors, machine

PAGE = (ROOT / "docs" / "runbook.md").read_text()
ENTRIES = {
    tuple(head.split(", ")): text
    for part in PAGE.partition("<!-- errors -->\n")[2].partition("\n## ")[0].split("\n### ")[1:]
    for head, _, text in [part.partition("\n")]
}
NAMES = [name for names in ENTRIES for name in names]
OURS = {
    name
    for name in dir(errors)
    if name.endswith("Error") and not getattr(errors, name).__subclasses__()
}
OF_TEXTS = {"TIMED_OUT", "ABORTED", "ExportOverdue", "Warnings", OTHER_ENTRY}
"""What texts are about that are no errors."""

_AGAIN = "It was tried again"
WHO = (
    "as the entry",
    "as that error's entry",
    "you",
    "AWS admin",
    "Harness admin",
    "Harness support",
    "nobody",
    "whoever",
    "maintainers",
)


def _matched(field: str, *, again: bool) -> set[str]:
    """AWS's names in Retry or Catch; of Retry, those that are tried again or those that are not."""
    return {
        name
        for file in machine.ALL
        for graph in machine.graphs(machine.load(file))
        for state in machine.states(graph).values()
        for entry in machine.entries(state, field)
        if bool(entry.get("MaxAttempts", 1)) is again
        for name in machine.error_names(entry)
        if "." in name and name != "States.ALL"
    }


def test_every_name_of_ours_is_a_heading_and_every_heading_is_a_name_that_there_is() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert {name for name in NAMES if "." not in name} == OURS | OF_TEXTS
    for name in NAMES:
        if "." in name:
            possible = [it for it in aws_errors.POSSIBLE if fnmatchcase(it, name)]
            assert possible, name


def test_the_names_that_the_machines_fail_with_have_a_heading() -> None:
    written = {
        str(state["Error"])
        for file in machine.ALL
        for graph in machine.graphs(machine.load(file))
        for state in machine.states(graph).values()
        if state["Type"] == "Fail"
    }
    quoted = {
        name
        for file in machine.ALL
        for name in re.findall(r"'(\w+Error|States\.\w+)'", file.read_text())
    }
    quoted |= {
        name for file in machine.ALL for name in re.findall(r'"error": "(\w+)"', file.read_text())
    }
    named = {name for name in written if not name.startswith("{%")} | quoted
    assert {"BatchIncompleteError", "ExportTimedOutError"} <= named
    assert named <= set(NAMES)


@pytest.mark.parametrize("name", aws_errors.POSSIBLE)
def test_every_name_that_aws_documents_has_an_entry(name: str) -> None:
    assert [pattern for pattern in NAMES if fnmatchcase(name, pattern)]


def test_every_name_that_the_machines_catch_has_a_heading_of_its_own() -> None:
    assert _matched("Catch", again=True) <= set(NAMES)


def test_what_an_entry_says_is_tried_again_is_what_the_machines_try_again() -> None:
    told = {name for names, text in ENTRIES.items() if _AGAIN in text for name in names}
    # The bus is tried again whatever it says.
    assert told - {"EventBridge.*"} == _matched("Retry", again=True)
    assert _matched("Retry", again=False) == set()


@pytest.mark.parametrize("names", ENTRIES, ids=", ".join)
def test_an_entry_says_who_can_mend_it_and_how(names: tuple[str, ...]) -> None:
    text = " ".join(ENTRIES[names].split())
    who = re.search(r"\*\*Who\*\*: ([^.]+)", text)
    assert who
    assert any(it in who[1] for it in WHO)
    assert "```sh " in text or "](#" in text


def test_a_command_within_a_line_is_one_of_awss() -> None:
    found = re.findall(r"`aws ([a-z0-9-]+) ([a-z0-9-]+)[^`]*`", PAGE)
    assert found
    for service, operation in found:
        client = get_session().create_client(service, region_name="us-east-1")
        assert hasattr(client, operation.replace("-", "_"))


def test_every_block_is_run_by_name() -> None:
    marks = re.findall(r"<!-- ([\w-]+) -->\n```sh", PAGE)
    unmarked = len(re.findall(r"```sh\n", PAGE)) - len(marks)
    assert unmarked == sum(text.count("```sh") for text in ENTRIES.values())
    tests = (ROOT / "tests" / "stack" / "test_runbook.py").read_text()
    assert [mark for mark in marks if f'"{mark}"' not in tests] == []


def test_every_link_leads_somewhere() -> None:
    for file, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", PAGE):
        target = (ROOT / "docs" / (file or "runbook.md")).resolve()
        heads = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
        assert anchor in anchors, anchor
