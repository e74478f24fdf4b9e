"""Where an export stands, by the time since its creation, and how the API tells it."""

from datetime import UTC, datetime

from local.simulator.world.exports import Export
from local.simulator.world.messages import Download, ExportStatus
from local.simulator.world.scenario import Scenario
from local.simulator.world.settings import PREFIX, Settings

_DOCUMENTED = ("queued", "processing", "completed", "failed", "cancelled")
# The first of an export's life is in capitals, the second is not, and so on.
_IN_CAPITALS = frozenset({"queued", "completed", "cancelled"})
_BYTES_OF_A_ROW = 128


def timestamp(seconds: float) -> str:
    """Return epoch seconds as the API writes a time."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def completion(export: Export, scenario: Scenario, settings: Settings) -> float:
    """Return the time of an export's outcome, in epoch seconds."""
    if export.completed_at is not None:
        return export.completed_at
    queued, processing = _durations(scenario, settings)
    return export.created_at + queued + processing


def state(export: Export, scenario: Scenario, settings: Settings, now: float) -> str:
    """Return an export's status in lower case; `now` is in epoch seconds."""
    outcome = scenario.outcome_of(export.ordinal)
    queued, _ = _durations(scenario, settings)
    if now >= completion(export, scenario, settings) and outcome != "never":
        return outcome
    return "queued" if now < export.created_at + queued else "processing"


def written(status: str, export: Export, scenario: Scenario) -> str:
    """Return a status as the export's report writes it."""
    # A word that the API does not document is a test's own, and is passed on untouched.
    if status not in _DOCUMENTED:
        return status
    match scenario.status_case or export.report.status_case:
        case "lower":
            return status
        case "upper":
            return status.upper()
        case "mixed":
            return status.title()
        case "alternating":
            return status.upper() if status in _IN_CAPITALS else status


def describe(
    export: Export, scenario: Scenario, settings: Settings, now: float, base: str
) -> ExportStatus:
    """Return the answer of a status call; `base` is this service's own URL, without prefix."""
    status = state(export, scenario, settings, now)
    done = status == "completed"
    url = _link(export, scenario, base) if done else None
    flat = scenario.link_of(export.report) == "flat"
    return ExportStatus(
        export_id=export.id,
        status=written(status, export, scenario),
        created_at=timestamp(export.created_at),
        created_by=export.created_by,
        completed_at=timestamp(completion(export, scenario, settings)) if done else None,
        error=scenario.error if status == "failed" else None,
        download_url=url if flat else None,
        download=None if url is None or flat else _download(export, scenario, url),
    )


def signed_url(export: Export, base: str) -> str:
    """Return the link that opens an export's file without a key."""
    return f"{base}/signed/{export.token}"


def _durations(scenario: Scenario, settings: Settings) -> tuple[float, float]:
    queued, processing = scenario.queued_seconds, scenario.processing_seconds
    return (
        settings.queued_seconds if queued is None else queued,
        settings.processing_seconds if processing is None else processing,
    )


def _link(export: Export, scenario: Scenario, base: str) -> str | None:
    # As documented, links start at the root without the prefix of the base URL.
    path = f"/v2/{export.report.path}/{export.id}/download"
    match scenario.link_of(export.report):
        case "none":
            return None
        case "absolute":
            return f"{base}{PREFIX}{path}"
        case "signed":
            return signed_url(export, base)
        case "url" | "flat" | "redirect":
            return path


def _download(export: Export, scenario: Scenario, url: str) -> Download:
    request = export.request
    known = Download(url=url, filename=request.filename, content_type="text/csv")
    if not export.report.detailed:
        return known
    # What the size counts is not documented: this one fits neither file nor content.
    rows = export.rows if scenario.rows is None else scenario.rows
    size = _BYTES_OF_A_ROW * (request.table.usual if rows is None else rows)
    compression = "gzip" if request.wants_gzip else None
    return known.model_copy(update={"size_bytes": size, "compression": compression})
