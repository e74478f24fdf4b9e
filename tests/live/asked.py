"""`make live` asked against a simulator, and what its report answers."""

import re
from pathlib import Path

from local.live import page
from local.live.command import NEEDED, Pace, run
from local.simulator.data import names as people
from local.simulator.data.orgtrees import OrgTrees
from tests.simulator.simulator_client import KEY, PREFIX, Client, Json

ORG, PROJECT = "acme-org", "metrics-project"
QUICK = Pace(pause=0, poll=0.05, most=120)
LEAF = "203760"
"""The team that is asked about: the first without others inside."""

READING = ("trees-list", "list-form", "no-tree", "key-header")


def environment(port: int, **changes: str) -> dict[str, str]:
    """What `make live` needs."""
    values = (f"http://127.0.0.1:{port}{PREFIX}/", KEY, ORG, PROJECT)
    return dict(zip(NEEDED, values, strict=True)) | {"YES": "1"} | changes


def answers(report: str) -> dict[str, tuple[str, str]]:
    """Each question's answer, and whether it is one that is taken."""
    lines = re.findall(r"^\| `([a-z0-9-]+)` \| (.*?) \| (.*?) \|$", report, re.MULTILINE)
    assert [line[0] for line in lines] == [question.id for question in page.questions()]
    return {name: (answer, taken) for name, answer, taken in lines}


def asked(port: int, tmp_path: Path, **changes: str) -> dict[str, tuple[str, str]]:
    """Run it whole; what it found."""
    file = tmp_path / "live" / "report.md"
    assert run(environment(port, **changes), file, QUICK) == 0
    report = file.read_text()
    check_discretion(report)
    return answers(report)


def check_discretion(report: str) -> None:
    """See that a report has no key, id, name or figure of anybody's."""
    hidden = {KEY, ORG, PROJECT, "exp_", "@example.com", "simulator", "2024-", "127.0.0.1"}
    for tree in OrgTrees():
        hidden |= {tree.name, str(tree.id)}
        for team in tree.root.flat():
            hidden |= {str(team["name"]), str(team["refId"])}
    hidden |= {people.developer(index)[0] for index in range(24)}
    # What the report is made of: the style of ids, and the names of statuses and headers.
    told = report.replace("exp_…", "")
    assert not {each for each in hidden if re.search(rf"(?<!\w){re.escape(each)}", told)}


def dialect(client: Client, **switches: str) -> None:
    """Set the dialect."""
    named: Json = {name.replace("_", "-"): value for name, value in switches.items()}
    assert client.call("PUT", "/_sim/dialect", named).status == 204
