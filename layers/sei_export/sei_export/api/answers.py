"""The API's answers: their types, and reading them in every form that a page documents."""

import logging
from typing import NamedTuple

from sei_export import dates
from sei_export.api.reasons import failure_reason
from sei_export.errors import ProtocolError
from sei_export.export import ExportStatus, is_export_id
from sei_export.input.ids import read_id
from sei_export.jsontypes import JsonObject, JsonValue

logger = logging.getLogger(__name__)

_BAD_ENDS = (ExportStatus.FAILED, ExportStatus.CANCELLED)


class Created(NamedTuple):
    """The answer to a create call.

    Attributes:
        export_id: Checked; opaque, so whoever puts it into a path quotes it.
        reused: The API handed out an existing export of an identical request.
        created_at: ISO 8601 with a zone; None where there is none that can be read.
    """

    export_id: str
    reused: bool
    created_at: str | None


class State(NamedTuple):
    """The answer to a status call.

    Attributes:
        status: Where the export is.
        error: The API's own words for a bad end, or None.
        link: Where the file is, as the API writes it; None means the documented path.
        created_at: ISO 8601 with a zone; None where there is none that can be read.
        completed_at: As `created_at`.
    """

    status: ExportStatus
    error: str | None = None
    link: str | None = None
    created_at: str | None = None
    completed_at: str | None = None


class Listed(NamedTuple):
    """One export in a list.

    Attributes:
        export_id: As `Created` has it; empty if the entry has none that can be one.
        status: As the API writes it, or None.
        created_at: ISO 8601 with a zone; None where there is none that can be read.
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


class OddTree(NamedTuple):
    """An entry of the list of org trees that cannot be used.

    Attributes:
        name: As the API writes it; empty where it gives none.
        error: What is odd about it.
    """

    name: str
    error: ProtocolError


def read_created(fields: JsonObject, *, reused: bool) -> Created:
    """Read the answer to a create call.

    Raises:
        ProtocolError: It has no usable exportId.
    """
    return Created(
        export_id=check_export_id(fields.get("exportId")),
        reused=reused,
        created_at=read_time(fields.get("createdAt")),
    )


def read_state(fields: JsonObject) -> State:
    """Read the answer to a status call.

    Raises:
        ProtocolError: Its status is none that is documented.
    """
    download = fields.get("download")
    nested = download.get("url") if isinstance(download, dict) else None
    status = ExportStatus.parse(fields.get("status"))
    return State(
        status=status,
        error=failure_reason(fields) if status in _BAD_ENDS else None,
        link=read_text(nested) or read_text(fields.get("downloadUrl")),
        created_at=read_time(fields.get("createdAt")),
        completed_at=read_time(fields.get("completedAt")),
    )


def read_listed(item: JsonValue) -> Listed:
    """Read an entry of the list of exports; what is no object has nothing that can be used."""
    fields = item if isinstance(item, dict) else {}
    return Listed(
        export_id=_listed_id(fields),
        status=read_text(fields.get("status")),
        created_at=read_time(fields.get("createdAt")),
    )


def check_export_id(given: JsonValue) -> str:
    """Read an export id, a text or a number, as `is_export_id` wants it.

    Raises:
        ProtocolError: None, or one that could lead out of its place in a path.
    """
    if given is None:
        raise ProtocolError("The API's answer has no exportId.")
    is_number = isinstance(given, int) and not isinstance(given, bool)
    export_id = str(given) if is_number else given
    if not isinstance(export_id, str) or not is_export_id(export_id):
        raise ProtocolError(f"The API's answer has an unusable exportId: {repr(given)[:80]}.")
    return export_id


def _listed_id(item: JsonObject) -> str:
    try:
        export_id = item.get("exportId")
        return check_export_id(item.get("id") if export_id is None else export_id)
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


def read_text(value: JsonValue) -> str | None:
    """Read a text; None for anything else, and for an empty one."""
    return value if isinstance(value, str) and value else None


def read_time(value: JsonValue) -> str | None:
    """Read a time as ISO 8601 with a zone, in any form that `dates.read_moment` reads.

    What has this form already stays as it is.
    """
    moment = dates.read_moment(value)
    if moment is None:
        return None
    try:
        dates.parse_moment(str(value))
    except ValueError:
        return moment.isoformat()
    return str(value)


def read_listed_tree(item: JsonValue) -> ListedTree | OddTree:
    """Read an entry of the list of org trees; one without a usable id or a name is an odd one."""
    fields = item if isinstance(item, dict) else {}
    name = read_text(fields.get("name")) or ""
    if not name.strip():
        return OddTree(
            "", ProtocolError(f"The API's list has an org tree without a name: {repr(item)[:120]}")
        )
    try:
        return ListedTree(check_tree_id(fields.get("id")), name)
    except ProtocolError as error:
        return OddTree(name, error)


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
