"""A staged body, read from the bucket in the form that a server's has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from botocore.response import StreamingBody


@dataclass(frozen=True, slots=True)
class StagedRaw:
    """A staged body in the form that a server's has."""

    body: "StreamingBody"

    def read(self, size: int, /, *, decode_content: bool) -> bytes:  # noqa: ARG002 - the form's
        """Read so many bytes; fewer only at the end.

        Raises:
            OSError: S3's answer broke off.
        """
        try:
            return self.body.read(size)
        except BotoCoreError as error:
            raise OSError(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class StagedResponse:
    """S3's answer in the form that a server's has."""

    status_code: int
    headers: Mapping[str, str]
    raw: StagedRaw
