"""Where things are kept in the bucket: a prefix for each kind, and what is below it.

A stable key: the same request always lands on the same one, and the versioned bucket keeps the
history. Files under one `shape=` have the same columns. Listeners filter on `exports/`, and on
`harvested/` for exports that others created.
"""

import hashlib
from urllib.parse import quote

from sei_export.export import Export
from sei_export.request.export_request import ExportRequest
from sei_export.request.path import part, request_path, series_path, tree_path
from sei_export.request.reports import Report

DATA_PREFIX = "exports/"
HARVEST_PREFIX = "harvested/"
MANIFEST_PREFIX = "manifests/"
SERIES_PREFIX = "series/"
MARK_PREFIX = "landed/"
STAGING_PREFIX = "staging/"
CUT_PREFIX = "cuts/"
RUN_PREFIX = "runs/"
BATCH_PREFIX = "batches/"
GIVEN_UP_PREFIX = "givenup/"
NOTICE_PREFIX = "notices/"

_CUT_NAME = "/cut.json"
_MAX_ID_PART = 256
"""Of a key, which has 1,024 bytes, and of an object's metadata, which have 2,048."""


def request_key(request: ExportRequest) -> str:
    """Name the key of a request's CSV."""
    return f"{DATA_PREFIX}{request_path(request)}/export.csv.gz"


def request_manifest_key(request: ExportRequest) -> str:
    """Name the key of the manifest beside a request's CSV."""
    return f"{MANIFEST_PREFIX}{request_path(request)}/manifest.json"


def data_key(export: Export) -> str:
    """Name the key of an export's CSV."""
    if export.request:
        return request_key(export.request)
    # Somebody else created it: what was asked for is unknown.
    return f"{HARVEST_PREFIX}{_export_path(export.report, export.export_id)}.csv.gz"


def manifest_key(export: Export) -> str:
    """Name the key of the manifest beside an export's CSV."""
    if export.request:
        return request_manifest_key(export.request)
    path = _export_path(export.report, export.export_id)
    return f"{MANIFEST_PREFIX}{HARVEST_PREFIX}{path}.json"


def series_key(request: ExportRequest) -> str:
    """Name the key where is kept how long exports take that differ in their dates only."""
    return f"{SERIES_PREFIX}{series_path(request)}/series.json"


def cut_key(request: ExportRequest, of_tree: str | None = None) -> str:
    """Name the key where a tree's teams are remembered that are too large for such requests.

    Args:
        request: One of them; its dates and team do not matter.
        of_tree: The org tree, where the request names a team alone.
    """
    return f"{CUT_PREFIX}{tree_path(request, request.tree or of_tree)}{_CUT_NAME}"


def path_of_cut(key: str) -> str:
    """Name the report, shape and tree that a cut's key is about: `tree_path`."""
    return key.removeprefix(CUT_PREFIX).removesuffix(_CUT_NAME)


def landed_key(report: Report, export_id: str) -> str:
    """Name the key of the mark that an export has landed; the mark outlives the files."""
    return f"{MARK_PREFIX}{_export_path(report, export_id)}.json"


def given_up_folder(report: Report) -> str:
    """Name the folder of a report's exports that could not be landed; ends in a slash."""
    return f"{GIVEN_UP_PREFIX}report={part(report.name)}/"


def given_up_key(report: Report, export_id: str) -> str:
    """Name the key of the harvests in which an export could not be landed for its own sake."""
    return f"{GIVEN_UP_PREFIX}{_export_path(report, export_id)}.json"


def staging_folder(report: Report, export_id: str) -> str:
    """Name the folder of a download that takes more than one invocation; ends in a slash."""
    return f"{STAGING_PREFIX}{_export_path(report, export_id)}/"


def id_part(export_id: str) -> str:
    """Write an export's id for keys and metadata, in letters, digits and `_.-~%`.

    One that would be too long is named by its SHA-256, after a `!`, which no other has.
    """
    quoted = quote(export_id, safe="")
    if len(quoted) <= _MAX_ID_PART:
        return quoted
    return f"sha256!{hashlib.sha256(export_id.encode()).hexdigest()}"


def plan_key(run: str) -> str:
    """Name the key of a batch's plan."""
    return f"{_run_folder(run)}/plan.json"


def round_key(run: str, number: int) -> str:
    """Name the key of the items of a batch's round, counted from 1."""
    return f"{_run_folder(run)}/rounds/{number}.json"


def outcome_key(run: str, number: int, item_id: str) -> str:
    """Name the key of what became of one item in a round."""
    return f"{_run_folder(run)}/outcomes/{number}/{item_id}.json"


def tally_folder(run: str, number: int) -> str:
    """Name the folder whose names tell what a round has brought so far; ends in a slash."""
    return f"{_run_folder(run)}/tally/{number}/"


def progress_key(run: str) -> str:
    """Name the key of how far a batch is."""
    return f"{_run_folder(run)}/progress.json"


def page_key(run: str, number: int) -> str:
    """Name the key of what a page of a harvest's lists had, counted from 1."""
    return f"{_run_folder(run)}/pages/{number}.json"


def failures_folder(run: str) -> str:
    """Name the folder of what a harvest could not land; ends in a slash."""
    return f"{_run_folder(run)}/failures/"


def failure_key(run: str, report: Report, export_id: str) -> str:
    """Name the key of why a harvest could not land an export."""
    return f"{failures_folder(run)}{_export_path(report, export_id)}.json"


def run_manifest_key(run: str) -> str:
    """Name the key of a batch's or a harvest's manifest."""
    return f"{_run_folder(run)}/manifest.json"


def latest_key(name: str) -> str:
    """Name the key of the files of a plan that belong together now."""
    return f"{BATCH_PREFIX}{name}/latest.json"


def state_key(name: str, scheduled_time: str) -> str:
    """Name the key of the files of one run of a plan, by its nominal time."""
    moment = scheduled_time.replace("-", "").replace(":", "")
    return f"{BATCH_PREFIX}{name}/{quote(moment, safe='')}.json"


def last_complete_key() -> str:
    """Name the key of the newest run of the stack's own plan that is complete."""
    return f"{BATCH_PREFIX}complete.json"


def notice_key(dedupe_id: str) -> str:
    """Name the key of whether something was told."""
    return f"{NOTICE_PREFIX}{quote(dedupe_id, safe='')}.json"


def open_failure_key(subject: str) -> str:
    """Name the key of the last failure that no success has followed."""
    return f"{NOTICE_PREFIX}open/{_digest(subject)}.json"


def warned_key(subject: str) -> str:
    """Name the key of the warnings that were told and have not cleared."""
    return f"{NOTICE_PREFIX}warned/{_digest(subject)}.json"


def freshness_key() -> str:
    """Name the key of what the last look at the exports' freshness has found."""
    return f"{NOTICE_PREFIX}freshness.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _run_folder(run: str) -> str:
    return f"{RUN_PREFIX}{quote(run, safe='')}"


def _export_path(report: Report, export_id: str) -> str:
    return f"report={part(report.name)}/export={id_part(export_id)}"
