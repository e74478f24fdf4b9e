"""Reading lists in the API's answers, whose shape no page documents.

What a list's answer says of how much there is may end the list early and proves that it is whole;
nothing depends on it.
"""

from typing import NamedTuple

from sei_export.errors import ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue, is_count

_LIST_FIELDS = ("exports", "content", "items", "data")
_TOTALS_FIELDS = ("page", "pagination", "meta")
_ENTRIES_NAMES = ("totalElements", "totalItems", "totalCount", "total")
_PAGES_NAMES = ("totalPages",)
_MAX_TOTAL_DIGITS = 15


class Totals(NamedTuple):
    """What a list's answer says of how much there is in all.

    Attributes:
        entries: How many entries all pages have together; None where it does not say.
        pages: How many pages there are; None where it does not say.
    """

    entries: int | None = None
    pages: int | None = None

    def otherwise(self, later: "Totals") -> "Totals":
        """Fill in from a later answer what this one does not say."""
        return Totals(
            later.entries if self.entries is None else self.entries,
            later.pages if self.pages is None else self.pages,
        )

    def missing(self, entries: int, pages: int) -> int:
        """Count what is promised and was not there.

        Args:
            entries: How many entries there were.
            pages: How many pages had any.

        Returns:
            Entries; of a list that tells its pages only, pages.
        """
        if self.entries is not None:
            return max(self.entries - entries, 0)
        # Of nothing at all, one page may be said to be there, an empty one.
        return max((self.pages or 0) - max(pages, 1), 0)


NO_TOTALS = Totals()
"""Of an answer that does not say."""


class ListAnswer(NamedTuple):
    """A list.

    Attributes:
        entries: As they come; what is none of the list's objects is for the caller to judge.
        totals: What the answer says of how much there is.
    """

    entries: tuple[JsonValue, ...]
    totals: Totals


def read_list(answer: JsonValue, text: str, kind: str) -> ListAnswer:
    """Read a list: an array, or an object that has it, perhaps one level down. Null is absent.

    Args:
        answer: The answer.
        text: The beginning of it, for the message.
        kind: What an entry is, for the message.

    Raises:
        ProtocolError: It is something else, or has entries and not one of them is an object.
    """
    found, around = _find(answer)
    totals = _totals(around)
    if found is None and totals.entries == 0:
        found = []
    if found is None:
        raise ProtocolError(f"The API answered the list call with something else: {text[:120]}")
    if found and not any(isinstance(entry, dict) for entry in found):
        raise ProtocolError(f"The API's list has an entry that is no {kind}: {text[:120]}")
    return ListAnswer(tuple(found), totals)


def is_list(answer: JsonValue) -> bool:
    """Tell whether an answer is a list in one of the forms that `read_list` reads."""
    found, _ = _find(answer)
    return found is not None


def _find(answer: JsonValue) -> tuple[list[JsonValue] | None, list[JsonObject]]:
    """The array, and the objects around it, the nearest one first."""
    if isinstance(answer, list):
        return answer, []
    if not isinstance(answer, dict):
        return None, []
    inner = [each for name in _LIST_FIELDS if isinstance(each := answer.get(name), dict)]
    for around in ([answer], *([each, answer] for each in inner)):
        for name in _LIST_FIELDS:
            found = around[0].get(name)
            if isinstance(found, list):
                return found, around
    return None, [*inner, answer]


def _totals(around: list[JsonObject]) -> Totals:
    places: list[JsonObject] = []
    for each in around:
        beside = (each.get(name) for name in _TOTALS_FIELDS)
        places += [each, *(place for place in beside if isinstance(place, dict))]
    return Totals(_count(places, _ENTRIES_NAMES), _count(places, _PAGES_NAMES))


def _count(places: list[JsonObject], names: tuple[str, ...]) -> int | None:
    for place in places:
        for name in names:
            value = place.get(name)
            if isinstance(value, str) and value.isascii() and value.isdigit():
                value = int(value) if len(value) <= _MAX_TOTAL_DIGITS else None
            # What has more digits is no count of anything, and no number of JSON's for sure.
            if is_count(value) and value < 10**_MAX_TOTAL_DIGITS:
                return value
    return None
