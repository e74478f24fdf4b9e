"""Reading what the state machine hands to a function."""

from datetime import datetime

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue, is_count

MAX_INPUT_BYTES = 100_000
"""Of an export's or a harvest's input, as the state machines know it, too. An input stands in the
payloads of tasks, which take 256 KiB, and twice where a batch notes what became of an item."""

MAX_PLAN_BYTES = 250_000
"""Of a batch's input, as the state machine knows it, too."""

MAX_DEPTH = 50
"""Of an input's lists and objects inside one another. Nothing that is asked for has ten."""

BY_HAND = "Invoke the function with a payload of the form that its file in events/ shows."


def input_field(payload: JsonObject, most_bytes: int) -> JsonValue:
    """The execution's input, of a size and a depth that can be dealt with.

    Args:
        payload: `input`; and `inputBytes`, by which the state machine tells how large it is: if it
            is too large, the input itself is not there.
        most_bytes: How large it may be.

    Raises:
        InvalidRequestError: It is larger, or deeper than `MAX_DEPTH`.
    """
    size = payload.get("inputBytes")
    if isinstance(size, int | float) and size > most_bytes:
        raise InvalidRequestError(
            [f"the input has {size:,.0f} bytes: at most {most_bytes:,} are allowed."]
        )
    given = payload.get("input")
    if _is_deep(given):
        raise InvalidRequestError(
            [f"the input has more than {MAX_DEPTH} levels of lists and objects in one another."]
        )
    return given


def _is_deep(given: JsonValue) -> bool:
    level = [given]
    for _ in range(MAX_DEPTH + 1):
        inner: list[JsonValue] = []
        for each in level:
            if isinstance(each, list):
                inner += each
            elif isinstance(each, dict):
                inner += each.values()
        level = inner
    return bool(level)


def text_field(payload: JsonObject, name: str) -> str:
    """A required text.

    Raises:
        InvalidRequestError: Missing or not a text, as when a function is invoked by hand.
    """
    value = payload.get(name)
    if isinstance(value, str) and value:
        return value
    raise InvalidRequestError(
        [f"{name} is missing: the function's payload needs it as text."], remedy=BY_HAND
    )


def optional_text(payload: JsonObject, name: str) -> str | None:
    """A text; None where it is missing or null.

    Raises:
        InvalidRequestError: It is something else, as when a function is invoked by hand.
    """
    return None if payload.get(name) is None else text_field(payload, name)


def time_field(payload: JsonObject, name: str) -> datetime:
    """A required ISO 8601 time.

    Raises:
        InvalidRequestError: Missing or not a time.
    """
    try:
        return dates.parse_moment(text_field(payload, name))
    except ValueError:
        raise InvalidRequestError(
            [f"{name} is not a time such as 2026-03-01T06:00:00Z."], remedy=BY_HAND
        ) from None


def count_field(payload: JsonObject, name: str) -> int:
    """A required whole number.

    Raises:
        InvalidRequestError: Missing or not a whole number.
    """
    value = payload.get(name)
    if is_count(value):
        return value
    raise InvalidRequestError(
        [f"{name} is missing: the payload needs it as a whole number."], remedy=BY_HAND
    )
