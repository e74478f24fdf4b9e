"""URLs of the API: a base URL with a path prefix, and the links that answers carry.

The base URL's prefix (`/prod1/sei/api/`) is not part of the links in answers, which are
root-relative (`/v2/...`): `urljoin` would lose it.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sei_export.errors import ConfigurationError, ProtocolError

_PORTS = {"https": 443, "http": 80}

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
"""A host and a port, and nothing that two parsers could read in two ways: for `https://a\\@b/`
urllib has the host b, and urllib3, which connects, has a."""


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """The API's base URL, without a trailing slash.

    Attributes:
        text: Such as `https://app.harness.io/prod1/sei/api`.
        origin: Scheme, host and port: the only place that the API key is sent to.
    """

    text: str
    origin: tuple[str, str, int]

    @classmethod
    def parse(cls, given: str) -> "BaseUrl":
        """Check and normalize it.

        Raises:
            ConfigurationError: Not an https URL (http is for loopback only), or it has
                credentials, a query or a fragment.
        """
        try:
            parts = urlsplit(given.strip())
            origin = origin_of(parts)
        except ValueError as error:
            raise _bad_base_url(given, str(error)) from error
        if parts.query or parts.fragment:
            raise _bad_base_url(given, "it has a query or a fragment")
        if parts.scheme == "http" and not is_loopback(origin[1]):
            raise _bad_base_url(given, "http is allowed for a loopback address only")
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", origin)

    @property
    def is_loopback(self) -> bool:
        """Whether it is a simulator on this machine."""
        return is_loopback(self.origin[1])

    def join(self, path: str) -> str:
        """Append an API path such as `v2/insights/...` to the prefix."""
        return f"{self.text}/{path.lstrip('/')}"

    def resolve(self, link: str) -> str:
        """Turn a link from an answer into a URL: absolute as it is, else under the prefix.

        Raises:
            ProtocolError: Not a usable link.
        """
        link = link.strip()
        try:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if not parts.scheme:
                    link = f"{self.origin[0]}:{link}"
                origin_of(urlsplit(link))
                return link
        except ValueError as error:
            raise ProtocolError(f"The API's download link is not usable: {error}.") from error
        if not parts.path:
            raise ProtocolError("The API's download link has no path.")
        prefix = urlsplit(self.text).path
        if parts.path.startswith(f"{prefix}/"):
            link = link.removeprefix(prefix)
        return self.join(link)

    def owns(self, url: str) -> bool:
        """Whether a URL is the API's own, so that it needs the key and may have it.

        Exactly this scheme, host and port, below this prefix: a signed link elsewhere on the same
        host gets no key either.
        """
        prefix = f"{urlsplit(self.text).path}/"
        try:
            parts = urlsplit(url)
            return origin_of(parts) == self.origin and parts.path.startswith(prefix)
        except ValueError:
            return False


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port of an http or https URL.

    Raises:
        ValueError: Another scheme, no host, a bad port, or credentials.
    """
    if parts.scheme not in _PORTS:
        raise ValueError(f"the scheme {parts.scheme!r} is neither https nor http")
    if not parts.hostname:
        raise ValueError("it has no host")
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("it has credentials, or characters that no host and port have")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    return parts.scheme, parts.hostname, port


def is_loopback(host: str) -> bool:
    """Whether a host name or literal address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def without_query(url: str) -> str:
    """The URL for messages: a query may be a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"


def _bad_base_url(given: str, reason: str) -> ConfigurationError:
    shown = given.rsplit("@", maxsplit=1)[-1][:120]
    return ConfigurationError(
        f"The parameter HarnessBaseUrl is {shown!r}: {reason}.",
        remedy="Give the API's base URL, such as https://app.harness.io/prod1/sei/api/.",
    )
