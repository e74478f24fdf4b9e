"""Reading answers of the API, whose shapes its pages do not always document."""

from collections.abc import Iterator
from typing import NamedTuple

from sei_export.errors import ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue

_LIST_FIELDS = ("exports", "content", "items", "data")
_MAX_ID_DIGITS = 20


class ListedTree(NamedTuple):
    """One org tree in the list of them.

    Attributes:
        id: A number, as text; safe in a path.
        name: As the API writes it.
    """

    id: str
    name: str


def read_object(answer: JsonValue, text: str, step: str) -> JsonObject:
    """The object that an answer is.

    Args:
        answer: The answer.
        text: The beginning of it, for the message.
        step: The call's name, for the message.

    Raises:
        ProtocolError: It is something else.
    """
    if isinstance(answer, dict):
        return answer
    kind = "an HTML page" if text.lstrip().startswith("<") else "not a JSON object"
    raise ProtocolError(f"The API answered the {step} call with {kind}: {text[:120]}")


def read_list(answer: JsonValue, text: str, kind: str) -> Iterator[JsonObject]:
    """The objects of a list, whose shape no page documents.

    Args:
        answer: The answer: an array, or an object that has it.
        text: The beginning of it, for the message.
        kind: What an entry is, for the message.

    Raises:
        ProtocolError: It is something else.
    """
    found: JsonValue = answer
    if isinstance(answer, dict):
        found = next((answer[name] for name in _LIST_FIELDS if name in answer), None)
    if not isinstance(found, list):
        raise ProtocolError(f"The API answered the list call with something else: {text[:120]}")
    for item in found:
        if not isinstance(item, dict):
            raise ProtocolError(f"The API's list has an entry that is no {kind}: {text[:120]}")
        yield item


def read_text(value: JsonValue) -> str | None:
    """A text; None for anything else, and for an empty one."""
    return value if isinstance(value, str) and value else None


def read_id(value: JsonValue) -> str | None:
    """The id of an org tree or a team, a number or a text of digits, as text; None if it is none.

    It may go into a path and into `teamId`.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_MAX_ID_DIGITS:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value if len(value) <= _MAX_ID_DIGITS else None
    return None


def read_listed_tree(item: JsonObject) -> ListedTree:
    """An entry of the list of org trees.

    Raises:
        ProtocolError: It has no usable id, or no name.
    """
    name = read_text(item.get("name"))
    if name is None:
        raise ProtocolError(f"The API's list has an org tree without a name: {repr(item)[:120]}")
    return ListedTree(check_tree_id(item.get("id")), name)


def check_tree_id(given: JsonValue) -> str:
    """The id of an org tree, safe in a path.

    Raises:
        ProtocolError: It is none.
    """
    tree_id = read_id(given)
    if tree_id is None:
        raise ProtocolError(
            f"The API's list has an unusable id of an org tree: {repr(given)[:80]}."
        )
    return tree_id


def stated_error(answer: JsonValue) -> str | None:
    """The error text of an answer, whose shape no page documents."""
    if not isinstance(answer, dict):
        return None
    for name in ("error", "message", "errorMessage", "detail"):
        value = answer.get(name)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:500]
    return None
