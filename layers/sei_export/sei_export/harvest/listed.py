"""What a page of the lists had, as it is written down for the harvest's end."""

from dataclasses import dataclass

from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject, JsonValue, read_count
from sei_export.request.reports import REPORTS, Report


@dataclass(frozen=True, slots=True)
class Found:
    """An export of a page that had not landed.

    Attributes:
        report: Whose it is.
        export_id: The API's name for it.
        has_failed: Whether a harvest could not land it before.
        why: Why it is left alone; None if it is not.
    """

    report: Report
    export_id: str
    has_failed: bool = False
    why: Failure | None = None

    @classmethod
    def from_json(cls, given: JsonValue) -> "Found | None":
        """Read it back; None for what is no such form."""
        if not isinstance(given, dict) or given.get("report") not in REPORTS:
            return None
        export_id, why = given.get("exportId"), given.get("why")
        if not isinstance(export_id, str):
            return None
        return cls(
            report=REPORTS[str(given["report"])],
            export_id=export_id,
            has_failed=given.get("hasFailed") is True,
            why=Failure.from_json(why) if isinstance(why, dict) else None,
        )

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {
            "report": self.report.name,
            "exportId": self.export_id,
            "hasFailed": self.has_failed,
            "why": self.why.to_json() if self.why else None,
        }


@dataclass(frozen=True, slots=True)
class ListedPage:
    """What a page had.

    Attributes:
        filters: What the API was asked for.
        fresh: What is to land.
        given_up: What is left alone.
        pending: What is so young that an execution may be about to land it.
        listed: How many completed exports the page had.
        known: How many of them had landed.
        unusable: How many entries have an id that cannot be one.
        missing: How many more a list that has ended said that it had.
    """

    filters: JsonObject
    fresh: tuple[Found, ...]
    given_up: tuple[Found, ...]
    pending: tuple[Found, ...]
    listed: int
    known: int
    unusable: int
    missing: int

    @classmethod
    def from_json(cls, content: JsonObject) -> "ListedPage | None":
        """Read it back; None for what is no such form, such as an empty key's content."""
        filters = content.get("filters")
        if not isinstance(filters, dict):
            return None
        try:
            return cls(
                filters=filters,
                fresh=_found(content.get("exports")),
                given_up=_found(content.get("givenUp")),
                pending=_found(content.get("pending")),
                listed=read_count(content["listed"]),
                known=read_count(content["known"]),
                unusable=read_count(content["unusable"]),
                missing=read_count(content["missing"]),
            )
        except (KeyError, TypeError):
            return None

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {
            "filters": self.filters,
            "exports": [each.to_json() for each in self.fresh],
            "givenUp": [each.to_json() for each in self.given_up],
            "pending": [each.to_json() for each in self.pending],
            "listed": self.listed,
            "known": self.known,
            "unusable": self.unusable,
            "missing": self.missing,
        }


def _found(given: JsonValue) -> tuple[Found, ...]:
    found = (Found.from_json(each) for each in (given if isinstance(given, list) else ()))
    return tuple(each for each in found if each)
