"""What holds whatever goes wrong, looked at from outside: bucket, bus, log, ends."""

import base64
import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from local.paths import ROOT
from sei_export import keys
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_content import Version
from tests.faults.sweep.aws import KEY
from tests.faults.sweep.journey import Journey
from tests.statemachine.retries import longest_task
from tests.statemachine.walks import DEFINITIONS

if TYPE_CHECKING:
    from sei_export.jsontypes import JsonObject

_RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
_HEADS = re.findall(r"^### (.+)$", _RUNBOOK, re.MULTILINE)
DOCUMENTED = [name for head in _HEADS for name in head.split(", ") if name[0].isupper()]
"""Errors by name, or by pattern, that have an entry in the runbook."""

MINUTES = 60
"""The stack's ExportTimeoutMinutes."""
_DOWNLOAD_SECONDS = 20 * 3600
TRIES_OF_A_CALL = 4
"""docs/design.md: three, and one more with a fresh key after a 401 or 403."""
_OPENINGS = 3
"""Of a file, in a row, that bring nothing new."""
_TRIES_IN_A_ROW = {"FetchReport": 4}
"""Of the state machine's own, where they are not ten."""

_STATES = cast("dict[str, JsonObject]", DEFINITIONS["export"]["States"])


def _forms(key: str) -> Iterator[str]:
    yield key
    yield quote(key, safe="")
    yield quote(key)
    yield key.replace("/", "\\/")
    yield "".join(f"\\u{ord(letter):04x}" for letter in key)
    yield key.encode().hex()
    yield base64.b64encode(key.encode()).decode()


_KEY_FORMS = tuple(_forms(KEY))


_READ = (keys.DATA_PREFIX, keys.HARVEST_PREFIX)
_PUBLISHING = ("put_object exports", "put_object harvested", "complete_mult")


def visible(s3: FakeS3) -> dict[str, Version]:
    """What readers of exports/ and harvested/ see."""
    return {key: versions[-1] for key, versions in s3.versions.items() if key.startswith(_READ)}


def check(journey: Journey, before: dict[str, Version], log: str) -> str:
    """Check what always holds.

    Args:
        journey: After its end.
        before: What stood under exports/.
        log: What was logged.

    Returns:
        `landed` or `failed_with_an_event`.
    """
    _check_time(journey)
    check_no_key(journey, log)
    check_calls(journey)
    _check_nothing_open(journey)
    # What is announced is there.
    assert journey.events.premature == []
    if journey.end.error is None:
        _check_landed(journey, before)
        return "landed"
    _check_failed(journey, before)
    return "failed_with_an_event"


def _check_landed(journey: Journey, before: dict[str, Version]) -> None:
    output = journey.end.output
    assert isinstance(output, dict)
    assert (journey.end.state, output["status"]) == ("ExportSucceeded", "completed")
    now = visible(journey.s3)
    assert set(now) == {str(output["key"])}
    assert set(before) <= set(now)
    object_now = now[str(output["key"])]
    csv = gzip.decompress(object_now.body)
    allowed = contents(journey)
    assert csv in allowed, f"{csv[:80]!r} is not what the API sent"
    rows = max(len(_records(csv)) - 1, 0)
    said = json.loads(journey.s3.versions[str(output["manifestKey"])][-1].body)
    # A manifest of another execution's content never stands beside this object.
    for told in (output, said):
        assert told["contentSha256"] == hashlib.sha256(csv).hexdigest()
        assert told["rows"] == rows
        assert told["csvBytes"] == len(csv)
        assert told["sizeBytes"] == len(object_now.body)
        assert (told["etag"], told["versionId"]) == (object_now.etag, object_now.id)
    if csv:
        assert said["columns"] == csv.partition(b"\n")[0].decode().split(",")
    types = {str(event["detail-type"]) for event in journey.bus.taken}
    assert types == {"ExportCompleted"}
    assert len({str(detail["dedupeId"]) for detail in journey.bus.details}) == 1
    detail = journey.bus.details[-1]
    # A request that the bus refuses is left out.
    told = output if detail["request"] else {**output, "request": None}
    assert {name: detail[name] for name in told} == told
    assert len(journey.bus.taken) == 1 or _repeats_are_due(journey)


def _repeats_are_due(journey: Journey) -> bool:
    """Whether something went wrong after an event had gone out: only then it may come again."""
    first = journey.events.announced[0] if journey.events.announced else 0
    return any(at >= first for at, _ in journey.plan.struck)


def _check_failed(journey: Journey, before: dict[str, Version]) -> None:
    end = journey.end
    assert end.state == "ExportFailed", end
    assert any(fnmatchcase(str(end.error), pattern) for pattern in DOCUMENTED), end
    failed = [it["detail"] for it in journey.bus.taken if it["detail-type"] == "ExportFailed"]
    details = cast("list[JsonObject]", failed)
    assert details, end
    assert len({str(detail["dedupeId"]) for detail in details}) == 1
    assert len(details) == 1 or any(kind.place == "machine bus" for _, kind in journey.plan.struck)
    detail = details[-1]
    assert detail["error"] == end.error
    assert end.cause == f"{detail['message']} Remedy: {detail['remedy']}"
    assert len(str(detail["remedy"])) > len("Mend it.")
    if journey.events.announced:
        # Its invocation's answer got lost after the event; and what came then was final.
        assert _repeats_are_due(journey)
    now = visible(journey.s3)
    assert set(before) <= set(now)
    for key, version in now.items():
        if before.get(key) == version:
            continue
        # Verified and whole it is; what failed came later, and says so.
        assert gzip.decompress(version.body) in contents(journey)
        assert _something_came_later(journey), f"{end} changed {key}"


def _something_came_later(journey: Journey) -> bool:
    """Whether something went wrong when the file had been published, or while it was."""
    published = [
        at
        for at, it in enumerate(journey.plan.met, 1)
        if it.place == "s3" and it.name.startswith(_PUBLISHING)
    ]
    return bool(published) and any(at >= published[0] for at, _ in journey.plan.struck)


def contents(journey: Journey) -> list[bytes]:
    """What may have landed: what the API has, or the lies that nobody can tell from that."""
    file = journey.scenario.file
    found = [journey.scenario.csv]
    for _, kind in journey.plan.struck:
        lie = kind.lies(file) if kind.lies else None
        if lie is None:
            continue
        if lie.startswith(b"\x1f\x8b") and lie != file:
            try:
                found.append(gzip.decompress(lie))
            except (OSError, EOFError, zlib.error):
                continue
        elif journey.scenario.plain or not lie or kind.name == "another CSV":
            found.append(lie)
    return found


def _records(csv: bytes) -> list[bytes]:
    """Records of what has no line ends in quotes."""
    return csv.splitlines()


def _check_time(journey: Journey) -> None:
    """It ended in time: the deadline, and what the state under way then may still take."""
    visited = journey.engine.visited
    most = MINUTES * 60.0
    tasks = ["CreateExport", "CheckExport", "FetchReport"]
    if "DownloadExport" in visited:
        most += _DOWNLOAD_SECONDS
        tasks = ["CheckExport", "DownloadExport"]
    publishing = sum(
        longest_task(_STATES[state])
        for state in ("PublishFailure", "PublishFailureWithoutRequest")
        if state in visited
    )
    most += max(longest_task(_STATES[task]) for task in tasks) + publishing
    assert journey.seconds <= most, f"{journey.seconds} s are more than {most} s"


def check_no_key(journey: Journey, log: str) -> None:
    """The key is nowhere: not in the state, events, errors, the log or the bucket."""
    told = json.dumps(
        [journey.engine.variables, journey.end.output, journey.end.cause, journey.bus.taken],
        ensure_ascii=False,
    )
    bodies = b"".join(
        version.body + repr(version.metadata).encode()
        for key, versions in journey.s3.versions.items()
        if not key.startswith("staging/")
        for version in versions
    )
    for form in _KEY_FORMS:
        assert form not in told, f"the key is told: {told[max(told.index(form) - 200, 0) :][:400]}"
        assert form not in log, (
            f"the key is in the log: {log[max(log.index(form) - 200, 0) :][:400]}"
        )
        assert form.encode() not in bodies


def _check_nothing_open(journey: Journey) -> None:
    """No upload is left to the bucket's rules, unless S3 refused or the process was killed."""
    if all(kind.place != "s3" and "killed" not in kind.name for _, kind in journey.plan.struck):
        begun = [it.key for it in journey.s3.uploads.values() if it.key.startswith(_READ)]
        assert begun == []


def check_calls(journey: Journey) -> None:
    """No call is made more often than docs/design.md says."""
    for state, names in journey.asked:
        counted = Counter(names)
        openings = 1
        if state in {"DownloadExport", "FetchReport"}:
            openings = _OPENINGS * (1 + len(journey.scenario.cuts) + 1)
        for times in counted.values():
            assert times <= TRIES_OF_A_CALL * openings, (state, counted)
    row: Counter[str] = Counter()
    for state in journey.engine.visited:
        if state in {"IsExportNew", "IsExportReady", "IsDownloadFinished"}:
            row.clear()
        row[state] += state == "WaitToTryAgain"
        assert row["WaitToTryAgain"] <= 10


def check_end(journey: Journey) -> None:
    """A journey whose faults are each over at the next try ends with one of theirs, or lands."""
    allowed: set[str | None] = {journey.scenario.error}
    for at, kind in journey.plan.struck:
        allowed |= kind.fails(journey.plan.met[at - 1].name)
    assert journey.end.error in allowed, f"{journey.end.error}: {journey.end.cause}"
