"""The SEI API as it is when nothing is wrong with it, for the one export of a journey."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sei_export.jsontypes import JsonObject
from tests.fakes.bodies import File
from tests.fakes.loopback import Received
from tests.faults.sweep.scenarios import Scenario

_REUSE_SECONDS = 1800
_LINK = "/bucket/file.csv.gz?X-Amz-Signature=5f3a"


@dataclass
class Made:
    """One export at the API.

    Attributes:
        at: When it was made, in seconds since 1970.
        statuses: What its next polls answer.
    """

    at: float
    statuses: list[str]


@dataclass
class Api:
    """Answers every call.

    Attributes:
        scenario: What there is to tell.
        now: Seconds since 1970.
        elsewhere: The origin where signed links lead.
        made: By id.
    """

    scenario: Scenario
    now: Callable[[], float]
    elsewhere: str
    made: dict[str, Made] = field(default_factory=dict)

    def __post_init__(self) -> None:
        headers = {"ETag": '"abc"', "Accept-Ranges": "bytes"} if self.scenario.ranges else {}
        self._file = File(
            self.scenario.file, self.scenario.cuts, headers, ranges=self.scenario.ranges
        )
        if self.scenario.reused:
            self._make(self.now() - 600)

    def name_of(self, received: Received) -> str:
        """What a call asks for."""
        if received.method == "POST":
            return "report" if self.scenario.legacy else "create"
        if received.path.startswith("/bucket/"):
            return "link"
        return "file" if received.path.endswith("/download") else "status"

    def answer(self, received: Received) -> bytes:
        """The right answer, on the wire."""
        name = self.name_of(received)
        if name == "create":
            return self._create()
        if name == "status":
            return self._status(received.path.rpartition("/")[2])
        if name == "file" and self.scenario.link == "redirected":
            return wire(302, b"", {"Location": f"{self.elsewhere}{_LINK}"})
        answer = self._file.answer(received)
        assert isinstance(answer, bytes)
        return answer

    def _create(self) -> bytes:
        known = list(self.made.items())
        if known and self.now() - known[-1][1].at < _REUSE_SECONDS:
            export_id, made = known[-1]
            return wire(200, as_json({"exportId": export_id, "createdAt": told(made.at)}))
        export_id = self._make(self.now())
        return wire(202, as_json({"exportId": export_id, "createdAt": told(self.now())}))

    def _make(self, at: float) -> str:
        number = len(self.made)
        statuses = self.scenario.statuses[min(number, len(self.scenario.statuses) - 1)]
        export_id = f"exp_{self.scenario.seed}{number + 1}"
        self.made[export_id] = Made(at, list(statuses))
        return export_id

    def _status(self, export_id: str) -> bytes:
        made = self.made.get(export_id)
        if made is None:
            return wire(404, as_json({"message": "No such export."}))
        status = made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0]
        fields: JsonObject = {
            "exportId": export_id,
            "status": status,
            "createdAt": told(made.at),
            "completedAt": told(made.at + 4),
        }
        if self.scenario.link == "signed":
            fields["download"] = {"url": f"{self.elsewhere}{_LINK}"}
        return wire(200, as_json(fields))


def told(seconds: float) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def as_json(value: JsonObject) -> bytes:
    """A JSON body."""
    return json.dumps(value).encode()


def wire(
    status: int, body: bytes = b"", headers: dict[str, str] | None = None, length: str | None = ""
) -> bytes:
    """A whole answer, also of what HTTP does not know.

    Args:
        status: The HTTP status.
        body: The body.
        headers: More headers.
        length: What Content-Length says; by default, the truth; None leaves it out.
    """
    lines = [f"HTTP/1.1 {status} Said", "Connection: close"]
    if length is not None:
        lines.append(f"Content-Length: {length or len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
