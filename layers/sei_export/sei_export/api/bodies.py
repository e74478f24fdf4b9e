"""Reading short bodies whole, and quoting their beginning in messages."""

import json

import requests

from sei_export.api.faults import ASK_HARNESS, FAULTS, failure_of
from sei_export.api.watchdog import Watchdog
from sei_export.clock import Deadline
from sei_export.errors import ProtocolError, ServiceUnavailableError
from sei_export.masking import Mask

MAX_BYTES = 4 * 1024 * 1024
"""More than any answer but a file has."""

_LEAST_SECONDS = 1.0
_SHOWN_CHARACTERS = 300
_LOOK_BYTES = 64 * 1024
_LOOK_CHARACTERS = 16 * 1024
"""Of these the first are shown, once the key is hidden: however it is written, a key that begins
among those ends here."""


def read_whole(response: requests.Response, name: str, deadline: Deadline) -> bytes:
    """Read a body whole.

    Args:
        response: The answer.
        name: The call's name, for messages.
        deadline: By when it has to be read, also where a byte comes now and then.

    Raises:
        ServiceUnavailableError: The body broke off, or did not end in time.
        ProtocolError: It has more than `MAX_BYTES`, or is no HTTP.
    """
    watchdog = Watchdog()
    # What is here already can be read, however late it is.
    until = Deadline.after(max(deadline.left(), _LEAST_SECONDS), deadline.clock)
    try:
        with watchdog.over(response.raw, until):
            content: bytes = response.raw.read(MAX_BYTES + 1, decode_content=True)
    except FAULTS as fault:
        if watchdog.has_barked:
            raise _too_slow(name) from None
        raise failure_of(fault, name, "broke off") from None
    if watchdog.has_barked:
        raise _too_slow(name)
    if len(content) > MAX_BYTES:
        raise ProtocolError(f"{name} answered with more than {MAX_BYTES} bytes.")
    return content


def _too_slow(name: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"{name} did not answer in full while there was time.", remedy=ASK_HARNESS
    )


def excerpt(content: bytes, mask: Mask) -> str:
    """Quote the beginning of a body for a message, in one line and without the key."""
    # As `json.loads` reads it: a text in UTF-16 has a zero between the key's letters.
    text = content[:_LOOK_BYTES].decode(json.detect_encoding(content), errors="replace")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(content) > _LOOK_BYTES:
        # What is cut may be half a key.
        text = text.rpartition(" ")[0] or text
    return mask.hide(text[:_LOOK_CHARACTERS])[:_SHOWN_CHARACTERS] or "(an empty body)"
