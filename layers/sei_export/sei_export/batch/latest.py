"""The files of a named plan that belong together now, run after run.

Files overlap: a year and its months, a tree and its teams, a team and the children that it was
split into. Who reads all that is there counts twice. So a plan with a name has a list: a complete
run puts its files there in the place of all that its days cover or touch, of the same report, shape
and tree. Days that it did not ask for stay as earlier runs left them. Who reads files by their
manifests is told there which of them a list no longer has.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sei_export import keys
from sei_export.batch.dayset import DaySet
from sei_export.batch.ledger import Line
from sei_export.batch.manifest import BatchManifest
from sei_export.jsontypes import JsonObject, JsonValue, read_text
from sei_export.manifest import SUPERSEDED_BY
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


class _Days:
    """The days of which some files have something to say, by path."""

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
        newer = _Days(it for it in theirs if it.when > when)
        come = _Days(own for own in ours if not newer.touch(own))

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

    def confirmed_before(self, day: str) -> list[str]:
        """Name the manifests of files that no run has landed since a time, ISO 8601."""
        return [str(it.said["manifestKey"]) for it in self.files if it.when[1] < day]

    def without(self, gone: Collection[str]) -> "Latest":
        """Leave out files, by their manifests' keys, and missing rows that are then about none."""
        left = [it for it in self.files if it.said.get("manifestKey") not in gone]
        lost = _Days(it for it in self.files if it.said.get("manifestKey") in gone)
        there = _Days(left)
        rows = [it for it in self.missing_rows if there.touch(it) or not lost.touch(it)]
        return Latest(self.name, tuple(left), tuple(rows))


def of_run(manifest: BatchManifest) -> Latest:
    """Tell what one complete run is about.

    Args:
        manifest: The run's; with nothing missing but teams' own rows.
    """
    when = _when(manifest)
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


def superseded(
    before: Latest, after: Latest, manifest: BatchManifest, run: Latest
) -> dict[str, JsonObject | None]:
    """Tell what the manifests of files have to say after a run, by their keys: `supersededBy`.

    Args:
        before: The list that the run found.
        after: The list that it leaves.
        manifest: The run's.
        run: `of_run`.

    Returns:
        Of files that the list no longer has: where to read instead. None for those that it has now,
        and for those that stay though the run touches them: a try that lost a race to a newer run
        may have said of them that they are gone.
    """
    counts: dict[tuple[str, date, date], int] = {}

    def count(gone: Files) -> int:
        days = gone.path, gone.start, gone.end
        if days not in counts:
            counts[days] = sum(1 for other in after.files if other.touches(gone))
        return counts[days]

    when = _when(manifest)
    gone: dict[str, JsonObject | None] = {
        key: {"latestKey": keys.latest_key(after.name), **when, "files": count(each)}
        for key, each in _only_in(before, after).items()
    }
    touched = _Days((*run.files, *run.missing_rows))
    stays = (
        str(each.said.get("manifestKey"))
        for each in after.files
        if each.said["run"] != manifest.record.run and touched.touch(each)
    )
    return gone | dict.fromkeys((*_only_in(after, before), *stays))


def tell_superseded(
    content: JsonObject, by: JsonObject | None, latest_key: str
) -> JsonObject | None:
    """Say in a file's manifest whether a list no longer has the file.

    Args:
        content: The manifest; empty if there is none.
        by: What `superseded` says of it.
        latest_key: The list's.

    Returns:
        The manifest anew; None if it says so already, or is none.
    """
    said = content.get(SUPERSEDED_BY)
    if by:
        return None if not content or said == by else content | {SUPERSEDED_BY: by}
    # What another list says stays.
    if not isinstance(said, dict) or said.get("latestKey") != latest_key:
        return None
    return {name: value for name, value in content.items() if name != SUPERSEDED_BY}


def _when(manifest: BatchManifest) -> JsonObject:
    record = manifest.record
    return {
        "run": record.run,
        "scheduledTime": record.scheduled_time,
        "closedAt": manifest.closed_at,
    }


def _only_in(one: Latest, other: Latest) -> dict[str, Files]:
    """Files of which a list has the key and another has not, by the keys of their manifests."""
    others = {each.said.get("key") for each in other.files}
    return {
        key: each
        for each in one.files
        if each.said.get("key") not in others
        and isinstance(key := each.said.get("manifestKey"), str)
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
