r"""Hides a secret wherever a text or a body is quoted: in messages, logs and events.

An API that repeats the key rarely does so as it got it: JSON may have `\/` or `\u003d`, a gateway
`%2F`, a page `&#x2F;`, a log the Base64 of a whole header. So a text is not searched for a list of
forms. It is decoded step by step, and at each step its letters and digits are compared with those
of the secret: what was escaped, left out, doubled or put between them does not matter.
"""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple
from urllib.parse import quote

from sei_export.jsontypes import JsonValue

SHOWN = "***"
_LEAST_TOLD = 3
"""So many characters of a secret's beginning tell nothing: every key begins with some of them."""

_ESCAPE = re.compile(
    r"""
      \\+u\{?0*([0-9a-f]{2})\}? | \\+x([0-9a-f]{2}) | %(?:u00)?([0-9a-f]{2}) | =([0-9a-f]{2})
    | \\+([01][0-7]{2})
    | (&(?:\#[0-9]{1,4}|\#x[0-9a-f]{1,4}|[a-z]{2,20});?)
    | \\+[abfnrtv]
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OCTAL, _ENTITY = 5, 6

_MOST_STEPS = 12
"""Of decoding. Each makes the text shorter; nobody encodes a key so often."""

_LEAST_ENCODED = 8
"""Letters and digits of a secret that is also looked for in Base64 and in hexadecimal digits: parts
of a shorter one would be found by chance."""

_LONGEST = 64 * 1024
"""Characters of a text that is shown in part; a longer one that has a secret is hidden whole."""

_ALNUM = frozenset(ascii_letters + digits)
_OTHERS = re.compile(r"[^A-Za-z0-9]+")
_BASE64 = _ALNUM | frozenset("+/=_-")
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

type _Spans = list[tuple[int, int]]
"""Where each character of a decoded text began and ended in the original."""


class _Needle(NamedTuple):
    """What is looked for: a secret, or a secret encoded as a whole.

    Attributes:
        bare: Its letters and digits, in lower case.
        around: Characters that belong to it where they stand right before it or behind it.
    """

    bare: str
    around: frozenset[str]


class Mask:
    """Hides secrets, in every form in which an answer may repeat them.

    Args:
        secrets: Those that are known from the beginning.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets: dict[str, None] = {}
        self._needles: dict[_Needle, None] = {}
        self._forms: tuple[bytes, ...] = ()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Hide one more secret from now on, such as the key that replaced another.

        Nothing is hidden of an empty one, or of one without letters and digits.
        """
        if secret not in self._secrets and _bare(secret):
            self._secrets[secret] = None
            self._needles.update(dict.fromkeys(_needles(secret)))
            forms = (form.encode() for form in _written(secret))
            self._forms = tuple(dict.fromkeys((*self._forms, *forms)))

    @property
    def forms(self) -> tuple[bytes, ...]:
        """The secrets' likeliest forms as bytes, to be looked for in a body that is a file."""
        return self._forms

    def hide(self, text: str) -> str:
        """Replace the secrets by three stars."""
        if not self._is_in(text):
            return text
        if len(text) > _LONGEST:
            return SHOWN
        shown: list[str] = []
        shown_to = 0
        for start, end in sorted(self._found(text)):
            if start >= shown_to:
                shown += (text[shown_to:start], SHOWN)
            shown_to = max(shown_to, end)
        return "".join([*shown, text[shown_to:]])

    def hide_cut(self, text: str) -> str:
        """Replace the secrets, also one of which the text has only the beginning, at its end."""
        text = self.hide(text)
        for form in (form.decode() for form in self.forms):
            for length in range(len(form) - 1, _LEAST_TOLD, -1):
                if text.endswith(form[:length]):
                    return text[:-length] + SHOWN
        return text

    def hide_in(self, value: JsonValue) -> JsonValue:
        """Replace the secrets in all texts of a JSON value, names of fields included."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, list):
            return [self.hide_in(item) for item in value]
        if isinstance(value, dict):
            return {self.hide(name): self.hide_in(item) for name, item in value.items()}
        return value

    def _is_in(self, text: str) -> bool:
        """Tell whether a text has a secret; quick where it has none, as most texts."""
        for _ in range(_MOST_STEPS):
            if all(len(needle.bare) > len(text) for needle in self._needles):
                return False
            bare = _bare(text)
            if any(needle.bare in bare for needle in self._needles):
                return True
            decoded = _ESCAPE.sub(_meant, text)
            if decoded == text:
                return False
            text = decoded
        return False

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Find where the text has a secret, at any step of its decoding."""
        spans: _Spans = [(at, at + 1) for at in range(len(text))]
        for _ in range(_MOST_STEPS):
            places = [at for at, character in enumerate(text) if character in _ALNUM]
            bare = "".join([text[at] for at in places]).translate(_LOWER)
            for needle in self._needles:
                for at in _occurrences(needle.bare, bare):
                    first, last = places[at], places[at + len(needle.bare) - 1]
                    while first > 0 and text[first - 1] in needle.around:
                        first -= 1
                    while last + 1 < len(text) and text[last + 1] in needle.around:
                        last += 1
                    yield spans[first][0], spans[last][1]
            decoded, spans = _decoded(text, spans)
            if decoded == text:
                return
            text = decoded


def _needles(secret: str) -> Iterator[_Needle]:
    bare = _bare(secret)
    yield _Needle(bare, frozenset(secret) - _ALNUM)
    decoded = _bare(_ESCAPE.sub(_meant, secret))
    if decoded not in {"", bare}:
        # A server may repeat what it made of the key by decoding it.
        yield _Needle(decoded, frozenset(secret) - _ALNUM)
    if len(bare) >= _LEAST_ENCODED:
        yield _Needle(secret.encode().hex(), frozenset())
        for skipped in range(3):
            # The bytes before it decide which of three forms it has; what its first and last
            # digits are depends on what stands there.
            digits64 = b64encode(bytes(skipped) + secret.encode()).decode().rstrip("=")
            yield _Needle(_bare(digits64[4 if skipped else 0 : -1]), _BASE64)


def _bare(text: str) -> str:
    return _OTHERS.sub("", text).translate(_LOWER)


def _occurrences(needle: str, text: str) -> Iterator[int]:
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def _decoded(text: str, spans: _Spans) -> tuple[str, _Spans]:
    """Decode one step: each escape once."""
    pieces: list[str] = []
    left: _Spans = []
    done = 0
    for escape in _ESCAPE.finditer(text):
        start, end = escape.span()
        pieces.append(text[done:start])
        left += spans[done:start]
        done = end
        meant = _meant(escape)
        pieces.append(meant)
        left += [(spans[start][0], spans[end - 1][1])] * len(meant)
    pieces.append(text[done:])
    left += spans[done:]
    return "".join(pieces), left


def _meant(escape: re.Match[str]) -> str:
    """What an escape stands for."""
    group = escape.lastindex
    if group is None:
        return " "
    if group == _ENTITY:
        return html.unescape(escape[0])
    return chr(int(escape[group], 8 if group == _OCTAL else 16))


def _written(secret: str) -> Iterator[str]:
    """Write a secret as JSON, URLs and pages have it."""
    quoted = quote(secret, safe="")
    yield from (secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), html.escape(secret))
    yield from (quoted, re.sub("%..", lambda escape: escape[0].lower(), quoted))
    # As some libraries write JSON that may stand in a page.
    yield re.sub("[=&<>']", lambda character: f"\\u{ord(character[0]):04x}", secret)
