"""The files of a named plan that belong together now, run after run.

Files overlap: a year and its months, a tree and its teams, a team and the children that it was
split into. Who reads all that is there counts twice. So a plan with a name has a list: a complete
run puts its files there in the place of all that its days cover or touch, of the same report, shape
and tree. Days that it did not ask for stay as earlier runs left them. Who reads files by their
manifests is told there which of them a list no longer has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sei_export.batch.dayset import DaySet
from sei_export.batch.ledger import Line
from sei_export.batch.manifest import BatchManifest
from sei_export.jsontypes import JsonObject, JsonValue, read_text
from sei_export.request.path import tree_path

VERSION = "1"
_OF_RESULT = (
    *("bucket", "key", "versionId", "etag", "sizeBytes", "csvBytes", "contentSha256", "rows"),
    *("manifestKey", "exportId", "createdAt", "completedAt"),
)
_OF_MISSING_ROWS = ("report", "team", "teamName", "dateRange", "reason")


@dataclass(frozen=True, slots=True)
class Files:
    """Files, or rows that are missing, of one report, shape and tree and of one range of days.

    Attributes:
        path: `tree_path`: report, shape, organization, project and tree.
        start: First day.
        end: Last day.
        when: The run's nominal time, and when it was closed.
        said: The form in the list.
    """

    path: str
    start: date
    end: date
    when: tuple[str, str]
    said: JsonObject

    @classmethod
    def of(cls, said: JsonObject) -> "Files":
        """Read one entry of a list.

        Raises:
            TypeError, KeyError, ValueError: It is none.
        """
        days = said["dateRange"]
        if not isinstance(days, dict):
            raise TypeError
        return cls(
            path=read_text(said["path"]),
            start=date.fromisoformat(read_text(days["start"])),
            end=date.fromisoformat(read_text(days["end"])),
            when=(read_text(said["scheduledTime"]), read_text(said["closedAt"])),
            said=said,
        )

    def touches(self, other: "Files") -> bool:
        """Whether both have something to say about the same days of the same report and tree."""
        same = self.path == other.path
        return same and self.start <= other.end and other.start <= self.end


class Days:
    """The days of which some files have something to say, by path.

    Args:
        files: Such files.
    """

    def __init__(self, files: Iterable[Files]) -> None:
        by_path: defaultdict[str, list[tuple[date, date]]] = defaultdict(list)
        for each in files:
            by_path[each.path].append((each.start, each.end))
        self._by_path = {path: DaySet(ranges) for path, ranges in by_path.items()}

    def touch(self, other: Files) -> bool:
        """Whether one of them `touches` it."""
        days = self._by_path.get(other.path)
        return bool(days and days.has_any(other.start, other.end))


@dataclass(frozen=True, slots=True)
class Latest:
    """The list of a plan.

    Attributes:
        name: The plan's.
        files: In the order of their keys.
        missing_rows: Teams' own rows that no file has.
    """

    name: str
    files: tuple[Files, ...] = ()
    missing_rows: tuple[Files, ...] = ()

    @classmethod
    def from_json(cls, name: str, content: JsonObject) -> "Latest | None":
        """Read a list back; an empty key's is empty. None for what is none."""
        if not content:
            return cls(name)
        try:
            return cls(name, _read(content["files"]), _read(content["missingRows"]))
        except (KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        whens = [each.when[1] for each in (*self.files, *self.missing_rows)]
        return {
            "version": VERSION,
            "name": self.name,
            "closedAt": max(whens, default=None),
            "files": [each.said for each in self.files],
            "missingRows": [each.said for each in self.missing_rows],
        }

    @property
    def last_run(self) -> str | None:
        """The run that put the newest file there; None for an empty list."""
        newest = max((*self.files, *self.missing_rows), key=lambda it: it.when, default=None)
        run = newest.said.get("run") if newest else None
        return run if isinstance(run, str) else None

    def after(self, run: "Latest") -> "Latest":
        """Put a run's files in the place of what they touch, unless that is newer.

        Args:
            run: `of_run`, so all of one nominal time and closed at one time.
        """
        ours, theirs = (*run.files, *run.missing_rows), (*self.files, *self.missing_rows)
        when = ours[0].when if ours else ("", "")
        newer = Days(it for it in theirs if it.when > when)
        come = Days(own for own in ours if not newer.touch(own))

        def joined(known: Iterable[Files], own: Iterable[Files]) -> tuple[Files, ...]:
            # What comes takes the place: one that gives way to a newer one removes nothing.
            stays = [it for it in known if not come.touch(it)]
            comes = [it for it in own if not newer.touch(it)]
            return tuple(sorted((*stays, *comes), key=_order))

        return Latest(
            self.name,
            joined(self.files, run.files),
            joined(self.missing_rows, run.missing_rows),
        )

    def listed_before(self, moment: str) -> list[str]:
        """Name the manifests of files that were put into the list before a time, ISO 8601."""
        return [str(it.said["manifestKey"]) for it in self.files if it.when[1] < moment]

    def as_found(self, manifests: Mapping[str, JsonObject]) -> "Latest":
        """Tell of some files what is there now: another version, or nothing.

        Args:
            manifests: By their keys; empty where there is none any more. The file of another
                version that was listed may be gone, as this one's successor tells.
        """

        def found(file: Files) -> Files | None:
            manifest = manifests.get(str(file.said.get("manifestKey")))
            if manifest is None:
                return file
            new = {name: manifest[name] for name in _OF_RESULT if name in manifest}
            return replace(file, said=file.said | new) if manifest else None

        pairs = [(file, found(file)) for file in self.files]
        left = [file for _, file in pairs if file]
        lost, there = Days(file for file, now in pairs if now is None), Days(left)
        rows = [it for it in self.missing_rows if there.touch(it) or not lost.touch(it)]
        return Latest(self.name, tuple(left), tuple(rows))


def of_run(manifest: BatchManifest) -> Latest:
    """Tell what one complete run is about.

    Args:
        manifest: The run's; with nothing missing but teams' own rows.
    """
    when = when_of(manifest)
    lines = manifest.ledger.lines.values()
    files = [
        _file(line, when)
        for line in lines
        if line.item.listed and line.outcome and line.outcome.landed
    ]
    missing = [
        Files.of({"path": path, **{name: row[name] for name in _OF_MISSING_ROWS}, **when})
        for path, row in manifest.listed_missing_rows()
    ]
    return Latest(manifest.record.name, tuple(files), tuple(missing))


def when_of(manifest: BatchManifest) -> JsonObject:
    """Name a run, its nominal time and when it was closed."""
    record = manifest.record
    return {
        "run": record.run,
        "scheduledTime": record.scheduled_time,
        "closedAt": manifest.closed_at,
    }


def _file(line: Line, when: Mapping[str, JsonValue]) -> Files:
    item, request = line.item, line.item.request
    landed = line.outcome.landed if line.outcome and line.outcome.landed else {}
    return Files.of(
        {
            "path": tree_path(request, request.tree or item.tree),
            "report": request.report.name,
            "tree": item.tree,
            "team": item.team,
            "teamName": item.team_name,
            "dateRange": {"start": request.start.isoformat(), "end": request.end.isoformat()},
            **{name: landed.get(name) for name in _OF_RESULT},
            **when,
        }
    )


def _read(value: JsonValue) -> tuple[Files, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(Files.of(each) for each in value if isinstance(each, dict))


def _order(entry: Files) -> tuple[str, date, date, str]:
    return entry.path, entry.start, entry.end, str(entry.said.get("team"))
