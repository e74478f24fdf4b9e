"""Where a request's files are, below the bucket's prefixes: a path made of what is asked for.

The same request always has the same path. `keys` puts a prefix before it and a file's name behind.

Readers make columns of its parts, and compare names without case. So no part has the name of a
column that a report may have: it is `scope_team`, since files have a column `Team`.
"""

from urllib.parse import quote

from sei_export.request.export_request import ExportRequest

MAX_PATH_BYTES = 1000
"""S3's limit of a key is 1,024 bytes in UTF-8; the rest is for the longest prefix and name."""

ABSENT = "__HIVE_DEFAULT_PARTITION__"
"""What readers of paths show as NULL: Hive's own mark, which Athena, Spark and DuckDB know."""


def request_path(request: ExportRequest) -> str:
    """Where the files of a request are."""
    days = f"range_start={request.start.isoformat()}/range_end={request.end.isoformat()}"
    return f"{series_path(request)}/{days}"


def series_path(request: ExportRequest) -> str:
    """Where the files are of all requests that differ in their dates only."""
    return f"{tree_path(request, request.tree)}/scope_team={part(request.team)}"


def tree_path(request: ExportRequest, tree: str | None) -> str:
    """Where the files are of all requests that differ in dates and team only.

    Args:
        request: One of them.
        tree: The org tree; None where there is none.
    """
    level, granularity = (quote(it or "_", safe="") for it in (request.level, request.granularity))
    return "/".join(
        (
            f"report={part(request.report.name)}",
            f"shape={level}-{granularity}-{request.shape_fingerprint}".lower(),
            f"scope_org={part(request.org)}",
            f"scope_project={part(request.project)}",
            f"scope_tree={part(tree)}",
        )
    )


def part(value: str | None) -> str:
    """Percent-encode a value; of one that is the very mark of an absent one, a letter more."""
    if not value:
        return ABSENT
    return f"%5F{value[1:]}" if value == ABSENT else quote(value, safe="")
