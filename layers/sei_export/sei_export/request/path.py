"""Where a request's files are, below the bucket's prefixes: a path made of what is asked for.

The same request always has the same path. `keys` puts a prefix before it and a file's name behind.
"""

from urllib.parse import quote

from sei_export.request.export_request import ExportRequest

MAX_PATH_BYTES = 1000
"""S3's limit of a key is 1,024 bytes in UTF-8; the rest is for the longest prefix and name."""

_ABSENT = "_"


def request_path(request: ExportRequest) -> str:
    """Where the files of a request are."""
    days = f"start={request.start.isoformat()}/end={request.end.isoformat()}"
    return f"{series_path(request)}/{days}"


def series_path(request: ExportRequest) -> str:
    """Where the files are of all requests that differ in their dates only."""
    return f"{tree_path(request, request.tree)}/team={part(request.team)}"


def tree_path(request: ExportRequest, tree: str | None) -> str:
    """Where the files are of all requests that differ in dates and team only.

    Args:
        request: One of them.
        tree: The org tree; None where there is none.
    """
    level, granularity = part(request.level), part(request.granularity)
    return "/".join(
        (
            f"report={part(request.report.name)}",
            f"shape={level}-{granularity}-{request.shape_fingerprint}".lower(),
            f"org={part(request.org)}",
            f"project={part(request.project)}",
            f"tree={part(tree)}",
        )
    )


def part(value: str | None) -> str:
    """Percent-encode a value; an absent one is `_`, so a value that is `_` becomes `%5F`."""
    if not value:
        return _ABSENT
    return "%5F" if value == _ABSENT else quote(value, safe="")
