"""Requests and settings that the unit tests share."""

from datetime import UTC, datetime

from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request import ExportRequest, parse_request
from sei_export.settings import RequestDefaults

STARTED_AT = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)

DEFAULTS = RequestDefaults(
    org_identifier="acme",
    project_identifier="metrics",
    org_tree_name="Engineering",
    timezone="UTC",
    default_request={"report": "productivity", "dateRange": {"period": "previous-month"}},
)


def asked(**fields: JsonValue) -> JsonObject:
    """A valid input, with some fields replaced or added."""
    return {
        "report": "productivity",
        "scope": {"orgTreeName": "Engineering", "teamId": "456"},
        "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
        **fields,
    }


def request(**fields: JsonValue) -> ExportRequest:
    """The request of such an input."""
    return parse_request(asked(**fields), DEFAULTS, STARTED_AT)


def problems(
    given: JsonValue, defaults: RequestDefaults = DEFAULTS, started_at: datetime = STARTED_AT
) -> tuple[str, ...]:
    """What is wrong with an input; empty when nothing is."""
    try:
        parse_request(given, defaults, started_at)
    except InvalidRequestError as error:
        return error.problems
    return ()
