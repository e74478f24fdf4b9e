"""What may replace what, by how sure it is; and many who publish to one place at once."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from botocore.exceptions import ReadTimeoutError

from sei_export import keys
from sei_export.errors import (
    CorruptDownloadError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.landing.limits import Limits
from sei_export.landing.raw import RawFile
from sei_export.manifest import Manifest
from sei_export.masking import Mask
from tests.fakes.bay import Bay
from tests.fakes.raw import Pieces
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.stage import (
    ARN,
    CSV,
    DATA_KEY,
    LANDED_KEY,
    MANIFEST_KEY,
    OTHER_CSV,
    REQUEST,
    Stage,
    export,
)
from tests.fakes.timing import FakeClock
from tests.fakes.turns import Pick, Turns, by_chance, one_after_the_other

HEADER = b"team,PR_MERGED\n"
NOTHING = gzip.compress(b"", mtime=0)
BOM = b"\xef\xbb\xbf"
ALLOWING = Limits(allow_unverifiable=True)
URL = f"s3://{BUCKET}/{DATA_KEY}"
LATER = "2026-03-01T06:00:01Z"


@pytest.fixture
def bay() -> Bay:
    return Bay()


def _codes(result: JsonObject) -> list[object]:
    warnings = result["warnings"]
    assert isinstance(warnings, list)
    return [warning["code"] for warning in warnings if isinstance(warning, dict)]


# --- an empty answer ---

EMPTY = [
    pytest.param(b"", True, id="nothing, told"),
    pytest.param(NOTHING, True, id="a gzip of nothing, told"),
    pytest.param(NOTHING, False, id="a gzip of nothing"),
    pytest.param(NOTHING * 2, True, id="two of them, told"),
    pytest.param(b"\r\n", True, id="a blank line, told"),
    pytest.param(BOM, True, id="a byte order mark, told"),
]


@pytest.mark.parametrize("before", [None, HEADER, b"\n"], ids=["nothing", "a header", "empty"])
@pytest.mark.parametrize(("content", "told"), EMPTY)
def test_given_an_empty_answer_with_an_end_then_it_lands_where_no_rows_are(
    bay: Bay, before: bytes | None, content: bytes, *, told: bool
) -> None:
    if before is not None:
        bay.land(before, "exp_0", "run-0")
    result = bay.land(content, told=told)
    assert (result["rows"], result["columns"], _codes(result)) == (0, [], ["noRows"])
    assert result.items() <= bay.manifest.items()
    assert bay.events.details[-1]["warnings"] == result["warnings"]


@pytest.mark.parametrize("limits", [Limits(), ALLOWING], ids=["usual", "unverifiable allowed"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n", id="a blank line"),
        pytest.param(BOM, id="a byte order mark"),
        pytest.param(NOTHING * 2, id="two gzips of nothing"),
    ],
)
def test_given_an_empty_answer_without_an_end_then_it_is_corrupt(
    bay: Bay, content: bytes, limits: Limits
) -> None:
    bay.limits = limits
    with pytest.raises(CorruptDownloadError, match="is empty, and the server did not tell"):
        bay.land(content, told=False)
    assert bay.s3.versions == {}


@pytest.mark.parametrize(("content", "told"), EMPTY)
def test_given_rows_when_an_empty_answer_comes_then_they_stay(
    bay: Bay, content: bytes, *, told: bool
) -> None:
    before = bay.land(CSV, "exp_0", "run-0")
    with pytest.raises(CorruptDownloadError) as caught:
        bay.land(content, told=told)
    assert f"{URL} holds 2 rows, of export exp_0" in caught.value.message
    # The way out, if it is true; the bucket keeps versions.
    assert f"aws s3 rm '{URL}'" in caught.value.remedy
    assert bay.contents == [CSV]
    assert before.items() <= bay.manifest.items()
    assert len(bay.events.details) == 1
    bay.s3.delete(DATA_KEY)
    # The version that was deleted was the last one.
    assert _codes(bay.land(content, told=told)) == ["noRowsAnyMore"]


def _never_described(bay: Bay) -> None:
    bay.s3.add(DATA_KEY, gzip.compress(CSV), {"export-id": "exp_0"})


def _described_otherwise(bay: Bay) -> None:
    bay.land(HEADER, "exp_0", "run-0")
    _never_described(bay)


def _no_longer_described(bay: Bay) -> None:
    bay.land(CSV, "exp_0", "run-0")
    bay.s3.add(MANIFEST_KEY, b"[]")


UNKNOWN = [_never_described, _described_otherwise, _no_longer_described]


@pytest.mark.parametrize("put", UNKNOWN)
def test_given_a_file_of_unknown_rows_when_an_empty_answer_comes_then_it_stays(
    bay: Bay, put: Callable[[Bay], None]
) -> None:
    put(bay)
    kept = bay.s3.current(DATA_KEY)
    with pytest.raises(CorruptDownloadError, match="a file whose rows nobody has written down"):
        bay.land(b"")
    assert bay.s3.current(DATA_KEY) == kept


def test_given_rows_that_come_meanwhile_when_an_empty_answer_is_published_then_they_stay(
    bay: Bay,
) -> None:
    bay.s3.before(f"write {DATA_KEY}", partial(bay.land, CSV, "exp_9", "run-9"))
    with pytest.raises(CorruptDownloadError, match="holds 2 rows, of export exp_9"):
        bay.land(b"")
    assert bay.contents == [CSV]


# --- a header without rows ---


@pytest.mark.parametrize("before", [None, b"", b"a,b\n"], ids=["nothing", "empty", "a header"])
def test_given_a_header_alone_where_no_rows_are_then_it_has_no_rows(
    bay: Bay, before: bytes | None
) -> None:
    if before is not None:
        bay.land(before, "exp_0", "run-0")
    result = bay.land(HEADER)
    # Beside it, columns that are others than before.
    told = [code for code in _codes(result) if not code.startswith("columns")]
    assert (result["rows"], told) == (0, ["noRows"])
    assert result.items() <= bay.manifest.items()
    assert bay.contents[-1] == HEADER


def test_given_rows_when_a_header_alone_comes_then_it_has_none_any_more(bay: Bay) -> None:
    bay.land(CSV, "exp_0", "run-0")
    result = bay.land(HEADER)
    assert _codes(result) == ["noRowsAnyMore"]
    assert "the one before it had 2" in str(result["warnings"])
    assert bay.contents == [CSV, HEADER]
    # A retry says the same; the next execution finds what has no rows.
    assert bay.land(HEADER)["warnings"] == result["warnings"]
    assert _codes(bay.land(HEADER, "exp_2", "run-2")) == ["noRows"]
    assert _codes(bay.land(CSV, "exp_3", "run-3")) == []


@pytest.mark.parametrize("put", UNKNOWN)
def test_given_a_file_of_unknown_rows_when_a_header_alone_comes_then_that_is_said(
    bay: Bay, put: Callable[[Bay], None]
) -> None:
    put(bay)
    result = bay.land(HEADER)
    assert _codes(result) == ["noRowsAnyMore"]
    assert "may have had some" in str(result["warnings"])


def test_given_a_crash_after_a_header_replaced_rows_when_retried_then_it_is_said_still(
    bay: Bay,
) -> None:
    bay.land(CSV, "exp_0", "run-0")
    bay.s3.before(f"write {MANIFEST_KEY}", raising(refusal("InternalError", 500)), 2)
    with pytest.raises(ServiceUnavailableError):
        bay.land(HEADER)
    assert _codes(bay.land(HEADER)) == ["noRowsAnyMore"]


def test_given_rows_that_come_meanwhile_when_a_header_alone_is_published_then_it_is_said(
    bay: Bay,
) -> None:
    bay.s3.before(f"write {DATA_KEY}", partial(bay.land, CSV, "exp_9", "run-9"))
    assert _codes(bay.land(HEADER)) == ["noRowsAnyMore"]
    assert bay.contents == [CSV, HEADER]


# --- an end that nobody has told ---

MEMBERS = gzip.compress(CSV[:20], mtime=0) + gzip.compress(CSV[20:], mtime=0)
WITHOUT_AN_END = [pytest.param(CSV, id="plain"), pytest.param(MEMBERS, id="two gzip members")]


@pytest.mark.parametrize("content", WITHOUT_AN_END)
def test_given_a_file_whose_end_nobody_proves_then_it_is_refused(bay: Bay, content: bytes) -> None:
    with pytest.raises(CorruptDownloadError, match="Nobody can tell whether") as caught:
        bay.land(content, told=False)
    assert "AllowUnverifiableBody" in caught.value.remedy
    assert bay.s3.versions == {}
    assert bay.events.entries == []


@pytest.mark.parametrize("content", WITHOUT_AN_END)
def test_given_that_it_is_allowed_then_it_lands_marked(bay: Bay, content: bytes) -> None:
    bay.limits = ALLOWING
    result = bay.land(content, told=False)
    assert _codes(result) == ["unverifiableLength"]
    assert bay.manifest["warnings"] == bay.events.details[0]["warnings"] == result["warnings"]
    assert bay.contents == [CSV]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(CSV, True, id="plain, told"),
        pytest.param(MEMBERS, True, id="members, told"),
        pytest.param(gzip.compress(CSV), False, id="one member: its trailer tells"),
    ],
)
@pytest.mark.parametrize("limits", [Limits(), ALLOWING], ids=["usual", "unverifiable allowed"])
def test_given_a_file_whose_end_is_known_then_it_lands_without_a_mark(
    bay: Bay, content: bytes, limits: Limits, *, told: bool
) -> None:
    bay.limits = limits
    assert bay.land(content, told=told)["warnings"] == []


@pytest.mark.parametrize("content", [CSV, MEMBERS, b"a,b\n", BOM + b'"a",b\r\n1,2\r\n'])
def test_given_no_told_end_then_no_prefix_of_a_file_ever_lands(bay: Bay, content: bytes) -> None:
    for size in range(len(content)):
        # But for the first member of two, which is a whole file by itself.
        if content[:size] == gzip.compress(CSV[:20], mtime=0):
            continue
        with pytest.raises(CorruptDownloadError):
            bay.land(content[:size], told=False)
    assert bay.s3.versions == {}


def test_given_a_server_that_ends_a_file_by_closing_then_it_is_refused_unless_that_is_allowed() -> (
    None
):
    stage = Stage()
    stage.body = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/csv\r\n\r\n" + CSV
    with stage.server, pytest.raises(CorruptDownloadError, match="Nobody can tell whether"):
        stage.land()
    assert stage.contents == []


# --- names in the header ---


def test_given_names_that_are_missing_or_repeated_then_the_file_lands_with_warnings(
    bay: Bay,
) -> None:
    result = bay.land(b"team,,x,x, \n1,2,3,4,5\n")
    assert _codes(result) == ["emptyColumns", "duplicateColumns"]
    assert result["columns"] == ["team", "", "x", "x", " "]
    assert bay.events.details[0]["warnings"] == result["warnings"]


def test_given_as_many_names_as_a_header_can_have_then_result_and_event_are_short(
    bay: Bay,
) -> None:
    content = b"a," + b"," * 65_000 + b"\n"
    result = bay.land(content + content)
    assert (len(str(result)) < 8 * 1024, result["columnCount"]) == (True, 65_002)
    assert len(bay.events.entries[0]["Detail"]) < 8 * 1024
    columns = bay.manifest["columns"]
    assert isinstance(columns, list)
    assert len(columns) == 65_002


# --- after the event ---

SILENCE = ReadTimeoutError(endpoint_url="https://s3")
FAILURES = [
    pytest.param(SILENCE, id="silent"),
    pytest.param(refusal("AccessDenied", 403), id="refused"),
    pytest.param(refusal("PreconditionFailed", 412), id="a condition that nobody set"),
    pytest.param(KeyError("ETag"), id="anything"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_given_a_mark_that_cannot_be_written_after_the_event_then_the_export_has_landed(
    bay: Bay, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    bay.s3.before(f"write {LANDED_KEY}", raising(failure), 2)
    assert bay.land(CSV)["changed"] is True
    assert len(bay.events.entries) == 1
    assert "That it was announced was not written down" in caplog.text
    # Nobody can tell later that it was announced: it is said once more rather than never.
    assert bay.land(CSV, "exp_2", "run-2")["changed"] is True
    assert bay.land(CSV, "exp_3", "run-3")["changed"] is False


def test_given_no_news_that_is_not_announced_when_landed_by_a_twin_then_that_is_none_either(
    bay: Bay,
) -> None:
    bay.land(CSV)
    bay.events.refuse = "ThrottlingException"
    with pytest.raises(ServiceUnavailableError):
        bay.land(CSV, "exp_2", "run-2")
    bay.events.refuse = None
    assert bay.land(CSV, "exp_3", "run-3")["changed"] is False


@pytest.mark.parametrize("failure", FAILURES)
def test_given_a_hint_that_cannot_be_written_after_the_event_then_the_export_has_landed(
    bay: Bay, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    bay.s3.before(f"write {keys.series_key(REQUEST)}", raising(failure))
    assert bay.land(CSV, took_seconds=90)["changed"] is True
    assert "How long it took was not written down" in caplog.text


@pytest.mark.parametrize("failure", FAILURES[:2])
def test_given_a_mark_that_cannot_be_written_before_the_event_then_nobody_has_heard(
    bay: Bay, failure: Exception
) -> None:
    bay.s3.before(f"write {LANDED_KEY}", raising(failure))
    with pytest.raises(SeiExportError):
        bay.land(CSV)
    assert bay.events.entries == []


# --- the same content, or another of the same checksum ---


@pytest.mark.parametrize("known", ["metadata", "manifest", "size"])
def test_given_another_content_of_the_same_checksum_then_it_is_published(
    bay: Bay, known: str
) -> None:
    # One file in four billion is such a one.
    bay.land(CSV, "exp_0", "run-0")
    ours, longer = Bay(), OTHER_CSV + b"one more,3\n"
    ours.land(longer)
    [version], [other] = bay.s3.versions[DATA_KEY], ours.s3.versions[DATA_KEY]
    about = dict(version.metadata)
    if known != "metadata":
        # As of a large file.
        del about["content-sha256"]
    if known == "size":
        bay.s3.delete(MANIFEST_KEY)
        assert len(version.body) != len(other.body)
    bay.s3.versions[DATA_KEY] = [replace(version, checksum=other.checksum, metadata=about)]
    assert bay.land(longer)["changed"] is True
    assert bay.contents == [CSV, longer]


def test_given_the_same_bytes_of_which_nothing_is_known_then_they_stay(bay: Bay) -> None:
    bay.land(CSV, "exp_0", "run-0")
    [version] = bay.s3.versions[DATA_KEY]
    about = {it: text for it, text in version.metadata.items() if it != "content-sha256"}
    bay.s3.versions[DATA_KEY] = [replace(version, metadata=about)]
    bay.s3.delete(MANIFEST_KEY)
    bay.land(CSV)
    assert len(bay.s3.versions[DATA_KEY]) == 1


# --- a file that a plan's list no longer has ---


def _superseded(bay: Bay) -> None:
    by: JsonObject = {
        "latestKey": "batches/weekly/latest.json",
        "run": "run-9",
        "scheduledTime": "2026-03-15T06:00:00Z",
        "closedAt": "2026-03-15T06:00:00Z",
        "files": 2,
    }
    bay.s3.documents.write_json(MANIFEST_KEY, bay.manifest | {"supersededBy": by})


@pytest.mark.parametrize("content", [CSV, OTHER_CSV], ids=["the same", "another"])
@pytest.mark.parametrize("when", ["before", "while it is described"])
def test_given_a_superseded_file_when_it_lands_again_then_it_is_no_more(
    bay: Bay, content: bytes, when: str
) -> None:
    first = bay.land(CSV, "exp_0", "run-0")
    if when == "before":
        _superseded(bay)
    else:
        bay.s3.before(f"write {MANIFEST_KEY}", lambda: _superseded(bay), 2)
    result = bay.land(content, "exp_1", "run-1", created_at=LATER)
    assert bay.manifest == bay.manifest | result
    assert "supersededBy" not in bay.manifest
    assert (result["exportId"], result["changed"]) == ("exp_1", content == OTHER_CSV)
    assert len(bay.contents) == 1 + (content == OTHER_CSV)
    news = result["previous"]
    assert (news is None) or (isinstance(news, dict) and news["versionId"] == first["versionId"])
    assert "supersededBy" not in bay.events.details[-1]


# --- many at once ---


def test_given_a_twin_that_describes_the_object_first_then_that_will_do(bay: Bay) -> None:
    bay.s3.before(f"write {MANIFEST_KEY}", partial(bay.land, CSV, run="run-9"))
    result = bay.land(CSV)
    again = {**result, "executionArn": f"{ARN}run-9", **_times(bay.manifest)}
    assert again.items() <= bay.manifest.items()
    assert len(bay.s3.versions[MANIFEST_KEY]) == 1
    assert len(bay.events.details) == 2


def _times(said: JsonObject) -> JsonObject:
    return {name: said[name] for name in ("completedAt", "durationSeconds")}


# Each for another time, so that of many one gets through.
GROWING = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 3.2, 3.2, 3.2]


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
@pytest.mark.parametrize("key", [DATA_KEY, MANIFEST_KEY], ids=["the file", "its manifest"])
def test_given_races_lost_again_and_again_then_pauses_grow_to_a_bound_and_differ(
    bay: Bay, key: str, chance: float, share: float
) -> None:
    for call in range(1, len(GROWING) + 2):
        bay.s3.before(f"write {key}", partial(bay.s3.add, key, b'{"n": %d}' % call), call)
    clock = FakeClock(chance)
    result = bay.land_export(export(), CSV, clock=clock)
    # The second try comes at once.
    assert clock.slept == pytest.approx([share * pause for pause in GROWING])
    assert bay.manifest == bay.manifest | result


@pytest.mark.parametrize("looks", [1, 2, 7])
def test_given_a_newer_export_that_is_being_described_then_the_older_one_waits_for_it(
    bay: Bay, looks: int
) -> None:
    newer = bay.land(OTHER_CSV, "exp_9", "run-9", created_at=LATER)
    manifest = bay.s3.versions.pop(MANIFEST_KEY)

    def describe() -> None:
        if len(clock.slept) == looks:
            bay.s3.versions[MANIFEST_KEY] = manifest

    clock = FakeClock(1.0, on_sleep=describe)
    late = bay.land_export(export(), CSV, clock=clock)
    assert (late["superseded"], late["versionId"]) == (True, newer["versionId"])
    assert clock.slept == pytest.approx(GROWING[:looks])


def test_given_a_newer_export_that_nobody_describes_then_the_older_one_waits_ten_seconds(
    bay: Bay,
) -> None:
    bay.land(OTHER_CSV, "exp_9", "run-9", created_at=LATER)
    bay.s3.delete(MANIFEST_KEY)
    clock = FakeClock(1.0)
    with pytest.raises(ServiceUnavailableError, match=r"newer export exp_9, .* no manifest"):
        bay.land_export(export(), CSV, clock=clock)
    assert sum(clock.slept) == pytest.approx(9.5)


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_given_a_newer_export_that_lands_while_the_older_is_described_then_its_manifest_stays(
    bay: Bay, operation: str
) -> None:
    # The older one loses a race, looks again, and during that look the newer one lands.
    bay.s3.before(f"write {MANIFEST_KEY}", partial(bay.s3.add, MANIFEST_KEY, b"{}"))
    newer = partial(bay.land, OTHER_CSV, "exp_9", "run-9", created_at=LATER)
    bay.s3.before(operation, newer, 2)
    bay.land(CSV)
    assert bay.contents == [CSV, OTHER_CSV]
    assert bay.manifest["exportId"] == "exp_9"


def test_given_an_id_that_no_header_can_carry_then_metadata_does_all_the_same(bay: Bay) -> None:
    bay.land(CSV, "exp é/1")
    version = bay.s3.current(DATA_KEY)
    assert version
    assert version.metadata["export-id"] == "exp%20%C3%A9%2F1"


@pytest.mark.parametrize(
    ("present", "ours"),
    [
        pytest.param("2026-03-01T07:00:00+01:00", "2026-03-01T05:59:59Z", id="zones"),
        pytest.param("2026-03-01T06:00:00.250Z", "2026-03-01T06:00:00Z", id="fractions"),
    ],
)
def test_given_times_in_any_form_then_the_newer_export_stays(
    bay: Bay, present: str, ours: str
) -> None:
    bay.land(CSV, "exp_9", "run-9", created_at=present)
    assert bay.land(OTHER_CSV, created_at=ours)["superseded"] is True
    assert bay.contents == [CSV]


AT_ONCE = 20
_TRIES = 20
ORDERS = [
    # The worst for the newest: all look, then all publish, the older ones first.
    pytest.param(one_after_the_other, id="one after the other"),
    *(pytest.param(partial(by_chance, seed), id=f"by chance {seed}") for seed in range(20)),
]


def test_given_a_newest_of_the_same_content_as_the_oldest_then_the_one_between_stays_out(
    bay: Bay,
) -> None:
    between, newest = "2026-03-01T06:00:01Z", "2026-03-01T06:00:02Z"
    bay.land(CSV)
    bay.land(CSV, "exp_3", "run-3", created_at=newest)
    late = bay.land(OTHER_CSV, "exp_2", "run-2", created_at=between)
    assert late["superseded"] is True
    assert bay.contents == [CSV]
    assert bay.manifest["exportId"] == "exp_3"


def test_what_is_only_good_to_know_is_written_by_a_client_that_does_not_wait() -> None:
    bay, quick = Bay(), FakeS3()
    landing = Landing(bay.s3.store, bay.s3.documents, bay.events.bus, notes=quick.documents)
    file = RawFile(Pieces([CSV]), None, Mask(), FakeClock().deadline(900))
    run = ExportRun(f"{ARN}run-1", polls=1, attempts=1, took_seconds=90)
    landing.land(export(), run, file)
    assert {*quick.versions} == {LANDED_KEY, keys.series_key(REQUEST)}
    assert bay.s3.documents.read_json(LANDED_KEY).content["announced"] is False


@dataclass(frozen=True)
class Twin:
    """One of many executions: which export it lands, and what it is told."""

    execution: int
    number: int
    result: JsonObject = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Another one for each export."""
        return b"a,b\n%d,1\n" % self.number

    def land(self, bay: Bay, turns: Turns) -> "Twin":
        """Land it together with all others."""
        created_at = f"2026-03-01T06:00:{self.number:02}Z"
        run = f"run-{self.execution}"
        turns.enter(self.execution)
        try:
            for _ in range(_TRIES):
                # While a newer one has not been described; as the state machine does.
                with suppress(ServiceUnavailableError):
                    result = bay.land(
                        self.content, f"exp_{self.number}", run, created_at=created_at
                    )
                    return Twin(self.execution, self.number, result)
        finally:
            turns.leave()
        raise AssertionError("It is never described.")


@pytest.mark.parametrize("exports", [1, 7, AT_ONCE], ids=["twins", "both", "different exports"])
@pytest.mark.parametrize("order", ORDERS)
def test_given_many_at_once_then_none_fails_and_the_newest_is_on_top(
    bay: Bay, order: Callable[[], Pick], exports: int
) -> None:
    turns = Turns(AT_ONCE, order())
    bay.s3.on_call = turns.take
    twins = [Twin(number, number * exports // AT_ONCE) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(partial(Twin.land, bay=bay, turns=turns), twins))
    bay.s3.on_call = lambda: None
    newest = twins[-1]
    late = [twin for twin in ended if twin.result["superseded"]]
    assert all(twin.number < newest.number for twin in late)
    assert bay.contents[-1] == newest.content
    said, version = Manifest.from_json(bay.manifest), bay.s3.current(DATA_KEY)
    assert said
    assert version
    assert (said.version_id, said.export_id) == (version.id, f"exp_{newest.number}")
    # Each content once at most: nobody replaces a newer one, nor a twin's.
    assert len(set(bay.contents)) == len(bay.contents)
    assert len(bay.events.details) == len(ended) - len(late)
