"""What a batch says that lacks something: how much, why, and what to do about each error."""

import re
from collections.abc import Mapping, Sequence

from sei_export.batch.ledger import Line
from sei_export.jsontypes import JsonObject

_SHOWN_ERRORS = 5
_SHOWN_OF_EACH = 3
_SHOWN_CHARACTERS = 300
"""Of one item's message: all of it is in the manifest."""

_OF_ONE_EXECUTION = re.compile(r"(then )?start (a|the) (new|batch|execution)", re.IGNORECASE)
"""How a remedy begins that is about an export by itself: in a batch there is one way back."""


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
    kinds: dict[str, list[Line]] = {}
    for line in bad:
        kinds.setdefault(line.failure.error if line.failure else "", []).append(line)
    parts = [_kind(error, lines) for error, lines in [*kinds.items()][:_SHOWN_ERRORS]]
    if len(kinds) > _SHOWN_ERRORS:
        parts.append(f"and {len(kinds) - _SHOWN_ERRORS} more kinds of errors, in the manifest")
    said = []
    if bad:
        are = "is" if len(bad) == 1 else "are"
        said.append(f"{len(bad)} of {totals['expected']} items {are} missing: {'; '.join(parts)}.")
    if lost_rows:
        whose = "1 team lacks its" if lost_rows == 1 else f"{lost_rows} teams lack their"
        said.append(f"{whose} own row, since the teams inside were exported in its place.")
    return {
        "error": "BatchIncompleteError",
        "message": " ".join(said),
        "remedy": " ".join(_remedies(run, kinds, lost_rows)),
    }


def _kind(error: str, lines: Sequence[Line]) -> str:
    """How many failed so, the first few of them, and what the first one said."""
    whose = [named(line) for line in lines[:_SHOWN_OF_EACH]]
    if len(lines) > _SHOWN_OF_EACH:
        whose.append(f"and {len(lines) - _SHOWN_OF_EACH} more")
    failure = lines[0].failure
    message = failure.message[:_SHOWN_CHARACTERS].rstrip(" .") if failure else ""
    return f"{len(lines)} {error} ({'; '.join(whose)}: {message})"


def _remedies(run: str, kinds: Mapping[str, Sequence[Line]], lost: int) -> list[str]:
    """One for each kind of error; then the one way back."""
    found: list[str] = []
    for error, lines in kinds.items():
        failure = lines[0].failure
        sentences = re.split(r"(?<=[.!?]) ", failure.remedy) if failure else []
        cure = " ".join(it for it in sentences if not _OF_ONE_EXECUTION.match(it))
        if cure and len(found) < _SHOWN_ERRORS:
            found.append(f"{error}: {cure}")
    if kinds:
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
