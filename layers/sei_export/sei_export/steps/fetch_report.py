"""FetchReport: land a report of the legacy API, whose one answer is the file itself."""

from contextlib import closing

from sei_export.api.client import Connect
from sei_export.download.body import Body
from sei_export.download.known import Known
from sei_export.download.over_invocations import HANDOVER_SECONDS
from sei_export.download.source import Source
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.input.payload import BY_HAND
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.landing.raw import RawFile


def fetch_report(payload: JsonObject, connect: Connect, landing: Landing) -> JsonObject:
    """Ask for the report and land the answer.

    Args:
        payload: `export`, which is `Export.to_json` of a legacy report; `executionArn`; of a batch
            `run` and `item`.
        connect: Makes the client for an organization and project.
        landing: Where it lands.

    Returns:
        `Manifest.brief`.

    Raises:
        InvalidRequestError: It is an export to poll for.
        SeiExportError: As the client and `Landing.land` raise.
    """
    export, run = Export.from_json(payload.get("export")), ExportRun.of_one_call(payload)
    request = export.request
    if request is None or not request.report.is_legacy:
        raise InvalidRequestError(
            [f"export.report {export.report.name} is not a legacy report."], remedy=BY_HAND
        )
    client = connect(export)
    source = Source(open=lambda _: client.fetch(request), deadline=client.deadline)
    # Each call makes the report anew: what names one answer is not to be found in the next.
    with closing(Body(source, Known(resuming=False))) as body:
        # Time for what comes after reading.
        body.end_earlier(HANDOVER_SECONDS)
        return landing.land(export, run, RawFile(body, None, client.mask, client.deadline))
