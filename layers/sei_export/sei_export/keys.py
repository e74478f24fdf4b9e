"""Where things are kept in the bucket.

A stable key: the same request always lands on the same one, and the versioned bucket keeps the
history. Files under one `shape=` have the same columns. Listeners filter on `exports/`.
"""

from urllib.parse import quote

from sei_export.errors import InvalidRequestError
from sei_export.request import ExportRequest

DATA_PREFIX = "exports/"
MANIFEST_PREFIX = "manifests/"
MAX_KEY_BYTES = 1024
"""S3's limit, in UTF-8."""

_ABSENT = "_"


def data_key(request: ExportRequest) -> str:
    """The key of the CSV.

    Raises:
        InvalidRequestError: The names in the request are too long for a key.
    """
    return f"{DATA_PREFIX}{_folder(request)}/export.csv.gz"


def manifest_key(request: ExportRequest) -> str:
    """The key of the manifest beside it."""
    return f"{MANIFEST_PREFIX}{_folder(request)}/manifest.json"


def _folder(request: ExportRequest) -> str:
    shape = "-".join(
        (_part(request.level), _part(request.granularity), request.shape_fingerprint)
    ).lower()
    folder = "/".join(
        (
            f"report={_part(request.report.name)}",
            f"shape={shape}",
            f"org={_part(request.org)}",
            f"project={_part(request.project)}",
            f"tree={_part(request.scope.get('orgTreeName'))}",
            f"team={_part(request.scope.get('teamId'))}",
            f"start={request.start.isoformat()}",
            f"end={request.end.isoformat()}",
        )
    )
    room = MAX_KEY_BYTES - len(f"{MANIFEST_PREFIX}/manifest.json")
    if len(folder) > room:
        raise InvalidRequestError(
            [f"scope and identifiers make an S3 key of {len(folder)} bytes: at most {room} fit."]
        )
    return folder


def _part(value: str | None) -> str:
    """Percent-encode a value; an absent one is `_`, so a value that is `_` becomes `%5F`."""
    if not value:
        return _ABSENT
    return "%5F" if value == _ABSENT else quote(value, safe="")
