"""The SEI API over a year: trees that change, exports that go wrong, and the truth about both.

What people did in a month follows from their names, whichever team they are in, so that the truth
about a month does not depend on how somebody cuts it into exports.
"""

import csv
import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sei_export.jsontypes import JsonObject, JsonValue

REUSE = timedelta(minutes=30)
READY, FAILS = timedelta(seconds=4), timedelta(seconds=20)
COLUMNS = (
    *("Granularity", "Start_Date", "End_Date", "Org_Tree", "Team_Id", "Team"),
    *("Developer", "Email", "PR_MERGED"),
)
SIZE = "The result exceeds the maximum size for one export"
LATER = "Internal error, please try later"


class Asked(NamedTuple):
    """What an export is of."""

    tree: str
    team: str
    start: str
    """The month's first day."""

    level: str
    """Whose rows: the metricLevel."""


class Row(NamedTuple):
    """What somebody did in a month."""

    team: str
    """The id of the team that the person is in; that one contains no others."""

    merged: int


type Answer = tuple[int, JsonValue | bytes]
"""A status and JSON, or the bytes of a file."""

type Truth = Mapping[str, Row]
"""A month, by people."""


@dataclass(frozen=True)
class Team:
    """A team; its people are in itself, or in the teams inside it."""

    id: str
    name: str
    people: tuple[str, ...] = ()
    inside: tuple["Team", ...] = ()

    def leaves(self) -> Iterator["Team"]:
        """The teams inside it that contain none; itself if it is one."""
        for each in self.inside:
            yield from each.leaves()
        if not self.inside:
            yield self

    def find(self, team_id: str) -> "Team | None":
        """The team of an id, in it or itself."""
        if self.id == team_id:
            return self
        return next((it for each in self.inside if (it := each.find(team_id))), None)

    def to_json(self, emptied: Collection[str]) -> JsonObject:
        """The API's nested form, with some teams as if they contained none."""
        shown = () if self.id in emptied else self.inside
        inside: list[JsonValue] = [each.to_json(emptied) for each in shown]
        return {"refId": int(self.id), "name": self.name, "leaf": not inside, "children": inside}


@dataclass(frozen=True)
class Made:
    """One export at the API."""

    id: str
    asked: Asked
    number: int
    """Of the exports of what was asked for, from 1."""

    at: datetime
    rows: Truth
    body: bytes


@dataclass
class Vendor:
    """Stands for Harness.

    Attributes:
        now: The clock.
        trees: By name, their roots.
        emptied: Teams, also roots, that are told as if they contained none at the moment.
        refused: Teams of which no export is made at the moment.
        too_large: Teams of which each export fails for its size.
        failing: How many exports of a team's month fail at first, with a word about the hour.
        damaged: Teams of which the first export of each month has a damaged file.
        lost: Months of teams of which the API forgets the first export.
        restated: By person and month's first day, how often the figures were corrected.
        made: All exports, by id.
        creates: What create calls asked for, in order.
        served: The last export of each team and month of which a whole file was sent.
    """

    now: Callable[[], datetime]
    trees: dict[str, Team]
    emptied: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    too_large: set[str] = field(default_factory=set)
    failing: Counter[tuple[str, str]] = field(default_factory=Counter)
    damaged: set[str] = field(default_factory=set)
    lost: set[tuple[str, str]] = field(default_factory=set)
    restated: Counter[tuple[str, str]] = field(default_factory=Counter)
    made: dict[str, Made] = field(default_factory=dict)
    creates: list[Asked] = field(default_factory=list)
    served: dict[Asked, Made] = field(default_factory=dict)
    _last: dict[Asked, Made] = field(default_factory=dict)

    # --- the truth ---

    def truth(self, tree: str, start: str, team_id: str | None = None) -> Truth:
        """What people of a tree, or of one of its teams, did in a month."""
        root = self.trees[tree]
        team = root.find(team_id) if team_id else root
        assert team
        return {
            person: Row(leaf.id, _merged(person, start, self.restated[person, start]))
            for leaf in team.leaves()
            for person in leaf.people
        }

    def restate(self, tree: str, team_id: str, start: str) -> None:
        """Correct the figures of a team's month."""
        for person in self.truth(tree, start, team_id):
            self.restated[person, start] += 1

    # --- its calls ---

    def answer(self, path: str, body: JsonObject | None) -> Answer:
        """Answer a call; one with a body creates."""
        if body is not None:
            return self._create(body)
        if path.endswith("/org-trees"):
            return (200, [{"id": at, "name": name} for at, name in enumerate(self.trees)])
        if path.endswith("/teams"):
            root = [*self.trees.values()][int(path.split("/")[-2])]
            return (200, root.to_json(self.emptied))
        export_id = path.removesuffix("/download").rpartition("/")[2]
        made = self.made[export_id]
        if made.number == 1 and (made.asked.team, made.asked.start) in self.lost:
            return (404, {"message": "Export not found"})
        return self._file(made) if path.endswith("/download") else self._status(made)

    def _create(self, body: JsonObject) -> Answer:
        asked, end = asked_of(body)
        self.creates.append(asked)
        if asked.team in self.refused:
            return (400, {"message": f"Invalid teamId {asked.team}"})
        last = self._last.get(asked)
        if last and self.now() < last.at + REUSE:
            return (200, {"exportId": last.id, "createdAt": last.at.isoformat()})
        number = last.number + 1 if last else 1
        rows = self.truth(asked.tree, asked.start, asked.team)
        content = gzip.compress(self._csv(asked, end, rows), mtime=0)
        made = Made(f"exp_{len(self.made)}", asked, number, self.now(), rows, content)
        self.made[made.id] = self._last[asked] = made
        return (202, {"exportId": made.id, "createdAt": made.at.isoformat()})

    def _status(self, made: Made) -> Answer:
        asked, age = made.asked, self.now() - made.at
        reason = SIZE if asked.team in self.too_large else None
        if made.number <= self.failing[asked.team, asked.start]:
            reason = LATER
        if age < (FAILS if reason else READY):
            return (200, {"status": "PROCESSING"})
        if reason:
            return (200, {"status": "FAILED", "error": reason})
        return (200, {"status": "COMPLETED", "completedAt": (made.at + READY).isoformat()})

    def _file(self, made: Made) -> Answer:
        if made.number == 1 and made.asked.team in self.damaged:
            # The trailer is missing, and the length agrees.
            return (200, made.body[:-8])
        self.served[made.asked] = made
        return (200, made.body)

    def _csv(self, asked: Asked, end: str, rows: Truth) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for person, row in rows.items():
            team = self.trees[asked.tree].find(row.team)
            assert team
            who = (person, f"{person}@example.com", row.merged)
            writer.writerow(("monthly", asked.start, end, asked.tree, team.id, team.name, *who))
        return text.getvalue().encode()


def asked_of(body: JsonObject) -> tuple[Asked, str]:
    """What a request asks for, and the last day."""
    match body:
        case {
            "scope": {"orgTreeName": str(tree), "teamId": str(team)},
            "dateRange": {"start": str(start), "end": str(end)},
            "options": {"metricLevel": str(level)},
        }:
            return Asked(tree, team, start, level), end
    raise AssertionError(body)


def _merged(person: str, start: str, corrections: int) -> int:
    """How many pull requests somebody merged in a month; another number after each correction."""
    digest = hashlib.sha256(f"{person} {start}".encode()).digest()
    return int.from_bytes(digest[:1]) + 1000 * corrections
