"""CheckFreshness: whether exports come, and whether the next one can."""

from datetime import datetime

from sei_export.errors import InvalidRequestError
from sei_export.freshness.watch import Watch
from sei_export.input.payload import BY_HAND
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject
from sei_export.request.parsing import take_anchor


def check_freshness(payload: JsonObject, watch: Watch, now: datetime) -> JsonObject:
    """Look once, and announce what is news.

    Args:
        payload: Perhaps `scheduledTime`, the moment that counts as now; perhaps `dryRun`: true,
            which announces and remembers nothing.
        watch: What looks.
        now: The time.

    Returns:
        As `Watch.look`.

    Raises:
        InvalidRequestError: The payload is another one.
        SeiExportError: As `Watch.look` raises.
    """
    asked, problems = dict(payload), Problems()
    at = take_anchor(asked, now, problems)
    problems.unknown_fields("", asked, ("scheduledTime", "dryRun"))
    dry_run = asked.get("dryRun", False)
    if not isinstance(dry_run, bool):
        problems.bad_value("dryRun", dry_run, "true or false")
    if problems.found:
        raise InvalidRequestError(problems.found, remedy=BY_HAND)
    return watch.look(at, dry_run=dry_run is True)
