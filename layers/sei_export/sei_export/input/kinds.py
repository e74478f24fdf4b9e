"""Kinds of fields in the API's request bodies, as the table of reports uses them.

Named tuples, since each function's start makes them: dataclasses take several times as long.
"""

from typing import NamedTuple


class Word(NamedTuple):
    """One of a few words.

    Attributes:
        name: As the API spells it.
        allowed: Values as the API spells them; any case is accepted from the user.
        required: Whether the API refuses a request without it.
        default: Sent when the user gives none; None sends nothing.
        aliases: Other documented names of the same field; one that is given alone is sent.
        shapes: Whether it changes which columns or rows the file has.
        digest_name: Its name in fingerprints, if not `name`: there it has one, and for ever.
    """

    name: str
    allowed: tuple[str, ...]
    required: bool = False
    default: str | None = None
    aliases: tuple[str, ...] = ()
    shapes: bool = True
    digest_name: str = ""


class Names(NamedTuple):
    """A list of names, in any order and without repeats.

    Attributes:
        name: As the API spells it.
        allowed: As the API spells them; empty lets any name pass, since Harness adds new ones.
        required: Whether the API refuses a request without one.
        aliases: Other documented names of the same field.
        any_case: Whether names in different cases are the same name.
        sent_empty: Whether an empty list is sent: where leaving its object out means none of it,
            and an empty list in it means all.
    """

    name: str
    allowed: tuple[str, ...] = ()
    required: bool = False
    aliases: tuple[str, ...] = ()
    any_case: bool = True
    sent_empty: bool = False


class Text(NamedTuple):
    """A text that says which data, not which columns.

    Attributes:
        name: As the API spells it.
        required: Whether the API refuses a request without it.
        or_number: Whether a whole number is its text, as of an id in digits.
    """

    name: str
    required: bool = False
    or_number: bool = False


class Number(NamedTuple):
    """A whole number that says which data, not which columns."""

    name: str
    required: bool = False


class Flag(NamedTuple):
    """True or false; changes the columns."""

    name: str
    required: bool = False


class Group(NamedTuple):
    """An object with fields of its own."""

    name: str
    fields: "tuple[Word | Names | Flag, ...]"
    required: bool = False


type Field = Word | Names | Text | Number | Flag | Group


def spellings(fields: tuple[Field, ...]) -> list[str]:
    """Every name and alias of some fields."""
    return [name for field in fields for name in all_names(field)]


def all_names(field: Field) -> tuple[str, ...]:
    """A field's name, then its aliases."""
    return (field.name, *(field.aliases if isinstance(field, Word | Names) else ()))
