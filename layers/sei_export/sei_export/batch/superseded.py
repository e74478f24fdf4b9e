"""What manifests of files say that a plan's list no longer has: where to read instead."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Literal

from sei_export import keys
from sei_export.batch.latest import Days, Files, Latest, when_of
from sei_export.batch.manifest import BatchManifest
from sei_export.jsontypes import JsonObject
from sei_export.manifest import SUPERSEDED_BY


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
    starts, ends = _bounds(after.files, "start"), _bounds(after.files, "end")

    def count(gone: Files) -> int:
        began, ended = starts[gone.path], ends[gone.path]
        # What began by its last day, but for what had ended before its first.
        return bisect_right(began, gone.end) - bisect_left(ended, gone.start)

    when = when_of(manifest)
    gone: dict[str, JsonObject | None] = {
        key: {"latestKey": keys.latest_key(after.name), **when, "files": count(each)}
        for key, each in _only_in(before, after).items()
    }
    touched = Days((*run.files, *run.missing_rows))
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


def _bounds(files: Iterable[Files], which: Literal["start", "end"]) -> defaultdict[str, list[date]]:
    """First or last days, by path, sorted."""
    found: defaultdict[str, list[date]] = defaultdict(list)
    for each in files:
        found[each.path].append(each.start if which == "start" else each.end)
    for days in found.values():
        days.sort()
    return found


def _only_in(one: Latest, other: Latest) -> dict[str, Files]:
    """Files of which a list has the key and another has not, by the keys of their manifests."""
    others = {each.said.get("key") for each in other.files}
    return {
        key: each
        for each in one.files
        if each.said.get("key") not in others
        and isinstance(key := each.said.get("manifestKey"), str)
    }
