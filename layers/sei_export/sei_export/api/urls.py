"""URLs of the API: a base URL with a path prefix, and the links that answers carry.

The base URL's prefix (`/prod1/sei/api/`) is not part of the links in answers, which are
root-relative (`/v2/...`): `urljoin` would lose it.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from sei_export.errors import ConfigurationError, ProtocolError

_PORTS = {"https": 443, "http": 80}

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
"""A host and a port, and nothing that two parsers could read in two ways: for `https://a\\@b/`
urllib has the host b, and urllib3, which connects, has a."""

_BLANKS = re.compile(r"[\s\0-\x1f]+")

_LONGEST_HOST = 253
_LONGEST_LABEL = 63

WRITTEN = "!#$%&'()*+,/:;=?@[]~"
"""Beside letters, digits, `-`, `.` and `_`: what a URL may have as it is. The percent sign is one
of them, since what is encoded already stays byte for byte as it was given."""

_MOST_DECODINGS = 8


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
                credentials, a query, a fragment or dot segments.
        """
        try:
            parts = urlsplit(given.strip())
            origin = origin_of(parts)
        except ValueError as error:
            raise _bad_base_url(given, str(error)) from error
        if parts.query or parts.fragment:
            raise _bad_base_url(given, "it has a query or a fragment")
        if has_dot_segments(parts.path):
            raise _bad_base_url(given, "its path has dot segments")
        if parts.scheme == "http" and not is_loopback(origin[1]):
            raise _bad_base_url(given, "http is allowed for a loopback address only")
        text = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        return cls(written(text), origin)

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
        try:
            link = written(link.strip())
            parts = urlsplit(link)
            if not (parts.scheme or parts.netloc):
                return self._below(link, parts)
            if not parts.scheme:
                link = f"{self.origin[0]}:{link}"
            self.check(link)
        except ValueError as error:
            raise ProtocolError(f"The API's download link is not usable: {error}.") from None
        return link

    def _below(self, link: str, parts: SplitResult) -> str:
        """Append a link without a host to the prefix, unless it has that already."""
        if not parts.path:
            raise ValueError("it has no path")
        prefix = urlsplit(self.text).path
        if parts.path.startswith(f"{prefix}/"):
            link = link.removeprefix(prefix)
        url = self.join(link)
        self.check(url)
        return url

    def check(self, url: str) -> None:
        """Look at a URL before it is followed, or compared with this one.

        Raises:
            ValueError: It is none that can be followed, or has dot segments at the API's own
                origin: a server may walk them out of the prefix.
        """
        parts = urlsplit(url)
        if origin_of(parts) == self.origin and has_dot_segments(parts.path):
            raise ValueError("it has dot segments")

    def owns(self, url: str) -> bool:
        """Whether a URL is the API's own, so that it needs the key and may have it.

        Exactly this scheme, host and port, below this prefix: a signed link elsewhere on the same
        host gets no key either.
        """
        prefix = f"{urlsplit(self.text).path}/"
        try:
            self.check(url)
            parts = urlsplit(url)
            return origin_of(parts) == self.origin and parts.path.startswith(prefix)
        except ValueError:
            return False


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port of an http or https URL.

    Raises:
        ValueError: Another scheme, no host or one that no name can be, a bad port, or credentials.
    """
    if parts.scheme not in _PORTS:
        raise ValueError(f"the scheme {parts.scheme!r} is neither https nor http")
    if not parts.hostname:
        raise ValueError("it has no host")
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("it has credentials, or characters that no host and port have")
    if not _is_name(parts.hostname):
        raise ValueError("its host has an empty part, or one that is too long")
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


def has_dot_segments(path: str) -> bool:
    r"""Tell whether a server may walk a path's `..` or `.`, encoded or not.

    Servers differ: some decode twice, take `\` for `/`, or leave out what follows a `;`, or blanks.
    """
    for _ in range(_MOST_DECODINGS):
        segments = re.split(r"[/\\]", _BLANKS.sub("", path))
        if any(segment.partition(";")[0] in {".", ".."} for segment in segments):
            return True
        decoded = unquote(path)
        if decoded == path:
            return False
        path = decoded
    return True


def written(url: str) -> str:
    """Encode what no URL may have, such as blanks and letters that are not ASCII; nothing else."""
    return quote(url, safe=WRITTEN, errors="surrogatepass")


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Add the parameters that a URL does not carry; what it has stays as it is."""
    url = url.partition("#")[0]
    query = urlsplit(url).query
    present = parse_qs(query, keep_blank_values=True)
    missing = {name: value for name, value in parameters.items() if name not in present}
    if not missing:
        return url
    separator = "&" if query else "" if url.endswith("?") else "?"
    return f"{url}{separator}{urlencode(missing)}"


def without_query(url: str) -> str:
    """The URL for messages: a query may be a signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"


def _is_name(host: str) -> bool:
    """Tell whether a host can be asked for: urllib3 and Python's own codec refuse others."""
    labels = host.removesuffix(".").split(".")
    return len(host) <= _LONGEST_HOST and all(0 < len(it) <= _LONGEST_LABEL for it in labels)


def _bad_base_url(given: str, reason: str) -> ConfigurationError:
    shown = given.rpartition("@")[2][:120]
    return ConfigurationError(
        f"The parameter HarnessBaseUrl is {shown!r}: {reason}.",
        remedy="Give the API's base URL, such as https://app.harness.io/prod1/sei/api/.",
    )
