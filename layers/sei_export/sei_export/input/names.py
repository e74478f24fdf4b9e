"""Names that look alike: one form to compare them in, and what tells two of them apart."""

import difflib
import json
import unicodedata
from collections.abc import Callable, Iterable

_MOST_SHOWN = 200
_INVISIBLE = "Cf"
"""The category of characters without a shape, such as a zero-width space or a soft hyphen."""


def form_of(name: str) -> str:
    """Write the one form of all names that look like this one.

    Composed characters, one plain space for each run of spaces of any kind, none around, nothing
    that cannot be seen. Upper and lower case are two names.
    """
    seen = "".join(c for c in name if unicodedata.category(c) != _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", seen).split())


def alike[Named](
    name: str, candidates: Iterable[Named], name_of: Callable[[Named], str]
) -> list[Named]:
    """Find what has a name that looks like the given one.

    Args:
        name: The given one.
        candidates: Among which.
        name_of: The name of one.

    Returns:
        All of them; only the one that has exactly this name, if several look like it.
    """
    form = form_of(name)
    found = [each for each in candidates if form_of(name_of(each)) == form]
    exact = [each for each in found if name_of(each).strip() == name.strip()]
    return exact if len(exact) == 1 else found


def near(name: str, candidates: Iterable[str]) -> list[str]:
    """Find names that are spelled much like a given one, in any case; the nearest first."""
    spelled_as = {each.casefold(): each for each in candidates}
    found = difflib.get_close_matches(name.casefold(), spelled_as)
    return [spelled_as[each] for each in found]


def apart(named: Iterable[tuple[str, str]]) -> str:
    """List things by id, with their names spelled out where names that look alike differ.

    Args:
        named: Id and name of each.
    """
    things = [*named]
    if len({name for _, name in things}) <= 1:
        return ", ".join(thing_id for thing_id, _ in things)
    return ", ".join(f"{thing_id}: {spelled(name)}" for thing_id, name in things)


def difference(given: str, other: str) -> str:
    """Spell out two names that may look alike, in parentheses; nothing if they surely do not."""
    if given.isascii() and other.isascii():
        return ""
    if len(form_of(given)) != len(form_of(other)):
        return ""
    return f" ({spelled(given)} is not {spelled(other)})"


def spelled(name: str) -> str:
    """Write a name so that each of its characters can be told: quoted, in ASCII."""
    text = json.dumps(name)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
