"""The README's table of reports, as the table in code has it."""

from collections.abc import Iterator

from sei_export.input.kinds import Field, Flag, Group, Names, Number, Text, Word
from sei_export.request.reports import REPORTS

HEAD = "| report | whose data | fields (* required) |\n|---|---|---|\n"


def reports_table() -> str:
    """All rows, ready for the README."""
    rows = (
        f"| `{report.name}` | {report.scope.value} | {'; '.join(_cells('', report.fields))} |\n"
        for report in REPORTS.values()
    )
    return HEAD + "".join(rows)


def _cells(path: str, fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        if isinstance(field, Group):
            yield from _cells(f"{path}{field.name}.", field.fields)
        else:
            mark = "*" if field.required else ""
            yield f"`{path}{field.name}`{mark} {_values(field)}"


def _values(field: Word | Names | Text | Number | Flag) -> str:
    if isinstance(field, Word | Names) and field.allowed:
        return ", ".join(field.allowed)
    if isinstance(field, Text) and field.or_number:
        return "a text or a number"
    kinds = {Names: "any names", Text: "a text", Number: "a number", Flag: "true or false"}
    return kinds[type(field)]
