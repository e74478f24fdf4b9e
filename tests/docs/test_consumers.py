"""What the README tells consumers to do with events does what it says."""

import gzip
import io
import json
import re
import subprocess
from collections.abc import Sequence
from itertools import permutations
from types import SimpleNamespace

import pytest

from local.paths import ROOT
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.landing.raw import RawFile
from sei_export.masking import Mask
from tests.docs import snippets
from tests.fakes.events import FakeEvents
from tests.fakes.raw import Pieces
from tests.fakes.s3 import FakeS3
from tests.fakes.stage import ARN, CSV, DATA_KEY, OTHER_CSV, export
from tests.fakes.timing import FakeClock

LANDINGS = [
    ("2026-03-01T06:00:00Z", CSV),
    ("2026-03-02T06:00:00Z", CSV),
    ("2026-03-03T06:00:00Z", OTHER_CSV),
    ("2026-03-04T06:00:00Z", CSV),
    ("2026-03-05T06:00:00Z", OTHER_CSV),
]
"""The content comes back, and with it the ETag; the second one leaves the first one's object."""


def _events() -> tuple[FakeS3, list[JsonObject]]:
    """A bucket in which files of one key have landed, and what was said of each."""
    s3, bus = FakeS3(), FakeEvents()
    for number, (created_at, content) in enumerate(LANDINGS):
        file = RawFile(Pieces([content]), created_at, Mask(), FakeClock().deadline(900))
        about = ExportRun(f"{ARN}{number}", polls=1, attempts=1)
        landing = Landing(s3.store, s3.documents, bus.bus)
        landing.land(export(f"exp_{number}", created_at), about, file)
    return s3, bus.details


def _loaded(details: Sequence[JsonObject]) -> list[tuple[str, str, str]]:
    """Versions in the order in which a consumer of these events loads them."""
    loads: list[tuple[str, str, str]] = []
    newest: dict[str, tuple[str, str]] = {}

    def load(bucket: str, key: str, version_id: str) -> None:
        loads.append((bucket, key, version_id))

    for detail in details:
        snippets.run("newest", {"event": {"detail": detail}, "newest": newest, "load": load})
    return loads


def test_whatever_the_order_and_the_repeats_the_newest_file_is_loaded_last() -> None:
    s3, details = _events()
    current = s3.versions[DATA_KEY][-1]
    assert gzip.decompress(current.body) == OTHER_CSV
    assert len({str(detail["etag"]) for detail in details}) < len(details) - 1
    for order in permutations(details):
        for repeated in (order, [*order, *order], [*order, *reversed(order)]):
            loads = _loaded(repeated)
            assert loads[-1] == (details[-1]["bucket"], DATA_KEY, current.id)
            # Nothing is loaded again, and nothing older after something newer.
            assert len(loads) <= len(LANDINGS)


def test_given_a_load_that_fails_when_the_event_comes_again_then_it_is_loaded() -> None:
    _, details = _events()
    tries: list[str] = []

    def load(_: str, __: str, version_id: str) -> None:
        tries.append(version_id)
        if len(tries) == 1:
            raise OSError("disk full")

    names: dict[str, object] = {"event": {"detail": details[0]}, "newest": {}, "load": load}
    with pytest.raises(OSError, match="disk full"):
        snippets.run("newest", names)
    snippets.run("newest", names)
    assert tries == [details[0]["versionId"]] * 2


def test_in_their_own_order_each_file_is_loaded_once() -> None:
    _, details = _events()
    loads = _loaded(details)
    assert [version_id for _, _, version_id in loads] == [it["versionId"] for it in details]


OLDER_PARTS = re.compile(r"/(?:org|project|tree|team|start|end)=")
"""Of a key, as parts were once called: some of these are columns of files, too."""


def test_no_file_of_the_project_has_the_older_parts_of_keys() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert len(files) > 500
    texts = {file: file.read_text(errors="replace") for file in files if file.is_file()}
    assert [file for file, text in texts.items() if OLDER_PARTS.search(text)] == []


def test_every_block_of_the_consumers_page_is_run_by_name() -> None:
    page = (ROOT / "docs" / "consumers.md").read_text()
    shown = re.findall(r"^```(?:sh|python|json)$", page, re.MULTILINE)
    marks = re.findall(r"<!-- ([\w-]+) -->\n```", page)
    assert len(marks) == len(shown)
    tests = "".join(
        (ROOT / "tests" / "stack" / name).read_text()
        for name in ("consumer.py", "test_consumers_hour.py")
    )
    assert [mark for mark in marks if f'"{mark}"' not in tests] == []
    assert len(page.splitlines()) < 220


def test_a_set_is_read_from_one_path_though_the_list_has_two_of_a_report() -> None:
    # As after the plan has asked for other metrics.
    old, new = (
        {"report": "productivity", "rows": 1, "bucket": "b", "versionId": "v", **each}
        for each in (
            {"path": "shape=a", "key": "old", "closedAt": "2026-02-01T06:00:00Z"},
            {"path": "shape=b", "key": "new", "closedAt": "2026-03-01T06:00:00Z"},
        )
    )
    other = {**new, "report": "sprint", "path": "shape=c", "key": "other", "closedAt": "2026-04"}
    empty = {**new, "key": "empty", "rows": 0}
    body = io.BytesIO(json.dumps({"files": [old, new, other, empty]}).encode())
    s3 = SimpleNamespace(get_object=lambda **_: {"Body": body})
    names = {"s3": s3, "json": json, "bucket": "b", "name": "weekly", "report": "productivity"}
    found = snippets.run("set", names | {"fetch": lambda _, key, __: key})
    assert found["paths"] == ["new"]


def test_a_set_without_rows_is_not_taken_from_what_the_plan_asked_for_before() -> None:
    old: JsonObject = {"report": "productivity", "rows": 1, "path": "a", "closedAt": "2026-02"}
    new: JsonObject = {**old, "rows": 0, "path": "b", "closedAt": "2026-03"}
    body = io.BytesIO(json.dumps({"files": [old, new]}).encode())
    s3 = SimpleNamespace(get_object=lambda **_: {"Body": body})
    names = {"s3": s3, "json": json, "bucket": "b", "name": "weekly", "report": "productivity"}
    assert snippets.run("set", names | {"fetch": None})["paths"] == []
