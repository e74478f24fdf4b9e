"""The modules whose code is changed, and the tests of each: its own first, then its room's."""

from collections.abc import Iterator

from tests.mutants import code, equivalent, same_in_talk
from tests.mutants.mutant import Mutant

PACKAGE = "layers/sei_export/sei_export"
API = ("tests/unit/api",)
DOWNLOAD = ("tests/unit/download", "--ignore=tests/unit/download/test_twins.py")
LANDING = ("tests/unit/landing", "--ignore=tests/unit/landing/test_memory.py")
LANDED = (
    *(f"tests/unit/landing/test_{it}.py" for it in ("other_exports", "news", "land", "publishing")),
    *("-k", "not given_many_at_once"),
)
BUCKET = ("tests/unit/bucket",)
RESUMING = ("tests/unit/steps/test_resume_batch.py", "tests/unit/steps/test_close_batch.py")
BATCH = ("tests/unit/batch", "tests/unit/steps/test_plan_batch.py", *RESUMING)
REQUEST = ("tests/unit/request",)
INPUT = ("tests/unit/input",)
KEYS = ("tests/unit/test_keys.py", "tests/unit/download/test_tickets.py", *REQUEST)

MODULES: dict[str, tuple[tuple[str, ...], ...]] = {
    "api/calls.py": (
        (
            *("tests/unit/api/test_calls.py", "tests/unit/api/test_links.py"),
            *("tests/unit/api/test_client.py", "tests/unit/api/test_client_fetch.py"),
        ),
        API,
    ),
    "api/tries.py": (("tests/unit/api/test_tries.py", "tests/unit/api/test_calls.py"), API),
    "api/links.py": (("tests/unit/api/test_links.py",), API),
    "api/urls.py": (("tests/unit/api/test_urls.py",), API),
    "api/bodies.py": (("tests/unit/api/test_bodies.py",), API),
    "api/answers.py": (("tests/unit/api/test_answers.py", "tests/unit/api/test_client.py"), API),
    "api/client.py": (
        (
            *("tests/unit/api/test_client.py", "tests/unit/api/test_client_fetch.py"),
            "tests/unit/api/test_client_list.py",
        ),
        API,
    ),
    "api/faults.py": (("tests/unit/api/test_faults.py",), API),
    "api/framing.py": (("tests/unit/api/test_framing.py",), API),
    "api/key.py": (("tests/unit/api/test_key.py",), API),
    "api/lists.py": (("tests/unit/api/test_lists.py", "tests/unit/api/test_client_list.py"), API),
    "api/reasons.py": (("tests/unit/api/test_reasons.py", "tests/unit/api/test_client.py"), API),
    "api/sentkey.py": (
        ("tests/unit/api/test_sentkey.py", "tests/unit/api/test_calls.py"),
        API,
    ),
    "api/sessions.py": (
        (
            *("tests/unit/api/test_sessions.py", "tests/unit/api/test_framing.py"),
            *("tests/unit/api/test_tries.py", "tests/unit/api/test_links.py"),
        ),
        API,
    ),
    "api/treeforms.py": (("tests/unit/api/test_treeforms.py",), API),
    "api/trees.py": (("tests/unit/api/test_trees.py",), API),
    "api/watchdog.py": (("tests/unit/api/test_watchdog.py",), API),
    "masking.py": (("tests/unit/test_masking.py",), ("tests/unit/api/test_echoes.py",)),
    "download/body.py": (
        ("tests/unit/download/test_body.py", "tests/unit/download/test_pauses.py"),
        DOWNLOAD,
    ),
    "download/staging.py": (("tests/unit/download/test_staging.py",), DOWNLOAD),
    "download/ticket.py": (
        ("tests/unit/download/test_tickets.py", "tests/unit/download/test_staging.py"),
        DOWNLOAD,
    ),
    "download/validators.py": (("tests/unit/download/test_validators.py",), DOWNLOAD),
    "download/staged.py": (("tests/unit/download/test_staged.py",), DOWNLOAD),
    "download/over_invocations.py": (
        ("tests/unit/download/test_over_invocations.py", "tests/unit/download/test_no_ranges.py"),
        DOWNLOAD,
    ),
    "download/breaks.py": (
        (
            *("tests/unit/download/test_breaks.py", "tests/unit/download/test_interruptions.py"),
            "tests/unit/download/test_library_errors.py",
        ),
        DOWNLOAD,
    ),
    "download/known.py": (
        ("tests/unit/download/test_body.py", "tests/unit/download/test_resuming.py"),
        DOWNLOAD,
    ),
    "landing/records.py": (("tests/unit/landing/test_records.py",), LANDING),
    "landing/csvcheck.py": (
        ("tests/unit/landing/test_csvcheck.py", "tests/unit/landing/test_headers.py"),
        LANDING,
    ),
    "landing/verified.py": (
        ("tests/unit/landing/test_verified.py", "tests/unit/landing/test_gzipheader.py"),
        LANDING,
    ),
    "landing/publishing.py": (LANDED, LANDING),
    "landing/land.py": (LANDED, LANDING),
    "landing/news.py": (("tests/unit/landing/test_news.py",), LANDING),
    "landing/gzipheader.py": (("tests/unit/landing/test_gzipheader.py",), LANDING),
    "landing/utf8.py": (("tests/unit/landing/test_utf8.py",), LANDING),
    "landing/headers.py": (("tests/unit/landing/test_headers.py",), LANDING),
    "landing/cautions.py": (("tests/unit/landing/test_cautions.py",), LANDING),
    "landing/aside.py": (("tests/unit/landing/test_aside.py",), LANDING),
    "landing/events.py": (("tests/unit/landing/test_events.py",), LANDING),
    "landing/limits.py": (("tests/unit/test_settings.py",), LANDING),
    "landing/raw.py": (("tests/unit/landing/test_verified.py",), LANDING),
    "landing/columntypes.py": (("tests/unit/landing/test_columntypes.py",), LANDING),
    "landing/durations.py": (("tests/unit/landing/test_durations.py",),),
    "series.py": (("tests/unit/test_series.py",), ("tests/unit/batch/test_estimate.py",)),
    "bucket/documents.py": (("tests/unit/bucket/test_documents.py",), BUCKET),
    "bucket/many.py": (("tests/unit/bucket/test_many.py",), BUCKET),
    "bucket/objects.py": (("tests/unit/bucket/test_objects.py",), BUCKET),
    "bucket/stored.py": (("tests/unit/bucket/test_stored.py",), BUCKET),
    "bucket/publish.py": (("tests/unit/bucket/test_publish.py",), BUCKET),
    "bucket/parts.py": (("tests/unit/bucket/test_parts.py",), BUCKET),
    "bucket/multipart.py": (("tests/unit/bucket/test_multipart.py",), BUCKET),
    "bucket/refusals.py": (("tests/unit/bucket/test_refusals.py",), BUCKET),
    "input/days.py": (("tests/unit/input/test_days.py",), INPUT),
    "input/fields.py": (("tests/unit/input/test_fields.py",), INPUT),
    "input/kinds.py": (("tests/unit/input/test_kinds.py",), INPUT),
    "input/names.py": (("tests/unit/input/test_names.py",), INPUT),
    "input/payload.py": (("tests/unit/input/test_payload.py",), INPUT),
    "input/problems.py": (("tests/unit/input/test_problems.py",), INPUT),
    "input/run.py": (("tests/unit/input/test_run.py",), INPUT),
    **{
        f"batch/{it}.py": ((f"tests/unit/batch/test_{it}.py",), BATCH)
        for it in ("cautions", "comparison", "cuts", "doubles", "due")
    },
    "batch/history.py": (RESUMING, BATCH),
    "batch/incomplete.py": (("tests/unit/batch/test_manifest.py",), BATCH),
    "batch/resuming.py": (RESUMING, BATCH),
    "keys.py": (KEYS,),
    "request/path.py": (("tests/unit/request/test_path.py", "tests/unit/test_keys.py"), REQUEST),
    "request/scope.py": (("tests/unit/request/test_scope.py",), REQUEST),
    "request/defaults.py": (("tests/unit/request/test_defaults.py",), REQUEST),
    "request/parsing.py": (("tests/unit/request/test_parsing.py",), REQUEST),
    "request/export_request.py": (
        ("tests/unit/request/test_export_request.py", "tests/unit/test_keys.py"),
        REQUEST,
    ),
    "request/reports.py": (("tests/unit/request/test_reports.py",), REQUEST),
}

EQUIVALENT: dict[str, str] = {**same_in_talk.SAME, **equivalent.IN_LANDING}
"""By their names, mutants that change nothing that anybody could notice, with the reason."""


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of a module but those that change nothing."""
    for name, content in code.mutants(f"{PACKAGE}/{module}").items():
        if name not in EQUIVALENT:
            yield Mutant(name, f"{PACKAGE}/{module}", content, MODULES[module])
