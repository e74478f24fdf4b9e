"""Reading what the state machine hands to a function."""

from datetime import datetime

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, is_count

BY_HAND = "Invoke the function with a payload of the form that its file in events/ shows."


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
