"""Errors that are sent as files, and what a message quotes of them."""

import pytest

from sei_export.errors import CorruptDownloadError
from sei_export.landing.csvcheck import CsvInspector
from sei_export.landing.headers import check_header
from sei_export.masking import Mask

KEY = "pat.acc/ount.01=="


def _check(content: bytes, size: int = 1000, key: str = "") -> None:
    inspector = CsvInspector(Mask(key))
    for at in range(0, len(content), size):
        inspector.feed(content[at : at + size])
    check_header(inspector.finish())


@pytest.mark.parametrize(
    "text",
    [
        "Invalid api key, xyz",
        "Invalid api key, xyz\n",
        "Internal error, please try again later",
        "upstream request timeout, reset before headers\n",
        "Something odd, nobody knows what",
        "unauthorized\n",
        "Rate limited",
    ],
)
def test_given_one_line_of_text_then_it_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(CorruptDownloadError, match=r"The file is not CSV: .* It says: ") as caught:
        _check(text.encode())
    assert text.strip() in caught.value.message


@pytest.mark.parametrize(
    "said",
    [
        *["an error", "invalid", "unauthorized", "unauthorised", "forbidden", "denied", "expired"],
        *["it failed", "not found", "an exception", "a timeout", "it timed out", "unavailable"],
        *["try again", "bad request", "too many requests", "not allowed", "sign in", "log in"],
        *["no api key", "UNAUTHORIZED", "Too Many Requests"],
    ],
)
def test_given_a_line_that_says_of_an_error_then_it_is_no_header(said: str) -> None:
    with pytest.raises(CorruptDownloadError, match="one line of text, which is no header"):
        _check(f"The answer: {said}, see the manual\n".encode())


# As the pages on the API and the examples there have them; any one of them is enough.
@pytest.mark.parametrize(
    "name",
    [
        *["Granularity", "Team", "Team_Hierarchy", "Start_Date", "End_Date", "Collection Name"],
        *["CODING_DAYS", "PR_CYCLE_TIME_DAYS_AVG", "AVG_TIME_TO_COMPLETE", "PR_VELOCITY"],
        *["PR_MERGED", "PR_MERGED_SMALL", "PR_MERGED_MEDIUM", "PR_MERGED_LARGE", "LOC_ADDED"],
        *["LOC_REMOVED", "LOC_TOTAL", "LOC_REFACTORED", "LOC_REFACTORED_RECENT"],
        *["LOC_REFACTORED_LEGACY", "WORK_COMPLETED", "WORK_FEATURES_COMPLETED"],
        *["WORK_BUGS_COMPLETED", "WORK_OTHER_COMPLETED", "REWORK_PERCENT"],
        *["REWORK_PERCENT_RECENT", "REWORK_PERCENT_LEGACY", "PR_MISSING_TICKETS"],
        *["REVIEW_COMMENTS_PER_PR_AVG", "REVIEW_TIME_TO_FIRST_COMMENT_HRS_AVG", "coding_days"],
    ],
)
def test_given_a_column_that_harness_documents_then_a_line_is_a_header(name: str) -> None:
    _check(f"Error Budget,{name}".encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Granularity,Team,Team_Hierarchy,Start_Date,End_Date,KTLO_story_points",
        b"Collection Name,Lead Time for Changes (mean),Lead Time for Changes Rating\n",
        b"Developer,CODING_DAYS,Error Budget\n",
        b"Anything,Else\n",
        b"Invalid api key, xyz\n1,2\n",
    ],
    ids=["nothing", "alignment", "legacy", "productivity", "an unknown header", "with rows"],
)
def test_given_a_header_or_rows_then_the_file_passes(content: bytes) -> None:
    _check(content)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "content",
    [
        f"a,b\n1,{KEY}\n".encode(),
        b"a,b\n1," + KEY.replace("/", "\\/").encode() + b"\n",
        b"a,b\n1,pat.acc%2Fount.01%3D%3D\n",
        b"x" * 300 + f",b\n1,{KEY}".encode(),
    ],
    ids=["as it is", "as JSON escapes it", "as a URL escapes it", "late"],
)
def test_given_a_file_that_has_the_key_in_it_then_it_is_refused(content: bytes, size: int) -> None:
    with pytest.raises(CorruptDownloadError, match="has the API key in it") as caught:
        _check(content, size, KEY)
    assert "pat.acc" not in str(caught.value)


@pytest.mark.parametrize("size", [1, 1000])
def test_given_a_file_with_all_characters_of_the_key_but_not_the_key_then_it_passes(
    size: int,
) -> None:
    _check(f"a,b\n1,{KEY[::-1]}\n2,{KEY[1:]}\n3,{KEY[:-1]}\n".encode(), size, KEY)


@pytest.mark.parametrize(
    "content",
    [
        f"<html>unauthorized ApiKey {KEY}</html>".encode(),
        (b"<p>" + b"x" * 190 + KEY.encode()),
        f'{{"error": "bad key {KEY}"}}'.encode(),
        f"unauthorized ApiKey {KEY}".encode(),
        f"unauthorized, ApiKey {KEY}".encode(),
    ],
    ids=["a page", "where the quote is cut", "json", "text", "text with a comma"],
)
@pytest.mark.parametrize("size", [1, 200, 1000])
def test_given_a_body_that_repeats_the_key_then_no_message_has_any_of_it(
    content: bytes, size: int
) -> None:
    with pytest.raises(CorruptDownloadError) as caught:
        _check(content, size, KEY)
    assert "pat.acc" not in str(caught.value)


def test_a_quote_is_short_and_in_one_line() -> None:
    with pytest.raises(CorruptDownloadError) as caught:
        _check(b"<html>\n\x1b[31m" + "é".encode() * 1000)
    said = caught.value.message.partition("It says: ")[2]
    assert said.startswith("<html>\\n\\x1b[31m\\xe9")
    assert said.isprintable()
    assert len(said) < 1000


@pytest.mark.parametrize("size", [1, 1000])
def test_given_two_byte_order_marks_then_the_file_is_refused(size: int) -> None:
    with pytest.raises(CorruptDownloadError, match="two byte order marks"):
        _check(b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n", size)


def test_given_a_key_that_is_sent_only_when_the_file_is_opened_then_it_is_found() -> None:
    mask = Mask()
    inspector = CsvInspector(mask)
    mask.learn(KEY)
    with pytest.raises(CorruptDownloadError, match="has the API key in it"):
        inspector.feed(f"a,b\n1,{KEY}\n".encode())


def test_given_a_key_that_is_learned_while_it_passes_then_it_is_found() -> None:
    mask = Mask()
    inspector = CsvInspector(mask)
    inspector.feed(b"a,b\n1," + KEY[:9].encode())
    mask.learn(KEY)
    with pytest.raises(CorruptDownloadError, match="has the API key in it"):
        inspector.feed(KEY[9:].encode() + b"\n")


def test_given_a_long_key_of_escapes_then_no_message_has_any_of_it() -> None:
    key = "pat." + "k3y" * 250
    escaped = "".join(f"\\u{ord(character):04x}" for character in key)
    with pytest.raises(CorruptDownloadError) as caught:
        _check(f"<html>{escaped}</html>".encode(), 10_000, key)
    assert caught.value.message.endswith("<html>***</html>")
