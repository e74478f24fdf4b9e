"""What headers say of a file, read by themselves; `test_body` has what becomes of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.download.validators import (
    Range,
    content_length,
    content_range,
    has_ranges,
    is_chunked,
    length_of_all,
    validator,
)
from sei_export.errors import CorruptDownloadError, ProtocolError

NOON = "Sun, 01 Mar 2026 12:00:00 GMT"
A_SECOND_LATER = "Sun, 01 Mar 2026 12:00:01 GMT"


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        pytest.param({"etag": '"abc"'}, '"abc"', id="etag"),
        pytest.param({"etag": 'W/"abc"'}, "", id="weak etag"),
        pytest.param({"etag": 'w/"abc"'}, "", id="weak etag in lower case"),
        pytest.param({"etag": ""}, "", id="empty etag"),
        pytest.param({}, "", id="nothing"),
        pytest.param({"last-modified": NOON, "date": A_SECOND_LATER}, NOON, id="a second old"),
        pytest.param({"last-modified": NOON, "date": NOON}, "", id="of this very second"),
        pytest.param({"last-modified": A_SECOND_LATER, "date": NOON}, "", id="of the future"),
        pytest.param({"last-modified": NOON}, "", id="no time to compare with"),
        pytest.param({"last-modified": "noon", "date": NOON}, "", id="a date that is none"),
        pytest.param(
            {"last-modified": "Sun, 01 Mar 2026 12:00:00 -0000", "date": A_SECOND_LATER},
            "",
            id="a date without a zone",
        ),
        pytest.param(
            {"last-modified": "Sun, 01 Mar 99999999999999999999 12:00:00 GMT", "date": NOON},
            "",
            id="a year that overflows",
        ),
        pytest.param(
            {"etag": '"abc"', "last-modified": NOON, "date": A_SECOND_LATER},
            '"abc"',
            id="both: the etag",
        ),
        pytest.param(
            {"etag": 'W/"abc"', "last-modified": NOON, "date": A_SECOND_LATER},
            "",
            id="both, of which the etag is weak",
        ),
    ],
)
def test_only_what_names_the_very_bytes_is_a_validator(
    headers: Mapping[str, str], name: str
) -> None:
    assert validator(headers) == name


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        pytest.param({"content-length": "5"}, 5, id="told"),
        pytest.param({"content-length": "0"}, 0, id="empty"),
        pytest.param({}, None, id="not told"),
        pytest.param({"content-length": ""}, None, id="without a value"),
        pytest.param({"content-length": "many"}, None, id="no number"),
        pytest.param({"content-length": "-5"}, None, id="below zero"),
        pytest.param({"content-length": "5.0"}, None, id="a fraction"),
        pytest.param({"content-length": "²"}, None, id="other digits"),
        pytest.param({"content-length": "0" * 17 + "5"}, 5, id="many digits"),
        pytest.param({"content-length": "5, 6"}, None, id="told twice, differently"),
        pytest.param({"content-length": "5, 5"}, 5, id="told twice"),
        pytest.param({"content-length": "5", "transfer-encoding": "chunked"}, None, id="in chunks"),
        pytest.param(
            {"content-length": "5", "transfer-encoding": "gzip, Chunked"}, None, id="in any case"
        ),
        pytest.param(
            {"content-length": "5", "transfer-encoding": "identity"}, 5, id="not in chunks"
        ),
    ],
)
def test_a_length_is_what_a_header_tells_unless_the_body_comes_in_chunks(
    headers: Mapping[str, str], length: int | None
) -> None:
    assert content_length(headers) == length


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_length_of_more_digits_than_any_file_has_is_no_files(digits: int) -> None:
    with pytest.raises(CorruptDownloadError, match=f"a number of {digits} digits"):
        content_length({"content-length": "9" * digits})


@pytest.mark.parametrize(
    ("headers", "chunked"),
    [
        pytest.param({"transfer-encoding": "chunked"}, True, id="chunked"),
        pytest.param({"transfer-encoding": "Chunked"}, True, id="in another case"),
        pytest.param({"transfer-encoding": "identity"}, False, id="as it is"),
        pytest.param({}, False, id="not told"),
    ],
)
def test_a_body_in_chunks_is_told_by_a_header(headers: Mapping[str, str], *, chunked: bool) -> None:
    assert is_chunked(headers) is chunked


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, chunked", "gzip", "chunked ", ""])
def test_a_body_in_an_encoding_that_nothing_undoes_is_refused(coding: str) -> None:
    with pytest.raises(ProtocolError, match=f"Transfer-Encoding '{coding}'"):
        is_chunked({"transfer-encoding": coding})


@pytest.mark.parametrize(
    ("told", "length"),
    [
        pytest.param("bytes */100", 100, id="told"),
        pytest.param("Bytes */0", 0, id="in another case"),
        pytest.param("bytes */*", None, id="unknown"),
        pytest.param("bytes 5-9/100", None, id="a part"),
        pytest.param("items */100", None, id="another unit"),
        pytest.param(f"bytes */{'9' * 19}", None, id="too many digits"),
        pytest.param("", None, id="without a value"),
    ],
)
def test_the_refusal_of_a_range_tells_how_long_the_file_is(told: str, length: int | None) -> None:
    assert length_of_all({"content-range": told}) == length
    assert length_of_all({}) is None


@settings(max_examples=300)
@given(
    name=st.sampled_from(["etag", "last-modified", "date", "content-length", "content-range"]),
    text=st.text(st.characters(max_codepoint=255), max_size=40)
    | st.from_regex(r"[A-Z][a-z]{2}, -?[0-9]{1,30} [A-Z][a-z]{2} [0-9]{1,30} [0-9:]* [-+0-9A-Z]*")
    | st.from_regex(r"bytes [-*0-9]*/[*0-9]*"),
)
def test_whatever_a_header_says_nothing_else_is_raised(name: str, text: str) -> None:
    headers = {"last-modified": NOON, "date": A_SECOND_LATER} | {name: text}
    assert isinstance(validator(headers), str)
    with suppress(CorruptDownloadError):
        assert content_length(headers) is None or text.strip(" ,0123456789") == ""
    assert content_range(headers) is None or "-" in text
    assert isinstance(has_ranges(headers), bool)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        pytest.param("bytes 50-99/100", Range(50, 99, 100), id="the rest"),
        pytest.param("bytes 0-9/100", Range(0, 9, 100), id="the beginning"),
        pytest.param("bytes 50-99/*", Range(50, 99, None), id="of unknown length"),
        pytest.param("bytes 99-99/100", Range(99, 99, 100), id="a single byte"),
        pytest.param("bytes */100", None, id="no place"),
        pytest.param("Bytes 50-99/100", Range(50, 99, 100), id="the unit in another case"),
        pytest.param("BYTES 50-99/*", Range(50, 99, None), id="in capitals"),
        pytest.param("items 50-99/100", None, id="another unit"),
        pytest.param("bytes 50-49/100", None, id="the end before the start"),
        pytest.param("bytes 50-100/100", None, id="past the end"),
        pytest.param("bytes=50-99/100", None, id="another form"),
        pytest.param("bytes 50-99/100 ", None, id="something after it"),
        pytest.param(f"bytes 50-{'9' * 19}/100", None, id="a number of too many digits"),
        pytest.param("bytes ٣-٤/100", None, id="other digits"),
        pytest.param("", None, id="without a value"),
    ],
)
def test_a_range_is_read_in_its_one_form(told: str, found: Range | None) -> None:
    assert content_range({"content-range": told}) == found


def test_without_a_header_there_is_no_range() -> None:
    assert content_range({}) is None


@pytest.mark.parametrize(
    ("told", "ranges"),
    [
        *[("bytes", True), ("Bytes", True), ("items, bytes", True)],
        *[("none", False), ("items", False), ("kilobytes", False), ("", False)],
    ],
)
def test_only_a_server_that_says_so_has_ranges(told: str, *, ranges: bool) -> None:
    assert has_ranges({"accept-ranges": told}) is ranges
    assert has_ranges({}) is False


@pytest.mark.parametrize(
    ("read", "found"),
    [
        pytest.param(validator, '"abc"', id="validator"),
        pytest.param(content_length, 5, id="length"),
        pytest.param(content_range, Range(5, 9, 10), id="range"),
        pytest.param(has_ranges, True, id="ranges"),
    ],
)
def test_headers_of_requests_are_read_in_any_case(
    read: Callable[[Mapping[str, str]], object], found: object
) -> None:
    response = requests.Response()
    response.headers.update(
        {
            "ETag": '"abc"',
            "Content-Length": "5",
            "CONTENT-RANGE": "bytes 5-9/10",
            "Accept-Ranges": "bytes",
        }
    )
    assert read(response.headers) == found
