"""CreateExport: from an execution's input to an export at the API."""

import hashlib
import logging
from collections.abc import Callable

from sei_export import dates, keys
from sei_export.api.answers import Created
from sei_export.api.client import Connect, SeiClient
from sei_export.bucket.documents import Document
from sei_export.errors import ExportRejectedError, sentence
from sei_export.export import Export
from sei_export.input.payload import MAX_INPUT_BYTES, input_field, text_field, time_field
from sei_export.jsontypes import JsonObject
from sei_export.request.defaults import RequestDefaults
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import parse_request
from sei_export.series import Series

logger = logging.getLogger(__name__)


def create_export(
    payload: JsonObject,
    defaults: RequestDefaults,
    connect: Connect,
    read_json: Callable[[str], Document],
    tell: Callable[..., object],
) -> JsonObject:
    """Validate the input, then create the export; a legacy report needs no creating.

    Args:
        payload: `input` and `inputBytes`, the execution's; `executionArn`; `startedAt`, the
            execution's start.
        defaults: The stack's settings for requests.
        connect: Makes the client for an organization and project. Not called, and so no secret
            read and no connection made, before the request is known to be valid.
        read_json: Reads a JSON object of the bucket.
        tell: Is told `report` and `export_id` once each is known: from there on the log has them.

    Returns:
        `Export.to_json`.

    Raises:
        InvalidRequestError: The input is wrong.
        SeiExportError: As `SeiClient.create` raises.
    """
    started_at, execution_arn = (
        time_field(payload, "startedAt"),
        text_field(payload, "executionArn"),
    )
    given = input_field(payload, MAX_INPUT_BYTES)
    request = parse_request(given, defaults, started_at)
    tell(report=request.report.name)
    started = dates.format_moment(started_at)
    if request.report.is_legacy:
        own_id = _own_id(request, execution_arn)
        tell(export_id=own_id)
        export = Export.of(request, own_id, started, reused=False)
    else:
        request, created = _created(connect(request), request)
        tell(export_id=created.export_id)
        export = Export.of(
            request,
            created.export_id,
            dates.normalize_moment(created.created_at, started),
            reused=created.reused,
            # How old a reused one is by now is not known for sure.
            expected_seconds=0.0 if created.reused else _last_duration(request, read_json),
        )
    return export.to_json()


def _created(client: SeiClient, request: ExportRequest) -> tuple[ExportRequest, Created]:
    """Create the export; by the level's other name if the API does not know the one that is given.

    Returns:
        The request as it was sent, and the answer.
    """
    try:
        return request, client.create(request)
    except ExportRejectedError as error:
        if not error.is_level_unknown:
            raise
        first = sentence(error.message)
    other = request.with_other_level_name()
    logger.warning(
        "%s Trying again with %s in place of %s.", first, other.level_name, request.level_name
    )
    try:
        return other, client.create(other)
    except ExportRejectedError as error:
        raise ExportRejectedError(
            f"{sentence(error.message)} This is the answer to the level as {other.level_name}; it "
            f"was sent as {request.level_name} before: {first}"
        ) from None


def _last_duration(request: ExportRequest, read_json: Callable[[str], Document]) -> float:
    """How long the last exports took that differed in their dates only; 0 if unknown.

    It only makes polling cheaper, so that nothing about it may stop an export.
    """
    try:
        return Series.from_json(read_json(keys.series_key(request)).content).expected_seconds
    except Exception as error:  # noqa: BLE001 - whatever is wrong there, the export is made
        logger.warning("The last duration is not known: %s", error)
        return 0.0


def _own_id(request: ExportRequest, execution_arn: str) -> str:
    """An id for what the API does not name: the same for retries, another for each execution."""
    identity = f"{execution_arn}|{request.fingerprint}"
    return f"legacy_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
