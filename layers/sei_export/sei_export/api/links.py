"""Where a download's link may lead: home with the key, or elsewhere without it."""

from urllib.parse import urljoin, urlsplit

from sei_export.api.urls import BaseUrl, is_loopback, origin_of
from sei_export.errors import ProtocolError

MAX_REDIRECTS = 5


def needs_key(url: str, base_url: BaseUrl) -> bool:
    """Tell whether a link is the API's own, so that it needs the key and may have it.

    Raises:
        ProtocolError: The link may not be followed at all: it is no URL, or leads elsewhere
            without TLS.
    """
    try:
        owned = base_url.owns(url)
        scheme, host, _ = origin_of(urlsplit(url))
    except ValueError as error:
        raise ProtocolError(f"The download link cannot be followed: {error}.") from None
    if not owned and scheme != "https" and not (base_url.is_loopback and is_loopback(host)):
        raise ProtocolError(f"The download link leads to {host} without TLS.")
    return owned


def shown_link(url: str) -> str:
    """Name a link elsewhere for messages, by its host: a link that opens a file is a secret."""
    scheme, host, _ = origin_of(urlsplit(url))
    return f"{scheme}://{host}/…"


def redirected(url: str, location: str) -> str:
    """Resolve the target of a redirect.

    Raises:
        ProtocolError: It is no URL.
    """
    try:
        return urljoin(url, location)
    except ValueError:
        raise ProtocolError("The download was redirected to what is not a URL.") from None
