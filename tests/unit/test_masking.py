"""A secret that an answer repeats is hidden, however the answer writes it."""

import base64
import html
import json
import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.masking import Mask

if TYPE_CHECKING:
    from sei_export.jsontypes import JsonValue

KEYS = {
    "plain": "pat.22.24a20e.0123456789abcdef",
    "slashes": "AKIA/bPxRfiCYEXAMPLEKEY/K7MDENG",
    "base64": "c2VpLWV4cG9ydGVyLWtleS0wMTIz==",
    "signs": "k3y+with/all~of=them&more_-.0123<'>\\x",
}


def _each(form: str) -> Callable[[str], str]:
    return lambda key: "".join(form.format(ord(character)) for character in key)


def _twice(form: Callable[[str], str]) -> Callable[[str], str]:
    return lambda key: form(form(key))


def _in_json(key: str) -> str:
    return json.dumps(key)[1:-1]


def _slashes(key: str) -> str:
    return key.replace("/", "\\/").replace("=", "\\u003d")


def _quoted(key: str) -> str:
    return urllib.parse.quote(key, safe="")


def _header_in_base64(name: str) -> Callable[[str], str]:
    return lambda key: base64.b64encode(f"{name}{key}, 1".encode()).decode()


ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "JSON": _in_json,
    "JSON in JSON": _twice(_in_json),
    "JSON in JSON in JSON": _twice(_twice(_in_json)),
    "escaped slash": lambda key: key.replace("/", "\\/"),
    "escaped slash in JSON": lambda key: _in_json(key.replace("/", "\\/")),
    "safe for a page": _slashes,
    "safe for a page, in JSON": lambda key: _in_json(_slashes(key)),
    "unicode escapes": _each("\\u{:04x}"),
    "unicode escapes in capitals": _each("\\u{:04X}"),
    "unicode escapes with braces": _each("\\u{{{:x}}}"),
    "hexadecimal escapes": _each("\\x{:02x}"),
    "octal escapes": _each("\\{:03o}"),
    "percent": _quoted,
    "percent in small letters": lambda key: _quoted(key).lower(),
    "percent twice": _twice(_quoted),
    "percent, all of it": _each("%{:02X}"),
    "percent as JavaScript's escape": _each("%u{:04x}"),
    "a form's field": urllib.parse.quote_plus,
    "decoded as a form's field": urllib.parse.unquote_plus,
    "decoded as a path": urllib.parse.unquote,
    "page": html.escape,
    "page twice": _twice(html.escape),
    "entities": _each("&#{};"),
    "entities with zeros": _each("&#{:04d};"),
    "hexadecimal entities": _each("&#x{:x};"),
    "hexadecimal entities in capitals": _each("&#X{:X};"),
    "named entities": lambda key: key.replace("/", "&sol;").replace("=", "&equals;"),
    "entities in JSON": lambda key: _in_json(_each("&#{};")(key)),
    "percent in JSON in a page": lambda key: html.escape(_slashes(_quoted(key))),
    "quoted-printable": _each("={:02X}"),
    "Python's bytes": lambda key: repr(key.encode()),
    "header in Base64": _header_in_base64(""),
    "header in Base64, one byte later": _header_in_base64("A"),
    "header in Base64, two bytes later": _header_in_base64("Ap"),
    "header in Base64 for URLs": lambda key: (
        base64.urlsafe_b64encode(f"ApiKey {key}".encode()).decode().rstrip("=")
    ),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal in capitals": lambda key: key.encode().hex(" ").upper(),
    "broken over lines": lambda key: f"{key[:12]}\r\n\t{key[12:]}",
    "broken over lines in JSON": lambda key: _in_json(f"{key[:12]}\r\n\t{key[12:]}"),
    "with soft hyphens": "\u00ad".join,
    "with no bytes": "\0".join,
    "with blanks": " ".join,
    "in quotation marks": lambda key: f'\\"{key}\\"',
}


def _left_of(echo: str, seen: str) -> list[str]:
    """Pieces of the echo, four characters each, that can be seen; signs alone tell nothing."""
    pieces = [echo[at : at + 4] for at in range(len(echo) - 3)]
    return [piece for piece in pieces if piece in seen and any(map(str.isalnum, piece))]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_secret_is_hidden_in_every_form(echo: Callable[[str], str], key: str) -> None:
    written = echo(key)
    hidden = Mask(key).hide(f"Invalid token: {written} (ZZ)")
    assert hidden.startswith("Invalid token: ")
    assert hidden.endswith(" (ZZ)")
    assert "***" in hidden
    seen = hidden.removeprefix("Invalid token: ").removesuffix(" (ZZ)")
    assert len(seen) <= len("b'***") + 5
    assert _left_of(written, seen) == []


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_every_place_of_a_secret_is_hidden(key: str) -> None:
    text = f"{key} and {_quoted(key)}, then {key}, {key}"
    assert Mask(key).hide(text) == "*** and ***, then ***, ***"


def test_two_secrets_are_both_hidden_also_the_one_learnt_later() -> None:
    mask = Mask("pat.old.0123456789")
    mask.learn("pat.new.0123456789")
    mask.learn("pat.new.0123456789")
    assert mask.hide("pat.old.0123456789 or pat.new.0123456789") == "*** or ***"
    assert mask.forms == (b"pat.old.0123456789", b"pat.new.0123456789")


@pytest.mark.parametrize("secrets", [(), ("",), ("==",)], ids=["none", "empty", "only signs"])
def test_nothing_is_hidden_of_no_secret(secrets: tuple[str, ...]) -> None:
    text = "a == b, 100 % of it & more"
    assert Mask(*secrets).hide(text) == text
    assert Mask("").forms == ()


@given(st.text(alphabet="abc%&=\\\\ux0123;#+/", max_size=200))
def test_a_text_without_the_secret_stays_as_it_is(text: str) -> None:
    assert Mask("pat.z9-zyxwvut").hide(text) == text


@given(
    st.text(alphabet="Qq/=+-._&%", min_size=1, max_size=20).filter(lambda it: "q" in it.lower()),
    st.sampled_from(sorted(ECHOES)),
)
def test_no_form_of_any_key_can_be_read_afterwards(middle: str, form: str) -> None:
    key = f"pat.0123{middle}abcdefgh"
    hidden = Mask(key).hide(f"<{ECHOES[form](key)}>")
    for decode in (str, urllib.parse.unquote, html.unescape, _unescaped):
        assert key.lower() not in decode(hidden).lower()


def _unescaped(text: str) -> str:
    return text.replace("\\/", "/").replace("\\u003d", "=")


def test_in_a_json_value_texts_and_names_are_masked_and_nothing_else_changes() -> None:
    key = KEYS["slashes"]
    value: JsonValue = {"a": [f"bad {key}", 1, None, True, 2.5], key: {"b": _quoted(key)}, "c": ""}
    masked = {"a": ["bad ***", 1, None, True, 2.5], "***": {"b": "***"}, "c": ""}
    assert Mask(key).hide_in(value) == masked


def test_a_huge_text_that_has_the_secret_is_hidden_whole() -> None:
    key = KEYS["plain"]
    assert Mask(key).hide("a" * 4_000_000) == "a" * 4_000_000
    assert Mask(key).hide("a" * 100_000 + _quoted(key)) == "***"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        pytest.param("abcdefgh12", "abcdefgh12", id="letters and digits alone"),
        pytest.param("/abcdefgh12/", "/abcdefgh12/", id="signs at both ends"),
        pytest.param("aaaa", "aaaaa", id="one that overlaps itself"),
        pytest.param(
            "abcd1234", "6162636431323334", id="as short as is looked for in other digits"
        ),
    ],
)
def test_a_text_that_is_nothing_but_the_secret_is_hidden_whole(secret: str, text: str) -> None:
    assert Mask(secret).hide(text) == "***"


def test_a_secret_at_the_beginning_is_hidden_whatever_the_text_ends_with() -> None:
    assert Mask("abcdefgh12=").hide("abcdefgh12= is x=") == "*** is x="


@pytest.mark.parametrize("echo", ["header in Base64", "hexadecimal"])
def test_a_short_secret_is_not_looked_for_in_other_digits_where_chance_has_it(echo: str) -> None:
    text = ECHOES[echo]("abc1234")
    assert Mask("abc1234").hide(text) == text


# --- a text that is cut ---


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("written", [str, _quoted, html.escape, _in_json])
def test_given_a_text_that_is_cut_in_a_secret_then_what_is_there_of_it_is_hidden(
    key: str, written: Callable[[str], str]
) -> None:
    whole = f"bad key {written(key)}"
    for end in range(len("bad key ") + 4, len(whole)):
        # Of a form that is escaped at the cut, half an escape may be left.
        assert key[:4] not in Mask(key).hide_cut(whole[:end])
        assert Mask(key).hide_cut(whole[:end]).startswith("bad key ***")
    assert Mask(key).hide_cut(f"{whole} is bad") == "bad key *** is bad"


@pytest.mark.parametrize("length", [0, 1, 3])
def test_given_a_text_that_ends_as_any_key_may_begin_then_it_stays(length: int) -> None:
    text = f"bad key {KEYS['plain'][:length]}"
    assert Mask(KEYS["plain"]).hide_cut(text) == text


@pytest.mark.parametrize(
    ("key", "form"),
    [
        pytest.param("a/b0123456", b"a\\/b0123456", id="JSON's slash"),
        pytest.param("ab012345==", b"ab012345\\u003d\\u003d", id="JSON for pages"),
        pytest.param("a/b0123456", b"a%2Fb0123456", id="percent"),
        pytest.param("a/b0123456", b"a%2fb0123456", id="percent in small letters"),
        pytest.param('a"b&0123456', b"a&quot;b&amp;0123456", id="page"),
        pytest.param('a"b0123456', b'a\\"b0123456', id="JSON"),
    ],
)
def test_the_likely_forms_are_given_as_bytes(key: str, form: bytes) -> None:
    assert key.encode() in Mask(key).forms
    assert form in Mask(key).forms
