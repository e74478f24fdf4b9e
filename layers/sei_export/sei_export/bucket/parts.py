"""Parts of one multipart upload: their sizes, their buffers, and how many are on their way."""

import base64
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from sei_export.bucket.multipart import MultipartUpload, crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from sei_export.bucket.stored import Written

PART_BYTES = 8 * 1024 * 1024
"""S3 wants at least 5 MiB for all parts but the last."""

_PARTS_OF_A_SIZE = 1000
"""Then parts double: 10,000 parts, S3's limit, make 7.8 TiB and none exceeds S3's 5 GiB."""

PARTS_IN_FLIGHT = 3
"""With a round trip to S3 per part, fewer leave the connection idle."""


def part_bytes(number: int) -> int:
    """Tell the size of a part; parts are numbered from 1.

    The sizes are fixed, so that whoever goes on with an upload sends the same parts.
    """
    return PART_BYTES << ((number - 1) // _PARTS_OF_A_SIZE)


class Parts:
    """Cuts the bytes of one multipart upload into parts and sends them, a few at a time.

    Args:
        multipart: The upload.
        sent: The parts that S3 has already, from the first on, none left out.
    """

    def __init__(
        self, multipart: MultipartUpload, sent: "Sequence[CompletedPartTypeDef]" = ()
    ) -> None:
        self._multipart = multipart
        self._sent = list(sent)
        self._in_flight: deque[tuple[Future[CompletedPartTypeDef], bytearray]] = deque()
        self._number = len(self._sent)
        # Buffers are used again: three on their way, and the one that fills.
        self._buffer = bytearray(part_bytes(self._number + 1))
        self._filled = 0
        self._spare: list[bytearray] = []
        self._pool: ThreadPoolExecutor | None = None

    def write(self, piece: bytes | bytearray) -> None:
        """Take in a piece of any size; send each part that is full.

        Raises:
            StorageError, ServiceUnavailableError: S3 refused a part.
        """
        rest = memoryview(piece)
        while rest:
            room = len(self._buffer) - self._filled
            taken, rest = rest[:room], rest[room:]
            self._buffer[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            if self._filled == len(self._buffer):
                self._send(self._buffer)

    def flush(self) -> None:
        """Send what is left as the last part, and wait until S3 has all of them.

        Raises:
            StorageError, ServiceUnavailableError: S3 refused a part.
        """
        if self._filled:
            self._send(bytes(memoryview(self._buffer)[: self._filled]))
        self._drain()

    def keep(self) -> int:
        """Send no part that is not full, and wait until S3 has those on their way.

        Returns:
            How many parts S3 has.

        Raises:
            StorageError, ServiceUnavailableError: S3 refused a part.
        """
        self._filled = 0
        self._drain()
        return len(self._sent)

    def abandon(self) -> None:
        """Send nothing more, and wait until nothing is on its way. What S3 has stays there."""
        self._in_flight.clear()
        self._close_pool()
        self._filled = 0

    def complete(
        self, condition: dict[str, str] | None = None, step: str = "completing"
    ) -> "Written":
        """Make the object of the parts that S3 has.

        Args:
            condition: What the key has to hold, as `condition_on` says; by default, whatever it is.
            step: What this is called where S3 refuses.

        Raises:
            LostRaceError: The key holds something else. The parts are still there.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        return self._multipart.complete(self._sent, condition or {}, step)

    @property
    def checksum(self) -> str:
        """The object's, as S3 will keep it: `StoredObject.checksum`."""
        parts = b"".join(base64.b64decode(part["ChecksumCRC32"]) for part in self._sent)
        return f"{crc32(parts)}-{len(self._sent)}"

    def _send(self, part: bytes | bytearray) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PARTS_IN_FLIGHT, thread_name_prefix="upload")
        if len(self._in_flight) >= PARTS_IN_FLIGHT:
            self._collect()
        self._number += 1
        sending = self._pool.submit(self._multipart.send, self._number, part)
        self._in_flight.append((sending, self._buffer))
        self._buffer, self._filled = self._next_buffer(), 0

    def _drain(self) -> None:
        while self._in_flight:
            self._collect()
        self._close_pool()

    def _collect(self) -> None:
        """Wait for the oldest part; its buffer is free then."""
        sending, buffer = self._in_flight.popleft()
        self._sent.append(sending.result())
        self._spare.append(buffer)

    def _next_buffer(self) -> bytearray:
        size = part_bytes(self._number + 1)
        while self._spare:
            buffer = self._spare.pop()
            if len(buffer) == size:
                return buffer
        return bytearray(size)

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
