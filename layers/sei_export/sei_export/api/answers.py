"""The API's answers: their types, and reading them in every form that a page documents."""

import logging
from collections.abc import Iterator
from typing import NamedTuple

from sei_export.errors import ProtocolError
from sei_export.export import ExportStatus, is_export_id
from sei_export.jsontypes import JsonObject, JsonValue

logger = logging.getLogger(__name__)

_LIST_FIELDS = ("exports", "content", "items", "data")
_MAX_ID_DIGITS = 20


class Created(NamedTuple):
    """The answer to a create call.

    Attributes:
        export_id: Checked, safe in a path.
        reused: The API handed out an existing export of an identical request.
        created_at: As the API writes it, or None.
    """

    export_id: str
    reused: bool
    created_at: str | None


class State(NamedTuple):
    """The answer to a status call.

    Attributes:
        status: Where the export is.
        error: The API's own words for a failure, or None.
        link: Where the file is, as the API writes it; None means the documented path.
        created_at: As the API writes it, or None.
        completed_at: As the API writes it, or None.
    """

    status: ExportStatus
    error: str | None = None
    link: str | None = None
    created_at: str | None = None
    completed_at: str | None = None


class Listed(NamedTuple):
    """One export in a list.

    Attributes:
        export_id: Safe in a path; empty if the entry has none that is.
        status: As the API writes it, or None.
        created_at: As the API writes it, or None.
    """

    export_id: str
    status: str | None
    created_at: str | None


class ListedTree(NamedTuple):
    """One org tree in the list of them.

    Attributes:
        id: A number, as text; safe in a path.
        name: As the API writes it.
    """

    id: str
    name: str


def read_created(fields: JsonObject, *, reused: bool) -> Created:
    """Read the answer to a create call.

    Raises:
        ProtocolError: It has no usable exportId.
    """
    return Created(
        export_id=check_export_id(fields.get("exportId")),
        reused=reused,
        created_at=read_text(fields.get("createdAt")),
    )


def read_state(fields: JsonObject) -> State:
    """Read the answer to a status call.

    Raises:
        ProtocolError: Its status is none that is documented.
    """
    download = fields.get("download")
    nested = download.get("url") if isinstance(download, dict) else None
    return State(
        status=ExportStatus.parse(fields.get("status")),
        error=stated_error(fields),
        link=read_text(nested) or read_text(fields.get("downloadUrl")),
        created_at=read_text(fields.get("createdAt")),
        completed_at=read_text(fields.get("completedAt")),
    )


def read_listed(item: JsonObject) -> Listed:
    """Read an entry of the list of exports."""
    return Listed(
        export_id=_listed_id(item),
        status=read_text(item.get("status")),
        created_at=read_text(item.get("createdAt")),
    )


def check_export_id(given: JsonValue) -> str:
    """Read an export id that is safe in a path.

    Raises:
        ProtocolError: None, or one with other characters than letters, digits, `_` and `-`.
    """
    if given is None:
        raise ProtocolError("The API's answer has no exportId.")
    if not is_export_id(given):
        raise ProtocolError(f"The API's answer has an unusable exportId: {repr(given)[:80]}.")
    return str(given)


def _listed_id(item: JsonObject) -> str:
    try:
        return check_export_id(item.get("exportId", item.get("id")))
    except ProtocolError as error:
        logger.warning("In the list: %s", error.message)
        return ""


def read_object(answer: JsonValue, text: str, step: str) -> JsonObject:
    """Read the object that an answer is.

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
    """Read the objects of a list, whose shape no page documents.

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
    """Read a text; None for anything else, and for an empty one."""
    return value if isinstance(value, str) and value else None


def read_id(value: JsonValue) -> str | None:
    """Read the id of an org tree or a team, a number or digits, as text; None if it is none.

    An id goes into a path and into `teamId`.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_MAX_ID_DIGITS:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value if len(value) <= _MAX_ID_DIGITS else None
    return None


def read_listed_tree(item: JsonObject) -> ListedTree:
    """Read an entry of the list of org trees.

    Raises:
        ProtocolError: It has no usable id, or no name.
    """
    name = read_text(item.get("name"))
    if name is None:
        raise ProtocolError(f"The API's list has an org tree without a name: {repr(item)[:120]}")
    return ListedTree(check_tree_id(item.get("id")), name)


def check_tree_id(given: JsonValue) -> str:
    """Read the id of an org tree, safe in a path.

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
    """Read the error text of an answer, whose shape no page documents."""
    if not isinstance(answer, dict):
        return None
    for name in ("error", "message", "errorMessage", "detail"):
        value = answer.get(name)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:500]
    return None
