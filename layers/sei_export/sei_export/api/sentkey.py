"""The API key in use: read when a call needs it, sent in a header, hidden in what is quoted."""

from enum import StrEnum
from typing import Protocol

from sei_export.errors import ConfigurationError
from sei_export.masking import Mask


class KeyHeader(StrEnum):
    """The header that carries the key: `ApiKey <key>` in the first, the key alone in the other.

    The second is what an older page documents; a parameter of the stack chooses.
    """

    AUTHORIZATION = "Authorization"
    SEI_API_KEY = "SEI_API_KEY"

    @classmethod
    def parse(cls, given: str) -> "KeyHeader":
        """Read the parameter.

        Raises:
            ConfigurationError: It is another header.
        """
        try:
            return cls(given)
        except ValueError:
            raise ConfigurationError(
                f"The parameter ApiKeyHeader is {given!r}: allowed are {', '.join(cls)}."
            ) from None


class Key(Protocol):
    """Where the API key comes from."""

    def read(self, *, fresh: bool = False) -> str:
        """The key, from a cache unless `fresh`."""


class SentKey:
    """What calls know of the key.

    Args:
        key: Where it comes from.
        header: How the account takes it.
        fresh: Read it past the cache for the first call.

    Attributes:
        source: Where the key comes from.
        header: How the account takes it.
        mask: Hides every key that was sent.
    """

    def __init__(self, key: Key, header: KeyHeader, *, fresh: bool) -> None:
        self.source = key
        self.header = header
        self._sent = ""
        self._taken = ""
        self._fresh = fresh
        self.mask = Mask()

    def headers(self, *, fresh: bool, legacy: bool) -> dict[str, str]:
        """Read the key and make the headers that carry it.

        Args:
            fresh: Read it past the cache, as for the first call if that is to be so.
            legacy: Send it the legacy API's way, too: its page names the header `x-api-key`, its
                examples use `authorization`.

        Raises:
            ConfigurationError: The key cannot be used.
            ServiceUnavailableError: It cannot be read for now.
        """
        key = self.source.read(fresh=fresh or self._fresh)
        self._fresh = False
        self.mask.learn(key)
        self._sent = key
        value = f"ApiKey {key}" if self.header is KeyHeader.AUTHORIZATION else key
        headers = {self.header.value: value}
        if legacy:
            headers["x-api-key"] = key
        return headers

    def note_success(self) -> None:
        """Remember that the API took the key that was sent last."""
        self._taken = self._sent

    @property
    def is_known_good(self) -> bool:
        """Whether the API has taken the key that was sent last, in an earlier call."""
        return self._taken == self._sent
