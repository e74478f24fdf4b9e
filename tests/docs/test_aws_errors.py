"""The README has a remedy for every name of AWS's, and tells which are tried again."""

import re
from collections import Counter
from fnmatch import fnmatchcase

import pytest

from local.paths import ROOT
from tests.statemachine import aws_errors, machine

TABLE = (ROOT / "README.md").read_text().partition("<!-- aws -->\n")[2].partition("\n\n")[0]
ROWS = [
    (re.findall(r"`([\w.*]+)`", cells[0]), cells[2], cells[3])
    for cells in (row.strip("| ").split(" | ") for row in TABLE.splitlines()[2:])
]
NAMES = [name for names, _, _ in ROWS for name in names]


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


@pytest.mark.parametrize("name", aws_errors.POSSIBLE)
def test_every_name_that_aws_documents_has_a_row(name: str) -> None:
    assert [pattern for pattern in NAMES if fnmatchcase(name, pattern)]


def test_a_row_has_a_meaning_and_a_remedy_and_a_name_stands_in_one() -> None:
    assert [name for name, times in Counter(NAMES).items() if times > 1] == []
    for names, again, remedy in ROWS:
        assert names
        assert again in {"yes", "no"}
        assert len(remedy) > 10


def test_what_the_table_says_is_tried_again_is_what_the_machines_try_again() -> None:
    told = {name for names, again, _ in ROWS if again == "yes" for name in names}
    # The bus is tried again whatever it says.
    assert told - {"EventBridge.*"} == _matched("Retry", again=True)
    assert _matched("Retry", again=False) == set()


def test_every_name_that_the_machines_catch_has_a_row_of_its_own() -> None:
    assert _matched("Catch", again=True) <= set(NAMES)
