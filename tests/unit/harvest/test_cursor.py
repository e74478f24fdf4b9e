"""Where a harvest is in the API's lists, against servers that page in their own ways."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.api.answers import Listed
from sei_export.api.lists import Totals
from sei_export.errors import InvalidRequestError
from sei_export.harvest.cursor import (
    MOST_AT_ONCE,
    Place,
    Seen,
    next_cursor,
    read_cursor,
    turn,
)
from sei_export.harvest.filters import LISTED_REPORTS, parse_harvest
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, SPRINT
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.samples import STARTED_AT

HARVEST = parse_harvest({}, HARVEST_DEFAULTS, STARTED_AT)
OF_SPRINTS = parse_harvest({"report": "sprint"}, HARVEST_DEFAULTS, STARTED_AT)
NOTHING_SEEN = Seen().to_json()


def _exports(count: int, first: int = 0) -> list[Listed]:
    return [Listed(f"exp_{number}", "COMPLETED", None) for number in range(first, first + count)]


def _ids(listed: Sequence[Listed]) -> list[str]:
    return [item.export_id for item in listed]


@dataclass
class Listing:
    """One list, read to its end through cursors as the state machine carries them.

    Attributes:
        pages: The number of each page that was asked for.
        found: The entries that were to be looked at.
        missing: What it came to at the end.
        largest_cursor: Characters of the largest one.
    """

    pages: list[int] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    missing: int = 0
    largest_cursor: int = 0

    @classmethod
    def of(
        cls,
        page: Callable[[int], Sequence[Listed]],
        totals: Callable[[int], Totals] = lambda _: Totals(),
        *,
        most: int = 60,
    ) -> "Listing":
        """Read what a server gives for each page's number."""
        listing = cls()
        cursor: JsonValue = {}
        while len(listing.pages) < most:
            place = read_cursor(json.loads(json.dumps(cursor)), OF_SPRINTS)
            listing.pages.append(place.number)
            now = turn(place, page(place.number), totals(place.number))
            listing.found += _ids(now.entries)
            assert len(now.entries) <= MOST_AT_ONCE
            cursor = next_cursor(OF_SPRINTS, SPRINT, now.following)
            listing.largest_cursor = max(listing.largest_cursor, len(json.dumps(cursor)))
            if not cursor:
                listing.missing = now.missing
                return listing
            assert now.missing == 0
        raise AssertionError("It does not end.")


def _paged(
    exports: Sequence[Listed], size: int, *, first: int = 0
) -> Callable[[int], Sequence[Listed]]:
    """A server with pages of this size."""
    return lambda number: exports[(number - first) * size : (number - first + 1) * size]


# --- ways of paging ---


@pytest.mark.parametrize(
    ("count", "pages"),
    [
        pytest.param(0, [0], id="nothing"),
        pytest.param(3, [0, 1], id="a short page"),
        pytest.param(50, [0, 1], id="a full page"),
        pytest.param(120, [0, 1, 2, 3], id="three pages"),
    ],
)
def test_a_list_is_read_until_an_empty_page(count: int, pages: list[int]) -> None:
    exports = _exports(count)
    listing = Listing.of(_paged(exports, 50))
    assert listing.pages == pages
    assert (listing.found, listing.missing) == (_ids(exports), 0)


@pytest.mark.parametrize("size", [1, 7, 25])
def test_given_a_server_with_smaller_pages_than_asked_for_then_all_are_read(size: int) -> None:
    exports = _exports(50)
    assert Listing.of(_paged(exports, size)).found == _ids(exports)


@pytest.mark.parametrize("count", [1, 50, 100, 101, 450, 1300])
def test_given_a_server_that_takes_no_page_numbers_then_its_one_page_is_read_once(
    count: int,
) -> None:
    exports = _exports(count)
    listing = Listing.of(lambda _: exports)
    parts = -(-count // MOST_AT_ONCE)
    assert listing.pages == [0] * parts + [1]
    assert (listing.found, listing.missing) == (_ids(exports), 0)


def test_given_the_same_page_in_another_order_then_it_has_nothing_new() -> None:
    exports = _exports(50)
    listing = Listing.of(lambda number: exports if number % 2 else exports[::-1])
    assert listing.pages == [0, 1]


def test_given_a_server_that_repeats_its_last_page_then_that_is_the_end() -> None:
    exports = _exports(120)
    listing = Listing.of(lambda number: _paged(exports, 50)(min(number, 2)))
    assert listing.pages == [0, 1, 2, 3]
    assert listing.found == _ids(exports)


def test_given_a_server_that_begins_anew_after_its_last_page_then_that_is_the_end() -> None:
    exports = _exports(2000)
    listing = Listing.of(lambda number: _paged(exports, 50)(number % 40))
    assert listing.pages == [*range(41)]
    assert listing.found == _ids(exports)


def test_given_an_export_that_was_made_meanwhile_then_the_list_goes_on_behind_it() -> None:
    # Newest first: the second page is the first one, but for what has moved in before it.
    now = _exports(150)[::-1]
    later = _exports(1, first=150) + now
    listing = Listing.of(lambda number: _paged(later if number else now, 50)(number))
    assert sorted(listing.found) == sorted(_ids(now))


def test_given_as_many_made_as_a_page_has_then_a_repeated_page_is_no_end_when_it_is_another() -> (
    None
):
    now = _exports(30)[::-1]
    later = _exports(6, first=30) + now
    pages = {0: now[:5], 1: now[5:10]}
    # Page 2 has some of page 0 and of page 1: all known, and the list is not at its end.
    listing = Listing.of(lambda number: pages.get(number, _paged(later, 5)(number)))
    assert sorted(listing.found) == sorted(_ids(now))


def test_given_a_server_that_mixes_what_it_has_then_two_pages_without_news_end_it() -> None:
    exports = _exports(10)
    listing = Listing.of(lambda number: [exports[(number * 3 + i) % 10] for i in range(4)])
    assert sorted(listing.found) == sorted(_ids(exports))


@given(
    st.integers(0, 400),
    st.integers(1, 130),
    st.sampled_from([None, "right", "of the page", "0"]),
    st.randoms(),
)
def test_any_list_in_any_order_and_pages_of_any_size_is_read_whole_once(
    count: int, size: int, told: str | None, order: Random
) -> None:
    exports = order.sample(_exports(count), count)
    page = _paged(exports, size)
    totals = {
        None: lambda _: Totals(),
        "right": lambda _: Totals(count, -(-count // size)),
        "of the page": lambda number: Totals(len(page(number))),
        "0": lambda _: Totals(0, 0),
    }[told]
    listing = Listing.of(page, totals, most=500)
    assert (listing.found, listing.missing) == (_ids(exports), 0)


def test_what_is_carried_stays_small_however_long_the_list_is() -> None:
    exports = _exports(2500)
    listing = Listing.of(_paged(exports, 50))
    assert listing.found == _ids(exports)
    assert listing.largest_cursor < 5000


# --- what a list says that it has ---


def test_given_a_total_that_is_reached_then_no_empty_page_is_asked_for() -> None:
    listing = Listing.of(_paged(_exports(120), 25), lambda _: Totals(120))
    assert listing.pages == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("count", [25, 50])
def test_given_a_total_of_the_first_page_then_it_may_be_the_pages_own(count: int) -> None:
    exports = _exports(120)
    page = _paged(exports, count)
    listing = Listing.of(page, lambda number: Totals(len(page(number))))
    assert (listing.found, listing.missing) == (_ids(exports), 0)


@pytest.mark.parametrize(
    ("totals", "missing"),
    [
        pytest.param(Totals(120), 70, id="entries"),
        pytest.param(Totals(120, 3), 70, id="both"),
        pytest.param(Totals(None, 3), 2, id="pages"),
        pytest.param(Totals(50, 3), 0, id="entries count before pages"),
        pytest.param(Totals(7), 0, id="fewer"),
    ],
)
def test_given_the_same_page_for_ever_then_what_is_promised_beyond_it_is_missing(
    totals: Totals, missing: int
) -> None:
    exports = _exports(50)
    listing = Listing.of(lambda _: exports, lambda _: totals)
    assert listing.pages == [0, 1]
    assert (len(listing.found), listing.missing) == (50, missing)


@pytest.mark.parametrize(
    ("totals", "missing"),
    [
        pytest.param(Totals(3), 3, id="entries"),
        pytest.param(Totals(0, 1), 0, id="one empty page"),
        pytest.param(Totals(None, 1), 0, id="one page, of which nothing more is said"),
        pytest.param(Totals(None, 2), 1, id="two pages"),
    ],
)
def test_given_an_empty_list_then_what_it_promises_is_missing(totals: Totals, missing: int) -> None:
    assert Listing.of(lambda _: [], lambda _: totals).missing == missing


def test_given_an_export_on_two_pages_and_another_on_none_then_that_one_is_missing() -> None:
    exports = _exports(60)
    # As a server sorts that has no rule for what was made in the same second.
    pages = [exports[:25], exports[24:49], exports[50:]]
    listing = Listing.of(lambda number: pages[number] if number < 3 else [], lambda _: Totals(60))
    assert listing.missing == 1
    assert listing.found == _ids(exports[:49] + exports[50:])


def test_given_an_export_twice_on_one_page_then_the_promise_counts_it_twice_too() -> None:
    first, second, third = _exports(3)
    twice = [first, second, second]
    listing = Listing.of(lambda number: [] if number else twice, lambda _: Totals(3))
    assert (listing.found, listing.missing) == (_ids([first, second]), 0)
    lost = Listing.of(lambda number: [] if number else [*twice, third], lambda _: Totals(5))
    assert lost.missing == 1


def test_given_a_list_that_grows_then_what_it_promised_first_is_what_counts() -> None:
    exports = _exports(70)
    listing = Listing.of(_paged(exports, 50), lambda number: Totals(60 + 10 * number))
    assert (listing.pages, listing.missing) == ([0, 1], 0)
    # And newest first: what came after the first page is none of this list.
    now = exports[::-1]
    later = _exports(5, first=70) + now
    newest = Listing.of(
        lambda number: _paged(later if number else now, 50)(number),
        lambda number: Totals(75 if number else 70),
    )
    assert newest.missing == 0


def test_given_a_total_on_a_later_page_only_then_that_one_counts() -> None:
    listing = Listing.of(_paged(_exports(60), 50), lambda n: Totals(80) if n else Totals())
    assert listing.missing == 20


def test_entries_without_an_id_count_for_what_a_list_has() -> None:
    odd = [Listed("", None, None), Listed("", None, None), Listed("exp_1", None, None)]
    listing = Listing.of(_paged(odd, 50), lambda _: Totals(3))
    assert (listing.found, listing.missing) == (["", "", "exp_1"], 0)


# --- the cursor ---


@pytest.mark.parametrize("cursor", [None, {}], ids=["null", "empty"])
def test_given_no_cursor_then_it_is_the_first_page_of_the_first_report(cursor: JsonValue) -> None:
    assert read_cursor(cursor, HARVEST) == Place(REPORTS["productivity"])
    assert read_cursor(cursor, OF_SPRINTS) == Place(SPRINT, 0, 0, Seen())


@pytest.mark.parametrize("report", LISTED_REPORTS)
@pytest.mark.parametrize(
    ("number", "offset", "seen"),
    [
        pytest.param(1, 0, Seen(), id="least"),
        pytest.param(
            99, 300, Seen(9, 450, Totals(1000, 20), "a", "b", "c" * 80, idle=True), id="most"
        ),
    ],
)
def test_a_cursor_leads_where_the_one_that_wrote_it_wanted(
    report: str, number: int, offset: int, seen: Seen
) -> None:
    place = Place(REPORTS[report], number, offset, seen)
    cursor = next_cursor(HARVEST, REPORTS[report], place)
    assert read_cursor(json.loads(json.dumps(cursor)), HARVEST) == place


def test_a_cursor_says_what_it_is() -> None:
    assert next_cursor(HARVEST, SPRINT, Place(SPRINT, 1, 0, Seen(1, 50))) == {
        "report": "sprint",
        "page": 1,
        "offset": 0,
        "seen": {
            "pages": 1,
            "entries": 50,
            "promised": None,
            "promisedPages": None,
            "first": "",
            "last": "",
            "recent": "",
            "idle": False,
        },
    }


def test_a_cursor_of_the_version_before_leads_to_its_page() -> None:
    assert read_cursor({"report": "sprint", "page": 4}, HARVEST) == Place(SPRINT, 4)


def test_after_a_reports_end_comes_the_next_reports_first_page_until_all_are_over() -> None:
    seen = [read_cursor({}, HARVEST)]
    while cursor := next_cursor(HARVEST, seen[-1].report, None):
        seen.append(read_cursor(cursor, HARVEST))
    assert seen == [Place(REPORTS[name]) for name in LISTED_REPORTS]
    assert next_cursor(OF_SPRINTS, SPRINT, None) == {}


@pytest.mark.parametrize(
    ("given_input", "cursor"),
    [
        pytest.param({}, {"report": "team-report", "page": 0}, id="a legacy report"),
        pytest.param({}, {"report": "x", "page": 0}, id="an unknown report"),
        pytest.param({}, {"page": 0}, id="no report"),
        pytest.param({}, {"report": "sprint"}, id="no page"),
        pytest.param({}, {"report": "sprint", "page": "1"}, id="a page in text"),
        pytest.param({}, {"report": "sprint", "page": -1}, id="a page before the first"),
        pytest.param({}, {"report": "sprint", "page": True}, id="a page that is true"),
        pytest.param({}, {"report": "sprint", "page": 1.0}, id="a page with a point"),
        pytest.param({}, {"report": "sprint", "page": 1, "offset": -1}, id="an offset below 0"),
        pytest.param({}, {"report": "sprint", "page": 1, "seen": {}}, id="nothing remembered"),
        pytest.param(
            {},
            {"report": "sprint", "page": 1, "seen": {**NOTHING_SEEN, "recent": None}},
            id="half remembered",
        ),
        pytest.param(
            {},
            {"report": "sprint", "page": 1, "seen": {**NOTHING_SEEN, "entries": -1}},
            id="less than nothing remembered",
        ),
        pytest.param({}, "sprint", id="text"),
        pytest.param({}, [], id="a list"),
        pytest.param({}, 0, id="a number"),
        pytest.param({}, False, id="false"),
        pytest.param({}, {"page": "x" * 1000}, id="a long one"),
        pytest.param({"report": "sprint"}, {"report": "efficiency", "page": 0}, id="not asked for"),
    ],
)
def test_given_a_cursor_from_elsewhere_then_it_is_refused(
    given_input: JsonObject, cursor: JsonValue
) -> None:
    harvest = parse_harvest(given_input, HARVEST_DEFAULTS, STARTED_AT)
    with pytest.raises(InvalidRequestError) as caught:
        read_cursor(cursor, harvest)
    allowed = "one that this function returned" if isinstance(cursor, dict) else "an object"
    shown = repr(cursor) if len(repr(cursor)) <= 300 else f"{repr(cursor)[:300]}…"
    assert caught.value.problems == (f"cursor is {shown}: {allowed} is allowed.",)
    assert caught.value.remedy == BY_HAND
