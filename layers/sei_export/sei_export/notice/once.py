"""What was told already. Events come at least once, and texts are told once.

Each text has a document under `notices/`: it is claimed before it is sent, and marked as sent
behind it. Who dies in between leaves a claim that grows old, and the platform's next try sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import ServiceUnavailableError
from sei_export.jsontypes import JsonObject

CLAIM_HOLDS = timedelta(seconds=50)
"""Longer than the function's own timeout, and shorter than Lambda waits before it tries again."""


@dataclass(frozen=True, slots=True)
class Once:
    """Sends each text once.

    Attributes:
        documents: The bucket.
        now: The clock.
    """

    documents: Documents
    now: Callable[[], datetime]

    def is_told(self, dedupe_id: str) -> bool:
        """Tell whether a text was sent."""
        return self.documents.read_json(keys.notice_key(dedupe_id)).content.get("sent") is True

    def tell(self, dedupe_id: str, send: Callable[[], object], said: JsonObject) -> bool:
        """Send a text that was not sent yet.

        Args:
            dedupe_id: Of what it tells.
            send: Sends it.
            said: What is kept about it.

        Returns:
            Whether it was sent now.

        Raises:
            ServiceUnavailableError: Somebody else is about to send it, so that this has to be tried
                again; or S3 does not answer.
            StorageError: S3 refuses.
        """
        key = keys.notice_key(dedupe_id)
        document = self.documents.read_json(key)
        if document.content.get("sent") is True:
            return False
        claimed = dates.read_moment(str(document.content.get("at", "")))
        if claimed and self.now() - claimed < CLAIM_HOLDS:
            raise _being_sent(key)
        told = {**said, "at": dates.format_moment(self.now())}
        try:
            self.documents.replace_json(key, {**told, "sent": False}, document.etag)
        except LostRaceError:
            raise _being_sent(key) from None
        send()
        self.documents.write_json(key, {**told, "sent": True})
        return True


def _being_sent(key: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"Another invocation is about to send what {key} is about.",
        remedy="Lambda tries again by itself.",
    )
