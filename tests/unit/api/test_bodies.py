"""Short bodies read whole, and quoted in messages."""

import gzip

import pytest

from sei_export.api.bodies import MAX_BYTES, excerpt, read_whole
from sei_export.api.sessions import keyed_session
from sei_export.clock import Deadline
from sei_export.errors import ProtocolError, ServiceUnavailableError
from sei_export.masking import Mask
from tests.fakes.caller import Caller
from tests.fakes.loopback import Dripping, Loopback, reply
from tests.fakes.timing import KEY


def test_given_a_long_ugly_body_when_called_then_its_excerpt_is_one_short_line() -> None:
    with Loopback([reply(400, b"<p>\r\n\tno\x1b[31m\x00 team" + b"x" * 5000)]) as server:
        excerpt = Caller(server).call()[2]
    assert excerpt.startswith("<p> no [31m team")
    assert excerpt.isprintable()
    assert len(excerpt) == 300


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        pytest.param(4 * 2**20, True, id="largest"),
        pytest.param(4 * 2**20 + 1, False, id="one byte more"),
    ],
)
def test_given_a_huge_answer_when_called_then_reading_stops_at_the_bound(
    size: int, *, fits: bool
) -> None:
    with Loopback([reply(200, b'"' + b"a" * (size - 2) + b'"')]) as server:
        caller = Caller(server)
        if fits:
            assert caller.call()[1] == "a" * (size - 2)
            return
        with pytest.raises(ProtocolError, match=f"more than {MAX_BYTES} bytes"):
            caller.call()


def test_given_an_answer_that_is_compressed_all_the_same_when_called_then_it_is_read() -> None:
    body = gzip.compress(b'{"a": 1}')
    with Loopback([reply(200, body, {"Content-Encoding": "gzip"})]) as server:
        assert Caller(server).call()[1] == {"a": 1}


def test_given_a_body_shorter_than_it_said_when_called_then_it_broke_off() -> None:
    with Loopback([reply(200, b'{"a": 1}', length=20)]) as server:
        caller = Caller(server)
        with pytest.raises(ServiceUnavailableError, match="/v2/exports broke off: "):
            caller.call()


@pytest.mark.parametrize("length", [10**6, -1], ids=["with a length", "ended by closing"])
def test_given_a_byte_now_and_then_when_called_then_the_time_is_up_all_the_same(
    length: int,
) -> None:
    with (
        Loopback([Dripping(reply(200, b'"', length=length))]) as server,
        keyed_session() as session,
    ):
        response = session.get(server.origin, stream=True)
        # By the real clock, and the least time that a body has.
        with pytest.raises(ServiceUnavailableError, match="GET x did not answer in full"):
            read_whole(response, "GET x", Deadline.after(0))
        assert not server.dripped_out


def test_given_a_late_answer_that_is_here_when_read_then_it_counts() -> None:
    with Loopback([reply(200, b"{}")]) as server, keyed_session() as session:
        response = session.get(server.origin, stream=True)
        assert read_whole(response, "GET x", Deadline.after(-60)) == b"{}"


@pytest.mark.parametrize(
    ("content", "quoted"),
    [
        pytest.param(b"No such team", "No such team", id="a line"),
        pytest.param(b" No\r\n\tsuch\x00team \n", "No such team", id="in one line"),
        pytest.param(b"", "(an empty body)", id="nothing"),
        pytest.param(b" \r\n\t", "(an empty body)", id="blanks"),
        pytest.param(b"Gr\xf6\xc3\x9fe", "Gr�ße", id="not all of it text"),
        pytest.param("é".encode() * 1000, "é" * 300, id="long, of two bytes each"),
        pytest.param("😀".encode() * 1000, "😀" * 300, id="long, of four bytes each"),
        pytest.param(b"a" * 299 + b" b", "a" * 299 + " ", id="cut between two words"),
    ],
)
def test_an_excerpt_is_the_beginning_in_one_line(content: bytes, quoted: str) -> None:
    assert excerpt(content, Mask()) == quoted


def test_of_a_very_long_body_without_a_blank_the_beginning_is_shown() -> None:
    assert excerpt(b"x" * 70_000, Mask()) == "x" * 300


@pytest.mark.parametrize("letters", [1, 4, len(KEY) - 1])
def test_given_a_body_that_is_cut_in_the_key_then_no_part_of_the_key_is_shown(letters: int) -> None:
    mask = Mask()
    mask.learn(KEY)
    blanks = b" " * (64 * 1024 - len("not:") - letters)
    assert excerpt(b"not:" + blanks + KEY.encode(), mask) == "not:"
