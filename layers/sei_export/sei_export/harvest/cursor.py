"""Where a harvest is in the API's lists, and what it carries from one page to the next.

A list ends with a page that has nothing new: an empty one, the same again from a server that takes
no page numbers, or the last one again and again. A short page is no end, since a server may give
fewer than it was asked for. What is carried stays small however long a list is.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from sei_export.api.answers import Listed
from sei_export.api.lists import Totals
from sei_export.errors import InvalidRequestError
from sei_export.harvest.filters import Harvest
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue, is_count
from sei_export.request.reports import REPORTS, Report

MOST_AT_ONCE = 50
"""Entries of one invocation: as many as may all fail and still fit into an execution's history."""

_REMEMBERED = 500
_CODE = 8
"""Characters of the hash that an entry is remembered by: 48 bits."""

_SHOWN = 300


class Seen(NamedTuple):
    """What is remembered of a list's pages.

    Attributes:
        pages: How many had anything new.
        entries: How many entries there were, each counted once as far as it is remembered.
        promised: What the first page that told said that there is in all.
        first: Stands for the entries of the first page.
        last: Stands for those of the last page.
        recent: The codes of the last entries, one after the other.
        idle: Whether the last page had only what is remembered.
    """

    pages: int = 0
    entries: int = 0
    promised: Totals = Totals()
    first: str = ""
    last: str = ""
    recent: str = ""
    idle: bool = False

    @property
    def missing(self) -> int:
        """How many entries the list promised and did not have; of pages alone, how many pages."""
        return self.promised.missing(self.entries, self.pages)

    @classmethod
    def from_json(cls, given: JsonValue) -> Self | None:
        """Read back what `to_json` wrote; None for anything else."""
        if given is None:
            return cls()
        match given:
            case {
                "pages": int(pages),
                "entries": int(entries),
                "promised": int() | None as promised,
                "promisedPages": int() | None as promised_pages,
                "first": str(first),
                "last": str(last),
                "recent": str(recent),
                "idle": bool(idle),
            } if min(pages, entries, promised or 0, promised_pages or 0) >= 0:
                totals = Totals(promised, promised_pages)
                return cls(pages, entries, totals, first, last, recent, idle)
        return None

    def to_json(self) -> JsonObject:
        """Write the form in the cursor."""
        return {
            "pages": self.pages,
            "entries": self.entries,
            "promised": self.promised.entries,
            "promisedPages": self.promised.pages,
            "first": self.first,
            "last": self.last,
            "recent": self.recent,
            "idle": self.idle,
        }


class Place(NamedTuple):
    """Where the next entries are.

    Attributes:
        report: Of which report's list.
        number: On which page of it, counted from 0.
        offset: After how many entries of it: a server may give more than it was asked for.
        seen: What is remembered of the pages before.
    """

    report: Report
    number: int = 0
    offset: int = 0
    seen: Seen = Seen()


class Turn(NamedTuple):
    """What a page means for what comes next.

    Attributes:
        entries: Those of the page that are to be looked at now.
        following: Where to go on in this list; None where it has ended.
        missing: How many entries the list promised and did not have; 0 until it ends.
    """

    entries: tuple[Listed, ...]
    following: Place | None
    missing: int = 0


def read_cursor(cursor: JsonValue, harvest: Harvest) -> Place:
    """Read where to go on.

    Args:
        cursor: What `next_cursor` wrote; `{}` or nothing for the first page.
        harvest: What is listed.

    Raises:
        InvalidRequestError: It is something else, as when a function is invoked by hand.
    """
    if cursor in (None, {}):
        return Place(harvest.reports[0])
    if not isinstance(cursor, dict):
        raise _strange(cursor, "an object")
    report, number = REPORTS.get(str(cursor.get("report"))), cursor.get("page")
    offset, seen = cursor.get("offset", 0), Seen.from_json(cursor.get("seen"))
    if (
        report not in harvest.reports
        or not is_count(number)
        or not is_count(offset)
        or seen is None
    ):
        raise _strange(cursor, "one that this function returned")
    return Place(report, number, offset, seen)


def next_cursor(harvest: Harvest, report: Report, following: Place | None) -> JsonObject:
    """Write where to go on; `{}` after the last page of all reports.

    Args:
        harvest: What is listed.
        report: Whose list was read.
        following: Where that goes on; None after its end.
    """
    if following is None:
        others = harvest.reports[harvest.reports.index(report) + 1 :]
        if not others:
            return {}
        following = Place(others[0])
    return {
        "report": following.report.name,
        "page": following.number,
        "offset": following.offset,
        "seen": following.seen.to_json(),
    }


def turn(place: Place, listed: Sequence[Listed], totals: Totals) -> Turn:
    """Tell what a page has to be looked at, and where to go on.

    Args:
        place: Where it is.
        listed: All its entries.
        totals: What the API says of how much all pages have.
    """
    codes = _codes(listed)
    seen = place.seen._replace(promised=place.seen.promised.otherwise(totals))
    page = _digest("".join(sorted({*codes})))
    known = {*_split(seen.recent)}
    if not listed or page in {seen.first, seen.last}:
        return Turn((), None, seen.missing)
    fresh = {code: item for code, item in zip(codes, listed, strict=True) if code not in known}
    part = tuple(fresh.values())[place.offset : place.offset + MOST_AT_ONCE]
    if place.offset + MOST_AT_ONCE < len(fresh):
        return Turn(part, place._replace(offset=place.offset + MOST_AT_ONCE))
    after = seen._replace(
        pages=seen.pages + bool(fresh),
        # An entry that a page has twice, the API counts twice.
        entries=seen.entries + len(fresh) + len(codes) - len({*codes}),
        first=seen.first or page,
        last=page,
        recent=(seen.recent + "".join(fresh))[-_REMEMBERED * _CODE :],
        idle=not fresh,
    )
    # A first page's total may be the page's own.
    is_whole = place.number > 0 and totals.entries == after.entries
    if is_whole or (after.idle and seen.idle):
        return Turn(part, None, after.missing)
    return Turn(part, Place(place.report, place.number + 1, 0, after))


def _codes(listed: Sequence[Listed]) -> list[str]:
    """For each entry what it is remembered by: its id, or what else it has and its place."""
    return [
        _digest(item.export_id or f" {index} {item.status} {item.created_at}")
        for index, item in enumerate(listed)
    ]


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())[:_CODE].decode()


def _split(codes: str) -> Iterable[str]:
    return (codes[start : start + _CODE] for start in range(0, len(codes), _CODE))


def _strange(cursor: JsonValue, allowed: str) -> InvalidRequestError:
    shown = repr(cursor)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return InvalidRequestError([f"cursor is {shown}: {allowed} is allowed."], remedy=BY_HAND)
