"""CreateExport: from an execution's input to an export at the API."""

from collections.abc import Callable
from datetime import datetime

from sei_export import dates, keys
from sei_export.client import SeiClient
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request import ExportRequest, parse_request
from sei_export.settings import RequestDefaults


def create_export(
    given: JsonValue,
    started_at: datetime,
    defaults: RequestDefaults,
    connect: Callable[[ExportRequest], SeiClient],
) -> JsonObject:
    """Validate the input, then create the export.

    Args:
        given: The execution's input.
        started_at: The execution's start.
        defaults: The stack's settings for requests.
        connect: Makes the client for a request's organization and project. Not called, and so
            no secret read and no connection made, before the request is known to be valid.

    Returns:
        `Export.to_json`.

    Raises:
        InvalidRequestError: The input is wrong.
        SeiExportError: As `SeiClient.create` raises.
    """
    request = parse_request(given, defaults, started_at)
    keys.data_key(request)  # refuses names that no S3 key could hold
    created = connect(request).create(request)
    return Export(
        export_id=created.export_id,
        request=request,
        reused=created.reused,
        created_at=created.created_at or dates.format_moment(started_at),
    ).to_json()
