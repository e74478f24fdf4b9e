"""What a batch left behind: its manifest in brief, one line for each export."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.demo.batch_history import Item, name_of
from local.demo.results import heading, line

if TYPE_CHECKING:
    from local.simulator.data.orgtrees import OrgTree

_COLUMNS = ("Team", "Outcome", "Rows", "File")
_STYLES = {"landed": "green", "split": "yellow"}
_FILE_PARTS = 4
"""Of a key, those that tell a batch's files apart: the team, the days and the file's name."""


def show_batch_intent(console: Console, plan: str, tree: "OrgTree", large: str, said: str) -> None:
    """What is about to happen.

    Args:
        console: Where to.
        plan: The batch's input, a file.
        tree: What it is about.
        large: The team that the simulator fails.
        said: The reason that it gives.
    """
    heading(console, "A batch: every top team of an org tree as an export of its own")
    line(console, f"One plan, {plan}, makes several exports, which run side by side.")
    line(
        console, f"It is about the org tree {tree.name}: its top teams, and the teams inside each."
    )
    width = max(cell_len(team.name) for team in tree.root.children)
    for team in tree.root.children:
        inside = " · ".join(child.name for child in team.children)
        line(console, f"  {set_cell_size(team.name, width)}   {inside}")
    console.print()
    line(console, f'The simulator was told to fail the export of {large}: "{said}".')
    line(console, f"The batch then exports the teams inside {large} instead: nothing is missing.")
    console.print()


def show_batch(console: Console, bucket: str, manifest: Mapping[str, object]) -> None:
    """The manifest in brief.

    Args:
        console: Where to.
        bucket: It is in there.
        manifest: The whole of it.
    """
    heading(console, "The batch's manifest, in brief")
    line(console, f"s3://{bucket}/runs/{manifest['run']}/manifest.json")
    items = items_of(manifest)
    console.print(_table(items, console.width))
    totals = manifest["totals"]
    if not isinstance(totals, dict):
        raise TypeError("The manifest's totals are not an object.")
    style = "bold green" if manifest["status"] == "COMPLETE" else "bold red"
    console.print(Text(str(manifest["status"]), style), end=": ")
    line(
        console,
        f"{totals['landed']} of {totals['expected']} expected files have landed, "
        f"{totals['failed']} failed, {totals['missing']} are missing; {totals['rows']} rows in all",
    )
    for item in items:
        if item["outcome"] == "split":
            line(
                console,
                f"{name_of(item)} has no file of its own: those of its teams take its place,\n"
                "and the next batch will ask for these at once.",
            )


def show_passed(console: Console, passed: Mapping[str, int]) -> None:
    """The events that the queue received before the batch's own."""
    if passed:
        said = ", ".join(f"{count} x {name}" for name, count in sorted(passed.items()))
        console.print(f"and before it, one event for each export: {said}", style="dim")


def items_of(manifest: Mapping[str, object]) -> list[Item]:
    """A manifest's lines."""
    items = manifest["items"]
    if not isinstance(items, list):
        raise TypeError("The manifest's items are not a list.")
    return items


def _table(items: Sequence[Item], width: int) -> Table:
    """A table no wider than `width` cells, at the cost of the files' names."""
    rows = [_row(depth, item) for depth, item in _nested(items, None)]
    table = Table(header_style="bold")
    room = width - len("│ ")
    for index, name in enumerate(_COLUMNS):
        table.add_column(
            name,
            justify="right" if name == "Rows" else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=max(room - len(" │"), len(name)),
        )
        room -= max(map(cell_len, (name, *(row[index].plain for row in rows)))) + len(" │ ")
    for row in rows:
        table.add_row(*row)
    return table


def _row(depth: int, item: Item) -> tuple[Text, ...]:
    outcome, landed = str(item["outcome"]), item["outcome"] == "landed"
    file = "/".join(str(item["key"]).rsplit("/", _FILE_PARTS)[1:]) if landed else ""
    return (
        Text("  " * depth + name_of(item)),
        Text(outcome, _STYLES.get(outcome, "red")),
        Text(str(item["rows"]) if landed else ""),
        Text(file),
    )


def _nested(items: Sequence[Item], whole: object, depth: int = 0) -> Iterator[tuple[int, Item]]:
    """Each item, followed by those that it was split into, with their depth."""
    parts: Iterable[Item] = (item for item in items if item["replaces"] == whole)
    for item in parts:
        yield depth, item
        yield from _nested(items, item["id"], depth + 1)
