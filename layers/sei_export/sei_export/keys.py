"""Where things are kept in the bucket.

A stable key: the same request always lands on the same one, and the versioned bucket keeps the
history. Files under one `shape=` have the same columns. Listeners filter on `exports/`.
"""

from urllib.parse import quote

from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import Report

DATA_PREFIX = "exports/"
MANIFEST_PREFIX = "manifests/"
MARK_PREFIX = "landed/"
STAGING_PREFIX = "staging/"
CUT_PREFIX = "cuts/"
RUN_PREFIX = "runs/"
MAX_KEY_BYTES = 1024
"""S3's limit, in UTF-8."""

_ABSENT = "_"


def data_key(export: Export) -> str:
    """The key of the CSV."""
    return f"{DATA_PREFIX}{_folder(export)}/export.csv.gz"


def expected_key(request: ExportRequest) -> str:
    """The key that the CSV of a request will have."""
    return f"{DATA_PREFIX}{_request_folder(request)}/export.csv.gz"


def manifest_key(export: Export) -> str:
    """The key of the manifest beside it."""
    return f"{MANIFEST_PREFIX}{_folder(export)}/manifest.json"


def series_key(request: ExportRequest) -> str:
    """The key of what is known of a request whatever its dates: how long its exports take."""
    return f"{MANIFEST_PREFIX}{_series_folder(request)}/series.json"


def cut_key(request: ExportRequest, of_tree: str | None = None) -> str:
    """The key of what is known of such requests for a tree, whatever their dates and teams.

    Args:
        request: One of them.
        of_tree: The org tree, where the request names a team alone.
    """
    return f"{CUT_PREFIX}{_tree_folder(request, request.tree or of_tree)}/cut.json"


def landed_key(report: Report, export_id: str) -> str:
    """The key of the mark that an export has landed; it outlives the files."""
    return f"{MARK_PREFIX}report={_part(report.name)}/export={quote(export_id, safe='')}.json"


def staging_folder(report: Report, export_id: str) -> str:
    """Where a download is kept that takes more than one invocation; ends in a slash."""
    return f"{STAGING_PREFIX}report={_part(report.name)}/export={quote(export_id, safe='')}/"


def check_length(request: ExportRequest) -> None:
    """Refuse names that no key could hold.

    Raises:
        InvalidRequestError: They are too long.
    """
    length = len(_request_folder(request))
    room = MAX_KEY_BYTES - len(f"{MANIFEST_PREFIX}/manifest.json")
    if length > room:
        raise InvalidRequestError(
            [f"scope and identifiers make an S3 key of {length} bytes: at most {room} fit."]
        )


def plan_key(run: str) -> str:
    """The key of a batch's plan."""
    return f"{_run_folder(run)}/plan.json"


def round_key(run: str, number: int) -> str:
    """The key of the items of a batch's round, counted from 1."""
    return f"{_run_folder(run)}/rounds/{number}.json"


def outcome_key(run: str, number: int, item_id: str) -> str:
    """The key of what became of one item in a round."""
    return f"{_run_folder(run)}/outcomes/{number}/{item_id}.json"


def batch_manifest_key(run: str) -> str:
    """The key of a batch's manifest."""
    return f"{_run_folder(run)}/manifest.json"


def _run_folder(run: str) -> str:
    return f"{RUN_PREFIX}{quote(run, safe='')}"


def _folder(export: Export) -> str:
    if export.request:
        return _request_folder(export.request)
    # Somebody else created it: what was asked for is unknown.
    report = _part(export.report.name)
    return f"report={report}/shape=harvested/export={export.export_id}"


def _request_folder(request: ExportRequest) -> str:
    days = f"start={request.start.isoformat()}/end={request.end.isoformat()}"
    return f"{_series_folder(request)}/{days}"


def _series_folder(request: ExportRequest) -> str:
    return f"{_tree_folder(request, request.tree)}/team={_part(request.team)}"


def _tree_folder(request: ExportRequest, tree: str | None) -> str:
    level, granularity = _part(request.level), _part(request.granularity)
    return "/".join(
        (
            f"report={_part(request.report.name)}",
            f"shape={level}-{granularity}-{request.shape_fingerprint}".lower(),
            f"org={_part(request.org)}",
            f"project={_part(request.project)}",
            f"tree={_part(tree)}",
        )
    )


def _part(value: str | None) -> str:
    """Percent-encode a value; an absent one is `_`, so a value that is `_` becomes `%5F`."""
    if not value:
        return _ABSENT
    return "%5F" if value == _ABSENT else quote(value, safe="")
