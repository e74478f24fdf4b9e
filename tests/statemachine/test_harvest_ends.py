"""How a harvest ends, by the counts that its pages came to."""

import jsonata
import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import machine
from tests.statemachine.walks import PAGE, Run

HARVEST = machine.states(machine.load(machine.HARVEST))
COUNTS = ("pages", "listed", "known", "landed", "failed", "again", "pending", "missing")
NOTHING: JsonObject = dict.fromkeys(COUNTS, 0)


def _evaluate(expression: str, variables: JsonObject) -> JsonValue:
    program = jsonata.Jsonata(expression.removeprefix("{% ").removesuffix(" %}"))
    result: JsonValue = program.evaluate(None, variables)
    return result


def _end(*, more: bool, **counts: JsonValue) -> tuple[str, str]:
    """Where a harvest goes after a page, and the message that it fails with."""
    variables: JsonObject = {**NOTHING, "states": {"input": {"more": more}}, **counts}
    for rule in machine.entries(HARVEST["IsMoreToList"], "Choices"):
        if _evaluate(rule["Condition"], variables) is True:
            message = rule.get("Assign", {}).get("failure", {}).get("message", "")
            return rule["Next"], str(_evaluate(message, variables)) if message else ""
    return HARVEST["IsMoreToList"]["Default"], "by default"


def test_all_counts_begin_at_nothing() -> None:
    assigned = HARVEST["BeginHarvest"]["Assign"]
    assert {name: assigned[name] for name in ("cursor", *COUNTS)} == {"cursor": {}, **NOTHING}


def test_each_page_adds_what_its_list_lacks() -> None:
    payload: JsonObject = {"cursor": {}, "listed": 1, "known": 1, "pending": 1, "unusable": 2}
    payload["missing"] = 70
    states: JsonObject = {"result": {"Payload": payload}}
    variables: JsonObject = {**NOTHING, "missing": 5, "failed": 1, "states": states}
    assign = HARVEST["ListExports"]["Assign"]
    assert _evaluate(assign["missing"], variables) == 75
    assert _evaluate(assign["failed"], variables) == 3


def test_given_all_landed_and_nothing_missing_then_it_succeeds() -> None:
    assert _end(more=False, landed=3, known=2) == ("HarvestSucceeded", "")


@pytest.mark.parametrize(("landed", "known"), [(50, 0), (0, 50), (0, 0)])
def test_given_more_promised_than_listed_then_it_is_never_a_success(
    landed: int, known: int
) -> None:
    end, message = _end(more=False, landed=landed, known=known, missing=70)
    assert end == "PublishFailure"
    assert message == (
        "The lists of the API promise 70 more than they have. Of what they have, nothing is left "
        "to land."
    )


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        pytest.param(0, "", id="nothing missing"),
        pytest.param(7, " The lists of the API promise 7 more than they have.", id="some missing"),
    ],
)
def test_given_exports_that_cannot_land_then_both_are_told(missing: int, told: str) -> None:
    end, message = _end(more=False, landed=3, failed=2, missing=missing)
    assert end == "PublishFailure"
    assert message == (
        "2 of 5 exports could not be landed; each that has an id has its own ExportFailed event."
        + told
    )


def test_given_more_failed_than_landed_then_all_are_counted() -> None:
    _, message = _end(more=False, landed=1, failed=2)
    assert message.startswith("2 of 3 exports could not be landed;")


def test_the_output_has_the_sums_of_all_pages() -> None:
    page = PAGE | {"exports": [], "listed": 10, "known": 2, "pending": 3}
    more: JsonValue = page | {"cursor": {"report": "sprint"}}
    run = Run("harvest", {"ListExports": [more, more, page]})
    assert run.end.output == {"listed": 30, "known": 6, "landed": 0, "pending": 9}


def test_given_more_to_list_then_what_is_missing_so_far_does_not_end_it() -> None:
    assert _end(more=True, landed=3, missing=7) == ("ListExports", "")
