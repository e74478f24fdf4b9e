"""Whether a file has the columns of the level that was asked for.

The API may ignore an option that it does not know by the name that was sent, and answer with rows
of another level. Nothing in the file says of which level they are but columns that only one has.
"""

from collections.abc import Iterator, Sequence

from sei_export.jsontypes import JsonValue
from sei_export.manifest import Caution
from sei_export.request.export_request import ExportRequest

LEVEL_DIFFERS = "levelDiffers"


def differing(request: ExportRequest, columns: Sequence[str]) -> Iterator[Caution]:
    """Warn of a file whose columns are another level's and not those of the level asked for.

    A metric that was asked for by its name says nothing: the file may have it for that reason. A
    file with columns of both levels is of an API that has more of them than its pages tell. And
    where no level was asked for, none differs: what is usual is the API's to say.

    Args:
        request: What was asked for.
        columns: The file's header.
    """
    asked = request.level
    if not asked:
        return
    by_name = {str(name).upper() for name in _listed(request.fields.get("metrics"))}
    found = {
        level: sorted(only & {name.strip().upper() for name in columns} - by_name)
        for level, only in request.report.level_columns.items()
    }
    if found.get(asked):
        return
    for level, only in found.items():
        if only:
            yield Caution(
                LEVEL_DIFFERS,
                f"The level {asked} was asked for, by options.{request.level_name}, and the file "
                f"has what Harness documents for the level {level} only: {', '.join(only)}. The "
                f"API may not read that option: compare the rows, and try the option's other name.",
            )


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
