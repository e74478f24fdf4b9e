"""Fields of what the state machine hands to a function."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.input.payload import count_field, text_field, time_field
from sei_export.jsontypes import JsonValue


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
