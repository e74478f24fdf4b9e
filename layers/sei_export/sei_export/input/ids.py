"""Ids of teams and org trees: numbers, which the API writes as numbers here and as texts there."""

from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonValue, is_count

_MAX_DIGITS = 20

MAX_EXACT = 2**53 - 1
"""Of a number in an input. On its way through a state machine's expressions a larger one may have
become another, as JavaScript's numbers do."""


def read_id(value: JsonValue) -> str | None:
    """Read the id of an org tree or a team, a number or digits, as text; None if it is none.

    An id goes into a path and into `teamId`.
    """
    if is_count(value) and value < 10**_MAX_DIGITS:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value if len(value) <= _MAX_DIGITS else None
    return None


def read_team_id(path: str, given: JsonValue, problems: Problems, otherwise: str) -> str:
    """Read a team's id that somebody wrote; empty after a problem.

    Args:
        path: Of what is given.
        given: The id, as text or number.
        problems: Where problems go.
        otherwise: What who wrote a team's name can do, without a full stop.
    """
    if is_count(given):
        if given <= MAX_EXACT:
            return str(given)
        problems.refused(path, given, "a number so large may arrive changed: give it as a text")
    elif not isinstance(given, str) or not given.strip():
        problems.bad_value(path, given, "a team's id, as text or as a whole number,")
    elif team_id := read_id(given.strip()):
        return team_id
    else:
        problems.refused(
            path,
            given,
            f"a team's id is a number of at most {_MAX_DIGITS} digits, such as 203758; {otherwise}",
        )
    return ""
