"""Fields of what the state machine hands to a function."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from local.paths import ROOT
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import (
    BY_HAND,
    MAX_DEPTH,
    MAX_INPUT_BYTES,
    MAX_PLAN_BYTES,
    count_field,
    input_field,
    optional_text,
    text_field,
    time_field,
)
from sei_export.jsontypes import JsonObject, JsonValue


def _nested(levels: int) -> JsonValue:
    """Lists and objects in one another, by turns."""
    value: JsonValue = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": 0, "x": value}
    return value


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"input": {"report": "x"}, "inputBytes": 100}, id="as large as it may be"),
        pytest.param({"input": {"report": "x"}, "inputBytes": 99.5}, id="bytes as a fraction"),
        pytest.param({"input": {"report": "x"}, "inputBytes": "101"}, id="bytes that are none"),
        pytest.param({"input": {"report": "x"}}, id="without its bytes, as by hand"),
        pytest.param({"input": [1, None]}, id="no object"),
        pytest.param({"input": None, "inputBytes": 4}, id="null"),
    ],
)
def test_an_input_is_given_as_it_is(payload: JsonObject) -> None:
    assert input_field(payload, 100) == payload["input"]


def test_inputs_have_the_bounds_that_the_state_machines_have() -> None:
    machines = ROOT / "statemachine"
    for machine, most in (
        ("export", MAX_INPUT_BYTES),
        ("harvest", MAX_INPUT_BYTES),
        ("batch", MAX_PLAN_BYTES),
    ):
        assert re.search(rf"\b{most}\b", (machines / f"{machine}.asl.json").read_text())


def test_no_input_is_null() -> None:
    assert input_field({}, 100) is None


def test_an_input_that_is_too_large_is_refused_with_its_bytes() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        input_field({"input": None, "inputBytes": 12_346}, 12_345)
    assert caught.value.problems == ("the input has 12,346 bytes: at most 12,345 are allowed.",)


@pytest.mark.parametrize("beside", [[], [[]]], ids=["alone", "with more beside"])
def test_an_input_may_have_so_many_levels_and_no_more(beside: list[JsonValue]) -> None:
    allowed: JsonValue = [_nested(MAX_DEPTH - 1), *beside]
    assert input_field({"input": allowed}, 100) == allowed
    with pytest.raises(InvalidRequestError) as caught:
        input_field({"input": [_nested(MAX_DEPTH), *beside]}, 100)
    assert caught.value.problems == (
        "the input has more than 50 levels of lists and objects in one another.",
    )


def test_a_text_is_given_as_it_is() -> None:
    assert text_field({"executionArn": "arn:x"}, "executionArn") == "arn:x"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({}, id="absent"),
        pytest.param({"executionArn": None}, id="null"),
        pytest.param({"executionArn": ""}, id="empty"),
        pytest.param({"executionArn": 5}, id="number"),
    ],
)
def test_an_absent_text_is_named(payload: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        text_field(payload, "executionArn")
    assert caught.value.problems == (
        "executionArn is missing: the function's payload needs it as text.",
    )
    assert caught.value.remedy == BY_HAND


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        pytest.param({"run": "weekly"}, "weekly", id="a text"),
        pytest.param({"run": None}, None, id="null"),
        pytest.param({}, None, id="absent"),
    ],
)
def test_a_text_that_may_be_absent_is_given_as_it_is(payload: JsonObject, text: str | None) -> None:
    assert optional_text(payload, "run") == text


@pytest.mark.parametrize("value", [0, False, "", []], ids=repr)
def test_what_is_neither_text_nor_null_is_refused(value: JsonValue) -> None:
    with pytest.raises(InvalidRequestError, match="run is missing"):
        optional_text({"run": value}, "run")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-03-01T06:00:00Z", datetime(2026, 3, 1, 6, tzinfo=UTC), id="whole"),
        pytest.param(
            "2026-03-01T06:00:00.123Z",
            datetime(2026, 3, 1, 6, 0, 0, 123000, UTC),
            id="milliseconds, as Step Functions writes",
        ),
        pytest.param(
            "2026-03-01T06:00:00+02:00",
            datetime(2026, 3, 1, 6, tzinfo=timezone(timedelta(hours=2))),
            id="offset",
        ),
    ],
)
def test_a_time_is_read_with_its_zone(text: str, moment: datetime) -> None:
    assert time_field({"startedAt": text}, "startedAt") == moment


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("yesterday", id="words"),
        pytest.param("2026-03-01T06:00:00", id="no zone"),
        pytest.param("2026-02-30T06:00:00Z", id="no such day"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        time_field({"startedAt": text}, "startedAt")
    assert caught.value.problems == ("startedAt is not a time such as 2026-03-01T06:00:00Z.",)
    assert caught.value.remedy == BY_HAND


def test_an_absent_time_is_named_as_missing() -> None:
    with pytest.raises(InvalidRequestError, match="startedAt is missing"):
        time_field({}, "startedAt")


@pytest.mark.parametrize("count", [0, 1, 288])
def test_a_count_is_given_as_it_is(count: int) -> None:
    assert count_field({"polls": count}, "polls") == count


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({}, id="absent"),
        pytest.param({"polls": "3"}, id="text"),
        pytest.param({"polls": True}, id="true is not one"),
        pytest.param({"polls": -1}, id="negative"),
        pytest.param({"polls": 1.5}, id="fraction"),
    ],
)
def test_what_is_no_count_is_refused(payload: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        count_field(payload, "polls")
    assert caught.value.problems == ("polls is missing: the payload needs it as a whole number.",)
    assert caught.value.remedy == BY_HAND
