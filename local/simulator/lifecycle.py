"""Where an export stands, by the time since its creation, and how the API tells it."""

from datetime import UTC, datetime

from local.simulator.exports import Export
from local.simulator.messages import Download, ExportStatus
from local.simulator.scenario import Scenario
from local.simulator.settings import PREFIX, Settings

CREATOR = "simulator@example.com"
_DOCUMENTED = frozenset({"queued", "processing", "completed", "failed", "cancelled"})


def timestamp(seconds: float) -> str:
    """Return epoch seconds as the API writes a time."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def completion(export: Export, scenario: Scenario, settings: Settings) -> float:
    """Return the time of an export's outcome, in epoch seconds."""
    queued, processing = _durations(scenario, settings)
    return export.created_at + queued + processing


def state(export: Export, scenario: Scenario, settings: Settings, now: float) -> str:
    """Return an export's status in lower case; `now` is in epoch seconds."""
    queued, processing = _durations(scenario, settings)
    elapsed = now - export.created_at
    if elapsed < queued:
        return "queued"
    if elapsed < queued + processing or scenario.outcome == "never":
        return "processing"
    return scenario.outcome


def describe(
    export: Export, scenario: Scenario, settings: Settings, now: float, base: str
) -> ExportStatus:
    """Return the answer of a status call; `base` is this service's own URL, without prefix."""
    status = state(export, scenario, settings, now)
    done = status == "completed"
    url = _link(export, scenario, base) if done else None
    return ExportStatus(
        export_id=export.id,
        status=_written(status, scenario),
        created_at=timestamp(export.created_at),
        created_by=CREATOR,
        completed_at=timestamp(completion(export, scenario, settings)) if done else None,
        error=scenario.error if status == "failed" else None,
        download_url=url if scenario.link == "flat" else None,
        download=None if url is None or scenario.link == "flat" else _download(export, url),
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


def _written(status: str, scenario: Scenario) -> str:
    # A word that the API does not document is a test's own, and is passed on untouched.
    if status not in _DOCUMENTED:
        return status
    match scenario.status_case:
        case "lower":
            return status
        case "upper":
            return status.upper()
        case "mixed":
            return status.title()


def _link(export: Export, scenario: Scenario, base: str) -> str | None:
    # As documented, links start at the root without the prefix of the base URL.
    path = f"/v2/{export.report.path}/{export.id}/download"
    match scenario.link:
        case "none":
            return None
        case "absolute":
            return f"{base}{PREFIX}{path}"
        case "signed":
            return signed_url(export, base)
        case "url" | "flat" | "redirect":
            return path


def _download(export: Export, url: str) -> Download:
    table = export.request.table
    name = f"{table.level}-insights-{table.start.year}.csv"
    return Download(url=url, filename=name, content_type="text/csv")
