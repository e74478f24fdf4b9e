"""The states of an export at the API."""

from enum import StrEnum

from sei_export.errors import ProtocolError


class ExportStatus(StrEnum):
    """Every status that the API documents, in lower case.

    The productivity page writes them in lower case, others in upper case, sprint in both.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the export will not change any more."""
        return self not in {ExportStatus.QUEUED, ExportStatus.PROCESSING}

    @classmethod
    def parse(cls, given: object) -> "ExportStatus":
        """Read a status in any case.

        Raises:
            ProtocolError: It is not a documented status; the message names it.
        """
        if isinstance(given, str):
            try:
                return cls(given.strip().lower())
            except ValueError:
                pass
        known = ", ".join(cls)
        shown = repr(given)[:80]
        raise ProtocolError(f"The API reports the export status {shown}; known are {known}.")
