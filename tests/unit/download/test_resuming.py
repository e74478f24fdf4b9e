"""Files that are replaced while they come, and what of an answer may join what came before."""

import gzip
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.bucket.parts import PART_BYTES
from sei_export.download.body import READ_BYTES
from sei_export.errors import CorruptDownloadError, SeiExportError
from sei_export.jsontypes import JsonObject
from tests.fakes import slow_line
from tests.fakes.bodies import CHUNKED, CSV, ETAG, GZ, MODIFIED, File, chunks, reading
from tests.fakes.loopback import RESET, Answer, Received, reply
from tests.fakes.slow_line import (
    MIB,
    OTHER_ETAG,
    SLOW,
    Slow,
    assert_discarded,
    assert_landed,
    fast_at_first,
    unfinished,
)
from tests.fakes.stage import Stage

AGAIN = CSV.replace(b"team", b"TEAM")
"""Another version of the file, of the same length."""

LATER = MODIFIED | {"Last-Modified": "Sun, 01 Mar 2026 11:59:59 GMT"}
NO_DATE = {key: value for key, value in MODIFIED.items() if key != "Date"}


def _part(
    content: bytes,
    start: int,
    headers: dict[str, str],
    *,
    unit: str = "bytes",
    size: int | None = None,
) -> bytes:
    """The rest of a file, of which so many bytes come."""
    told = {"Content-Range": f"{unit} {start}-{len(content) - 1}/{len(content)}"}
    return reply(206, content[start:][:size], headers | told, length=len(content) - start)


# --- a part of another version ---


@pytest.mark.parametrize(
    ("named", "then"),
    [
        pytest.param(ETAG, {"ETag": '"new"'}, id="another etag"),
        pytest.param(ETAG, {"ETag": 'W/"abc"'}, id="the same, but weak"),
        pytest.param(ETAG, {"ETag": '"ABC"'}, id="in another case"),
        pytest.param(ETAG, {}, id="no name"),
        pytest.param(ETAG, MODIFIED, id="a date instead of an etag"),
        pytest.param(MODIFIED, ETAG, id="an etag instead of a date"),
        pytest.param(MODIFIED, LATER, id="another date"),
        pytest.param(MODIFIED, NO_DATE, id="a date that may be of this second"),
        pytest.param(MODIFIED, {}, id="no date"),
    ],
)
@pytest.mark.parametrize("content", [AGAIN, CSV], ids=["another version", "the same bytes"])
def test_given_a_part_under_another_name_then_it_joins_nothing(
    content: bytes, named: dict[str, str], then: dict[str, str]
) -> None:
    answers = [reply(200, CSV[:100], named, length=len(CSV)), _part(content, 100, then)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="changed during the download"):
            reader.read()
        assert reader.body.known.changed
        assert len(reader.server.received) == 2
    assert reader.content == CSV[:100]


@pytest.mark.parametrize(
    ("told", "length"),
    [
        pytest.param("bytes 100-{last}/{total}", 20, id="a length that is not the range's"),
        pytest.param("bytes 100-{last}/{more}", None, id="another total"),
        pytest.param("bytes 100-{total}/{total}", None, id="past its own total"),
        pytest.param("bytes 100-99/{total}", None, id="the end before the start"),
        pytest.param("bytes 101-{last}/{total}", None, id="another place"),
        pytest.param("bytes 100-199/50", None, id="a total before the start"),
    ],
)
def test_given_a_part_that_contradicts_itself_or_what_came_then_it_joins_nothing(
    told: str, length: int | None
) -> None:
    total = len(CSV)
    where = told.format(last=total - 1, total=total, more=total + 1)
    part = reply(206, CSV[100:], ETAG | {"Content-Range": where}, length=length)
    with reading([reply(200, CSV[:100], ETAG, length=total), part]) as reader:
        with pytest.raises(CorruptDownloadError, match=r"another place|length changed"):
            reader.read()
        assert reader.body.known.changed
    assert reader.content == CSV[:100]


def test_given_a_part_of_a_file_of_unknown_length_then_it_joins_nothing() -> None:
    content = CSV.ljust(READ_BYTES) + GZ
    where = {"Content-Range": f"bytes {READ_BYTES}-{len(content) - 1}/*"}
    answers = [
        reply(200, chunks(content), ETAG | CHUNKED, length=-1),
        reply(206, content[READ_BYTES:], ETAG | where),
    ]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="without telling the file's length"):
            reader.read()
        assert reader.body.known.changed


@pytest.mark.parametrize("unit", ["Bytes", "BYTES", "bytes"])
def test_a_ranges_unit_is_known_in_any_case(unit: str) -> None:
    named = ETAG | {"Accept-Ranges": unit}
    answers = [reply(200, CSV[:68], named, length=len(CSV)), _part(CSV, 68, ETAG, unit=unit)]
    with reading(answers) as reader:
        assert reader.read() == CSV
        assert reader.server.received[1].headers["range"] == "bytes=68-"


def test_given_a_smaller_file_at_last_then_it_is_not_taken_for_the_one_that_began() -> None:
    # Nothing told the length of the first one, of which more came than the second one has.
    answers = [
        reply(200, chunks(CSV.ljust(2 * READ_BYTES)), CHUNKED, length=-1),
        reply(200, CSV, length=len(CSV)),
    ]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="length changed"):
            reader.read()
        assert reader.body.known.changed


def test_given_bytes_that_differ_when_all_comes_again_then_it_is_another_file() -> None:
    answers = [reply(200, CSV[:100], length=len(CSV)), reply(200, AGAIN)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="changed during the download"):
            reader.read()
        assert reader.body.known.changed


# --- a range that is refused ---

WHOLE = CSV.ljust(2 * READ_BYTES)
"""Two reads long, so that all of it is handed on before its last chunk is missed."""
UNKNOWN = "an unknown number of"


def _refused_at(length: int | str) -> dict[str, str]:
    return {"Content-Range": f"bytes */{length}"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(_refused_at(len(WHOLE)), id="by its length"),
        pytest.param({"Content-Range": f"Bytes */{len(WHOLE)}"}, id="the unit in another case"),
        pytest.param(ETAG | _refused_at(len(WHOLE)), id="by its name, too"),
    ],
)
def test_given_the_refusal_of_a_range_at_the_files_end_then_the_file_is_whole(
    headers: dict[str, str],
) -> None:
    answers = [reply(200, chunks(WHOLE), ETAG | CHUNKED, length=-1), reply(416, b"", headers)]
    with reading(answers) as reader:
        assert reader.read() == WHOLE
        assert reader.server.received[1].headers["range"] == f"bytes={len(WHOLE)}-"
        assert (reader.body.known.total, reader.body.is_end_told) == (len(WHOLE), True)


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        pytest.param(_refused_at(len(WHOLE) - 1), len(WHOLE) - 1, id="shorter"),
        pytest.param(_refused_at(len(WHOLE) + 1), len(WHOLE) + 1, id="longer"),
        pytest.param(_refused_at("*"), UNKNOWN, id="of unknown length"),
        pytest.param({"Content-Range": f"items */{len(WHOLE)}"}, UNKNOWN, id="in another unit"),
        pytest.param({}, UNKNOWN, id="no length"),
        pytest.param(OTHER_ETAG | _refused_at(len(WHOLE)), len(WHOLE), id="another name"),
    ],
)
def test_given_the_refusal_of_a_range_elsewhere_then_the_file_is_another(
    headers: dict[str, str], length: int | str
) -> None:
    answers = [reply(200, chunks(WHOLE), ETAG | CHUNKED, length=-1), reply(416, b"", headers)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError) as caught:
            reader.read()
        assert caught.value.message == (
            f"The file changed during the download: it has {length} bytes now, and {len(WHOLE)} "
            "came of it."
        )
        assert reader.body.known.changed
        assert not reader.body.is_end_told


def test_given_a_refusal_at_another_length_than_was_said_then_the_file_is_another() -> None:
    answers = [
        reply(200, CSV[:100], ETAG, length=len(CSV)),
        reply(416, b"", {"Content-Range": "bytes */100"}),
    ]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="length changed"):
            reader.read()
        assert reader.body.known.changed


# --- without resuming ---


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "none"])
def test_without_resuming_each_connection_may_name_the_file_anew(*, ranges: bool) -> None:
    names = itertools.count()
    file = File(CSV, [100, 300, 50, 600], ranges=ranges)

    def answer(received: Received) -> Answer:
        file.headers = {"ETag": f'"{next(names)}"', "Accept-Ranges": "bytes"}
        return file.answer(received)

    with reading(answer) as reader:
        assert reader.read(resuming=False) == CSV
        assert {it.headers["range"] for it in reader.server.received} == {None}
        assert not reader.body.known.can_go_on_elsewhere
    assert len(file.served) == 5


def test_without_resuming_other_bytes_are_told_by_comparing_them() -> None:
    answers = [reply(200, CSV[:100], ETAG, length=len(CSV)), reply(200, AGAIN, ETAG)]
    with (
        reading(answers) as reader,
        pytest.raises(CorruptDownloadError, match="changed during the download"),
    ):
        reader.read(resuming=False)


# --- until it lands ---


class Versions(Stage):
    """Stands for everything that DownloadExport works with: a file that is replaced meanwhile.

    Attributes:
        serve: Answers each download.
    """

    serve: Callable[[Received], Answer]

    def land_with(self, *answers: Answer) -> list[JsonObject]:
        """Call until it has landed, the file being answered so; what the calls returned."""
        left = iter(answers)
        self.serve = lambda _: next(left)
        with self.server:
            results = [self.land()]
            while results[-1].get("finished") is False:
                results.append(self.land())
        assert next(left, None) is None
        return results

    @property
    def asked(self) -> list[str | None]:
        """Of each download, its Range."""
        calls = [it for it in self.server.received if it.path.endswith("/download")]
        return [it.headers["range"] for it in calls]

    def _answer(self, received: Received) -> Answer:
        if received.path.endswith("/download"):
            return self.serve(received)
        return super()._answer(received)


def _named(name: str) -> dict[str, str]:
    return {"ETag": f'"{name}"', "Accept-Ranges": "bytes"}


def _cut(content: bytes, name: str, end: int = 100) -> bytes:
    return reply(200, content[:end], _named(name), length=len(content))


def _all(content: bytes, name: str) -> bytes:
    return reply(200, content, _named(name))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_given_a_server_without_if_range_when_a_file_is_replaced_then_the_new_one_lands(
    pack: Callable[[bytes], bytes],
) -> None:
    old, new = pack(CSV), pack(AGAIN)
    # The two differ in one word at the beginning: a mixture of them would pass as CSV.
    versions = Versions()
    results = versions.land_with(
        _cut(old, "old", len(old) - 20), _part(new, len(old) - 20, _named("new")), _all(new, "new")
    )
    assert versions.contents == [AGAIN]
    assert versions.asked == [None, f"bytes={len(old) - 20}-", None]
    assert results[0] == unfinished(0, len(old))


def test_given_an_etag_of_its_own_at_each_node_then_the_third_try_needs_no_name() -> None:
    versions = Versions()
    versions.land_with(
        # A name that changes, and one more from the start.
        *(_cut(CSV, "1"), _part(CSV, 100, _named("2"))),
        *(_cut(CSV, "3"), _all(CSV, "4")),
        # And now without one: what comes again is compared.
        *(_cut(CSV, "5"), _cut(CSV, "6", 200), _cut(CSV, "7", 50), _all(CSV, "8")),
    )
    assert versions.contents == [CSV]
    assert versions.asked == [None, "bytes=100-", None, "bytes=100-", None, None, None, None]


def test_given_a_name_that_stays_after_a_change_then_the_second_try_resumes() -> None:
    versions = Versions()
    versions.land_with(
        *(_cut(CSV, "1"), _all(CSV, "2")),
        *(_cut(CSV, "2"), _part(CSV, 100, _named("2"))),
    )
    assert versions.contents == [CSV]
    assert versions.asked == [None, "bytes=100-", None, "bytes=100-"]


def test_given_a_refused_range_under_a_new_name_then_it_is_begun_anew() -> None:
    versions = Versions()
    refused = reply(416, b"", {"Content-Range": "bytes */40"})
    versions.land_with(_cut(CSV, "1"), refused, _all(AGAIN, "2"))
    assert versions.contents == [AGAIN]


NODES = itertools.count()
NAMES: dict[str, Callable[[str], dict[str, str]]] = {
    "etag": lambda version: {"ETag": f'"{version}"'},
    "another at each node": lambda version: {"ETag": f'"{version}-{next(NODES)}"'},
    "weak": lambda version: {"ETag": f'W/"{version}"'},
    "date": lambda version: MODIFIED | {"Last-Modified": f"Sun, 01 Mar 2026 1{version}:00:00 GMT"},
    "none": lambda _: {},
}


@dataclass
class Connection:
    """How a server answers once.

    Attributes:
        version: Of the file, 0 or 1.
        name: How it names that: a key of `NAMES`.
        knows_if_range: Whether it gives a part only of the version that is asked for.
        size: After how many bytes it breaks off; None for none.
    """

    version: int
    name: str
    knows_if_range: bool
    size: int | None

    def answer(self, received: Received, content: bytes) -> Answer:
        """All of it, or a part, or that there is none."""
        named = {"Accept-Ranges": "bytes"} | NAMES[self.name](str(self.version))
        asked, name = received.headers["range"], named.get("ETag", named.get("Last-Modified"))
        if asked and (not self.knows_if_range or received.headers["if-range"] == name):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return _part(content, start, named, size=self.size)
        if self.size == 0:
            return RESET
        return reply(200, content[: self.size], named, length=len(content))


@settings(max_examples=100, deadline=None)
@given(
    packed=st.booleans(),
    connections=st.lists(
        st.builds(
            Connection,
            version=st.integers(0, 1),
            name=st.sampled_from(sorted(NAMES)),
            knows_if_range=st.booleans(),
            size=st.integers(0, 300) | st.none(),
        ),
        max_size=9,
    ),
)
def test_whatever_a_server_does_no_two_versions_of_a_file_are_mixed(
    connections: list[Connection], *, packed: bool
) -> None:
    bodies = [gzip.compress(text, mtime=0) if packed else text for text in (CSV, AGAIN)]
    left = chain(connections, repeat(Connection(1, "etag", knows_if_range=True, size=None)))

    def serve(received: Received) -> Answer:
        connection = next(left)
        return connection.answer(received, bodies[connection.version])

    versions = Versions()
    versions.serve = serve
    with versions.server:
        for _ in range(len(connections) + 1):
            with suppress(SeiExportError):
                if versions.land().get("finished") is not False:
                    break
    assert versions.contents in ([CSV], [AGAIN])


# --- staged ---


def _replaced(slow: Slow) -> None:
    slow.content, slow.headers = slow_line.OTHER_CSV, OTHER_ETAG


@pytest.mark.parametrize("headers", [OTHER_ETAG, {"Accept-Ranges": "bytes"}], ids=["name", "none"])
def test_given_a_server_without_if_range_when_a_staged_file_is_replaced_then_the_new_one_lands(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.knows_if_range = False
    slow.land()
    # Longer than what is staged, so that a part of it would fit.
    slow.content, slow.headers = slow_line.OTHER_CSV, headers
    assert slow.land() == unfinished(0, len(slow_line.GZ))
    assert_discarded(slow, corruptions=0, changes=1)
    slow.seconds = 1000.0
    slow.finish()
    assert_landed(slow, slow_line.OTHER_CSV)


def test_given_a_staged_file_of_equal_length_when_replaced_then_nothing_is_mixed(
    slow: Slow,
) -> None:
    slow.content, slow.knows_if_range = slow_line.CSV, False
    slow.land()
    slow.content = slow_line.csv_of(20 * MIB // slow_line.ROW, b"z")
    slow.headers = OTHER_ETAG
    slow.finish()
    assert_landed(slow, slow.content)


def test_given_a_file_that_got_slow_and_then_changes_then_it_is_begun_anew(slow: Slow) -> None:
    slow.pace = fast_at_first
    assert slow.land() == unfinished(0, len(slow_line.GZ))
    slow.pace = lambda _: SLOW
    assert slow.land() == unfinished(PART_BYTES, len(slow_line.GZ))
    _replaced(slow)
    assert slow.land() == unfinished(0, len(slow_line.GZ))
    slow.finish()
    assert_landed(slow, slow_line.OTHER_CSV)


def test_given_a_twin_who_has_begun_anew_then_its_upload_stays(slow: Slow) -> None:
    slow.land()
    _replaced(slow)
    begun: list[str] = []

    def begin_anew() -> None:
        twin = slow.twin()
        assert twin.land(run="run-2") == unfinished(0, len(slow_line.GZ))
        assert twin.land(run="run-2") == unfinished(0, len(slow_line.OTHER_CSV))
        begun.extend(slow.s3.uploads)

    slow.s3.before("delete_object", begin_anew)
    assert slow.land() == unfinished(0, len(slow_line.GZ))
    assert list(slow.s3.uploads) == begun
    slow.finish()
    assert_landed(slow, slow_line.OTHER_CSV)
