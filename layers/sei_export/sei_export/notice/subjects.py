"""What a failure and a later success have in common, so that the one can end the other."""

from datetime import datetime

from sei_export import keys
from sei_export.errors import SeiExportError
from sei_export.jsontypes import JsonValue
from sei_export.request.defaults import RequestDefaults
from sei_export.request.parsing import parse_request
from sei_export.request.path import series_path

HARVEST = "harvest"


def of_batch(name: JsonValue) -> str:
    """Name a plan; one without a name is any plan that could not be read."""
    return f"batch {name}" if isinstance(name, str) else "batch"


def of_report(name: JsonValue) -> str:
    """Name a report, of which nobody knows what was asked for."""
    return f"report {name}" if isinstance(name, str) else "report"


def of_request(given: JsonValue, defaults: RequestDefaults, at: datetime) -> str | None:
    """Name all exports that differ in their dates only; None if it is no valid request."""
    try:
        return f"series {series_path(parse_request(given, defaults, at))}"
    except SeiExportError:
        return None


def of_key(key: JsonValue) -> str | None:
    """The same of a file that has landed; None of one that others created."""
    if not isinstance(key, str) or not key.startswith(keys.DATA_PREFIX):
        return None
    # Behind it are the days and the file's name.
    return f"series {key.removeprefix(keys.DATA_PREFIX).rsplit('/', 3)[0]}"
