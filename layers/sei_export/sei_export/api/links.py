"""Where a download's link may lead: home with the key, or elsewhere without it."""

import re
from http import HTTPStatus
from urllib.parse import quote, urljoin, urlsplit

from sei_export.api.urls import WRITTEN, BaseUrl, is_loopback, origin_of
from sei_export.errors import ProtocolError

MAX_REDIRECTS = 5

_LEFT_TO_THE_CALLER = frozenset({404, 410, 416})
"""Of the refusals: what they mean depends on what was asked for."""

_TOLD = re.compile(r"<(Code|Message)>([^<]{1,200})</\1>")
"""What a storage tells in its XML. The rest is not quoted: it may have parts of the signature."""

_REMEDY = (
    "Start a new execution: each try asks the API for a fresh link, since one may expire. If it "
    "repeats, download the export in the Harness UI and compare."
)


def needs_key(url: str, base_url: BaseUrl) -> bool:
    """Tell whether a link is the API's own, so that it needs the key and may have it.

    Raises:
        ProtocolError: The link may not be followed at all: it is no URL, has dot segments, or
            leads elsewhere without TLS.
    """
    try:
        base_url.check(url)
        scheme, host, _ = origin_of(urlsplit(url))
    except ValueError as error:
        raise ProtocolError(f"The download link cannot be followed: {error}.") from None
    owned = base_url.owns(url)
    if not owned and scheme != "https" and not (base_url.is_loopback and is_loopback(host)):
        raise ProtocolError(f"The download link leads to {host} without TLS.")
    return owned


def shown_link(url: str) -> str:
    """Name a link elsewhere for messages, by its host: a link that opens a file is a secret."""
    scheme, host, _ = origin_of(urlsplit(url))
    return f"{scheme}://{host}/…"


def location_of(header: str) -> str:
    """Read the header Location, of which HTTP libraries make Latin-1.

    What is no URL's is encoded byte by byte: the same as requests' own reading as UTF-8, which
    fails on other bytes.
    """
    return quote(header.strip().encode("latin-1", errors="replace"), safe=WRITTEN)


def redirected(url: str, location: str, base_url: BaseUrl) -> tuple[str, ...]:
    """Resolve the target of a redirect.

    The API's links begin below the base URL's prefix. A redirect that has a path alone may do so,
    too, or be meant as HTTP means it.

    Returns:
        Where it may lead: the second only counts where the first has nothing.

    Raises:
        ProtocolError: It is no URL.
    """
    try:
        parts = urlsplit(location)
        # As it was given: joining would write it anew.
        target = location if parts.scheme and parts.netloc else urljoin(url, location)
    except ValueError:
        raise ProtocolError("The download was redirected to what is not a URL.") from None
    is_path = location.startswith("/") and not location.startswith("//")
    if is_path and base_url.owns(url) and not base_url.owns(target):
        return target, base_url.join(location)
    return (target,)


def is_refusal(status: int) -> bool:
    """Tell whether a host elsewhere refuses a link, and no caller knows better what that means."""
    return status >= HTTPStatus.BAD_REQUEST and status not in _LEFT_TO_THE_CALLER


def refused_elsewhere(url: str, status: int, body: str) -> ProtocolError:
    """Make the error for a link that a host elsewhere refuses; no key is to blame."""
    told = ": ".join(text for _, text in _TOLD.findall(body))
    return ProtocolError(
        f"The link to the file, at {shown_link(url)}, was refused with {status}"
        f"{f': {told}' if told else ''}.",
        remedy=_REMEDY,
    )


def refused_at_home(name: str, status: int, text: str) -> ProtocolError:
    """Make the error for a file that the API refuses to a key that it takes for other calls."""
    return ProtocolError(
        f"{name}, the link to the file, was refused with {status}, though the API has just taken "
        f"the same key: {text}",
        remedy=_REMEDY,
    )
