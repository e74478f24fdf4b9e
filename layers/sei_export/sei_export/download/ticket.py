"""What an invocation that ends before its file does leaves to the next one.

A *ticket* is what S3's list of parts does not say: the upload's id, what names the state of the
file that the parts are of, and its length; in the end also the checksum that S3 will have of the
whole, so that an object which somebody has put in its place is not taken for it. The ticket is a
JSON document beside the parts; without one the next invocation begins anew.
"""

from dataclasses import dataclass, replace
from typing import Self

from sei_export.jsontypes import JsonObject

_FIELDS = ("uploadId", "validator", "totalBytes")
_CHECKSUM = "checksum"
_CORRUPTIONS = "corruptions"
_CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the next invocation needs to know beside S3's list of parts.

    Attributes:
        upload_id: Of the multipart upload.
        validator: Names the state of the file that its parts are of.
        total: The file's length.
        checksum: Of the whole, as S3 has it; empty until all parts are there.
    """

    upload_id: str
    validator: str
    total: int
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What invocations before this one left.

    Attributes:
        ticket: Of the upload under way; None if there is none.
        corruptions: How often what had been staged turned out to be no good.
        etag: Of the document that says so; None if there is none.
        changes: How often the server went on with what it named another file.
    """

    ticket: Ticket | None
    corruptions: int
    etag: str | None
    changes: int = 0

    @classmethod
    def of(cls, content: JsonObject, etag: str | None) -> Self:
        """Read the document; what is no ticket is none."""
        upload_id, validator, total = (content.get(name) for name in _FIELDS)
        ticket = None
        if isinstance(upload_id, str) and isinstance(validator, str) and isinstance(total, int):
            ticket = Ticket(upload_id, validator, total, str(content.get(_CHECKSUM, "")))
        corruptions, changes = (_count(content, name) for name in (_CORRUPTIONS, _CHANGES))
        return cls(ticket, corruptions, etag, changes)

    def to_json(self) -> JsonObject:
        """Write the document."""
        content: JsonObject = {}
        if self.ticket:
            fields = (self.ticket.upload_id, self.ticket.validator, self.ticket.total)
            content |= dict(zip(_FIELDS, fields, strict=True))
            content |= {_CHECKSUM: self.ticket.checksum} if self.ticket.checksum else {}
        changes: JsonObject = {_CHANGES: self.changes} if self.changes else {}
        return content | {_CORRUPTIONS: self.corruptions} | changes

    def counting(self, *, changed: bool) -> Self:
        """What is left once all that was staged is gone: one count more, and no ticket."""
        return replace(
            self,
            ticket=None,
            corruptions=self.corruptions + (not changed),
            changes=self.changes + changed,
        )


def _count(content: JsonObject, name: str) -> int:
    count = content.get(name)
    return count if isinstance(count, int) else 0
