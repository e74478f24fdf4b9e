"""CreateExport: from an execution's input to an export at the API."""

import hashlib
from datetime import datetime

from sei_export import dates, keys
from sei_export.client import Connect
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.parsing import parse_request
from sei_export.request import ExportRequest
from sei_export.settings import RequestDefaults


def create_export(
    given: JsonValue,
    started_at: datetime,
    execution_arn: str,
    defaults: RequestDefaults,
    connect: Connect,
) -> JsonObject:
    """Validate the input, then create the export; a legacy report needs no creating.

    Args:
        given: The execution's input.
        started_at: The execution's start.
        execution_arn: The execution.
        defaults: The stack's settings for requests.
        connect: Makes the client for an organization and project. Not called, and so no secret
            read and no connection made, before the request is known to be valid.

    Returns:
        `Export.to_json`.

    Raises:
        InvalidRequestError: The input is wrong.
        SeiExportError: As `SeiClient.create` raises.
    """
    request = parse_request(given, defaults, started_at)
    keys.check_length(request)
    started = dates.format_moment(started_at)
    if request.report.is_legacy:
        export = Export.of(request, _own_id(request, execution_arn), started, reused=False)
    else:
        created = connect(request).create(request)
        export = Export.of(
            request,
            created.export_id,
            dates.normalize_moment(created.created_at, started),
            reused=created.reused,
        )
    return export.to_json()


def _own_id(request: ExportRequest, execution_arn: str) -> str:
    """An id for what the API does not name: the same for retries, another for each execution."""
    identity = f"{execution_arn}|{request.fingerprint}"
    return f"legacy_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
