"""What fits into a state and an event, which hold 256 KiB, of what may be long."""

import hashlib
import json
from collections.abc import Iterable

from sei_export.jsontypes import JsonObject, JsonValue

MAX_NAMES = 100
MAX_NAMES_BYTES = 16 * 1024
"""Of the first columns, in an output and an event."""

MAX_REQUEST_BYTES = 96 * 1024
"""Of a request, in an output and an event; a longer one is in the manifest alone."""

MAX_WARNINGS_BYTES = 64 * 1024
"""Of a batch's warnings, in an output and an event; all are in the manifest."""


def first_of(names: Iterable[str]) -> Iterable[str]:
    """The first names, as many as fit, each of them whole."""
    left = MAX_NAMES_BYTES
    for name, _ in zip(names, range(MAX_NAMES), strict=False):
        left -= size_of(name)
        if left < 0:
            return
        yield name


def first_fitting(values: Iterable[JsonObject], most: int) -> list[JsonValue]:
    """The first objects, as many as fit into so many bytes, each of them whole."""
    left = most
    found: list[JsonValue] = []
    for value in values:
        left -= size_of(value)
        if left < 0:
            break
        found.append(value)
    return found


def size_of(value: JsonValue) -> int:
    """The most bytes that a value takes as JSON, whoever writes it."""
    return len(json.dumps(value)) + len(", ")


def digest_of(names: Iterable[str]) -> str:
    """SHA-256 of a list of names as JSON without spaces, which all languages write alike."""
    text = json.dumps(list(names), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
