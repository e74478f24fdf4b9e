"""How a harvest ends: closed, whatever happened, and with the failure that came first."""

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import (
    HARVESTED,
    INCOMPLETE,
    LANDED,
    PAGE,
    PASSING,
    REFUSED,
    Run,
    Script,
)

HARVEST = machine.states(machine.load(machine.HARVEST))
LISTED: Script = {"ListExports": [PAGE], "LandExport": [LANDED]}
CLOSE_FAILED = StateError("AccessDenied", hostile.raised("Not closed. Remedy: Let it."))


def test_all_counts_begin_at_nothing() -> None:
    assigned = HARVEST["BeginHarvest"]["Assign"]
    counts = ("pages", "landed", "failed", "again")
    assert [assigned[name] for name in counts] == [0] * 4
    assert [assigned[name] for name in ("cursor", "failure", "closing")] == [{}] * 3


def test_given_a_complete_one_then_the_output_has_its_counts_and_where_the_rest_is() -> None:
    totals: JsonObject = {"listed": 9, "known": 2, "landed": 3, "pending": 1, "givenUp": 3}
    closed: JsonValue = HARVESTED | {"totals": totals | {"rows": 7}}
    run = Run("harvest", LISTED | {"CloseHarvest": [closed]})
    where = {name: HARVESTED[name] for name in ("run", "bucket", "manifestKey")}
    assert (run.end.state, run.end.output) == ("HarvestSucceeded", totals | where)
    assert run.bus.details == []


def test_given_an_incomplete_one_then_it_fails_with_what_was_found_when_it_was_closed() -> None:
    run = Run("harvest", LISTED | {"CloseHarvest": [INCOMPLETE]})
    run.check()
    assert (run.end.error, run.end.cause) == ("HarvestIncompleteError", "Less. Remedy: Mend it.")


@pytest.mark.parametrize("closed", [HARVESTED, INCOMPLETE, {}, REFUSED], ids=str)
def test_given_a_failure_before_then_that_is_how_it_ends_however_it_is_closed(
    closed: JsonValue | StateError,
) -> None:
    lost = StateError("AuthenticationError", hostile.raised("401. Remedy: Store a key."))
    run = Run("harvest", {"ListExports": [lost], "CloseHarvest": [closed]})
    run.check()
    assert run.end.error == "AuthenticationError"
    assert run.engine.visited.count("CloseHarvest") == 1


def test_given_all_landed_when_it_cannot_be_closed_then_that_is_its_failure() -> None:
    run = Run("harvest", LISTED | {"CloseHarvest": [CLOSE_FAILED]})
    run.check()
    assert (run.end.error, run.end.cause) == ("AccessDenied", "Not closed. Remedy: Let it.")
    assert run.engine.visited.count("CloseHarvest") == 1


def test_given_a_failure_that_passed_then_it_is_none_when_the_harvest_is_closed() -> None:
    run = Run("harvest", LISTED | {"ListExports": [PASSING, PAGE], "CloseHarvest": [HARVESTED]})
    assert run.end.state == "HarvestSucceeded"


def test_given_more_to_list_then_it_goes_on_and_is_closed_once() -> None:
    more: JsonValue = PAGE | {"exports": [], "cursor": {"report": "sprint"}}
    run = Run("harvest", {"ListExports": [more, more, PAGE | {"exports": []}]})
    visited = [state for state in run.engine.visited if state in {"ListExports", "CloseHarvest"}]
    assert visited == [*["ListExports"] * 3, "CloseHarvest"]


def test_each_page_adds_what_has_no_id_that_can_be_one() -> None:
    page: JsonObject = PAGE | {"exports": [], "unusable": 2}
    run = Run("harvest", {"ListExports": [page | {"cursor": {"report": "sprint"}}, page]})
    assert run.engine.variables["failed"] == 4
    assert run.end.error == "HarvestIncompleteError"
