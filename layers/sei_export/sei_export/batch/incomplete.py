"""What a batch says that lacks something: how much, why, and what to do about each error."""

from collections.abc import Sequence

from sei_export.batch.ledger import Line
from sei_export.failures import Failed, Failure, describe, remedies
from sei_export.jsontypes import JsonObject

_UNKNOWN = Failure("", "", "")


def failure_of(run: str, totals: JsonObject, bad: Sequence[Line], lost_rows: int) -> JsonObject:
    """Say what is missing.

    Args:
        run: The batch.
        totals: `BatchManifest.totals`.
        bad: What has not landed.
        lost_rows: How many teams lack their own row.

    Returns:
        `error`, `message` and `remedy`.
    """
    failed = [(named(line), line.failure or _UNKNOWN) for line in bad]
    said = []
    if bad:
        are = "is" if len(bad) == 1 else "are"
        said.append(f"{len(bad)} of {totals['expected']} items {are} missing: {describe(failed)}.")
    if lost_rows:
        whose = "1 team lacks its" if lost_rows == 1 else f"{lost_rows} teams lack their"
        said.append(f"{whose} own row, since the teams inside were exported in its place.")
    return {
        "error": "BatchIncompleteError",
        "message": " ".join(said),
        "remedy": " ".join(_remedies(run, failed, lost_rows)),
    }


def _remedies(run: str, failed: Sequence[Failed], lost: int) -> list[str]:
    """One for each kind of error; then the one way back."""
    found = remedies(failed)
    if failed:
        found.append(f'Then start the batch with {{"resume": "{run}"}}: only what is missing runs.')
    if lost:
        found.append(
            "For teams' own rows ask for leaves, or for a shorter range of dates or fewer metrics."
        )
    return found


def named(line: Line) -> str:
    """Name an item for people: report, whose, and which days."""
    item, request = line.item, line.item.request
    whose = f"tree {item.tree}"
    if item.team:
        whose = f"team {item.team}" + (f" ({item.team_name})" if item.team_name else "")
    return f"{request.report.name} of {whose}, {request.start} to {request.end}"
