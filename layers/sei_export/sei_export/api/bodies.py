"""Reading short bodies whole, and quoting their beginning in messages."""

import requests
from urllib3.exceptions import HTTPError

from sei_export.errors import ProtocolError, ServiceUnavailableError

MAX_BYTES = 4 * 1024 * 1024
"""More than any answer but a file has."""

ASK_HARNESS = "Start a new execution later; check the Harness status page."

_SHOWN_CHARACTERS = 300


def read_whole(response: requests.Response, name: str) -> bytes:
    """Read a body whole.

    Args:
        response: The answer.
        name: The call's name, for messages.

    Raises:
        ServiceUnavailableError: The body broke off.
        ProtocolError: It has more than `MAX_BYTES`.
    """
    try:
        content: bytes = response.raw.read(MAX_BYTES + 1, decode_content=True)
    except (HTTPError, OSError) as error:
        raise ServiceUnavailableError(
            f"{name} broke off: {type(error).__name__}.", remedy=ASK_HARNESS
        ) from None
    if len(content) > MAX_BYTES:
        raise ProtocolError(f"{name} answered with more than {MAX_BYTES} bytes.")
    return content


def excerpt(content: bytes) -> str:
    """Quote the beginning of a body for a message, in one line."""
    text = content[: 4 * _SHOWN_CHARACTERS].decode(errors="replace")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text[:_SHOWN_CHARACTERS] or "(an empty body)"
