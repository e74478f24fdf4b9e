"""FetchReport: land a report of the legacy API, whose one answer is the file itself."""

from sei_export.api.client import Connect
from sei_export.download.body import Body, Source
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.land import Landing
from sei_export.manifest import Run


def fetch_report(given: JsonValue, run: Run, connect: Connect, landing: Landing) -> JsonObject:
    """Ask for it and land the answer.

    Args:
        given: `Export.to_json`, of a legacy report.
        run: What only the state machine knows.
        connect: Makes the client for an organization and project.
        landing: Where it lands.

    Returns:
        `Result.to_json`.

    Raises:
        InvalidRequestError: It is an export to poll for.
        SeiExportError: As the client and `Landing.land` raise.
    """
    export = Export.from_json(given)
    request = export.request
    if request is None or not request.report.is_legacy:
        raise InvalidRequestError([f"export.report {export.report.name} is not a legacy report."])
    client = connect(export)
    source = Source(
        open=lambda _: client.fetch(request),
        seconds_left=client.seconds_left,
        timing=client.timing,
    )
    return landing.land(export, run, Body(source), completed_at=None)
