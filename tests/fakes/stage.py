"""Everything that DownloadExport works with: an API on a loopback port, a bucket and a bus."""

import gzip
from dataclasses import dataclass, field

from sei_export import keys
from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.land import Landing
from sei_export.steps.download_export import download_export
from tests.fakes.events import FakeEvents
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import request
from tests.fakes.timing import FakeClock, FakeKey

REQUEST = request()
CREATED_AT = "2026-03-01T06:00:00Z"


def export(export_id: str = "exp_1", created_at: str = CREATED_AT) -> Export:
    """An export of the request."""
    return Export.of(REQUEST, export_id, created_at, reused=False)


DATA_KEY = keys.data_key(export())
MANIFEST_KEY = keys.manifest_key(export())
ARN = "arn:aws:states:eu-west-1:123456789012:execution:Export:"

CSV = b"team,PR_MERGED\nred,1\nblue,2\n"
OTHER_CSV = b"team,PR_MERGED\nred,1\nblue,3\n"
LANDED_KEY = keys.landed_key(REQUEST.report, "exp_1")
GZ = gzip.compress(CSV, mtime=0)


class OneKey:
    """What a bucket has of the request's key."""

    s3: FakeS3

    @property
    def contents(self) -> list[bytes]:
        """The CSV of each version under the data key, uncompressed."""
        return [gzip.decompress(version.body) for version in self.s3.versions.get(DATA_KEY, [])]

    @property
    def manifest(self) -> JsonObject:
        """The current one."""
        return self.s3.documents.read_json(MANIFEST_KEY).content


@dataclass
class Stage(OneKey):
    """Stands for all that DownloadExport works with, for the exports of one request.

    Attributes:
        s3: The bucket, in memory.
        events: The bus, in memory.
        server: The API, on a loopback port.
        body: What the API answers to a download.
        state: More fields of what it answers to a status call.
        journal: What was written and announced, in order.
    """

    body: Answer = field(default_factory=lambda: reply(200, GZ))
    state: JsonObject = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.s3 = FakeS3(self.journal)
        self.events = FakeEvents(self.journal)
        self.server = Loopback(self._answer)

    def land(
        self,
        export_id: str = "exp_1",
        run: str = "run-1",
        created_at: str = CREATED_AT,
        of_batch: JsonObject | None = None,
    ) -> JsonObject:
        """One call of the function; of a batch, if that gives `run` and `item`."""
        payload: JsonObject = {
            "export": export(export_id, created_at).to_json(),
            "executionArn": f"{ARN}{run}",
            "polls": 3,
            "attempts": 1,
            **(of_batch or {}),
        }
        return download_export(payload, self.connect, self.landing, self.s3.staging)

    @property
    def landing(self) -> Landing:
        """What lands files in the bucket and announces them on the bus."""
        return Landing(self.s3.store, self.s3.documents, self.events.bus)

    def connect(self, asked: InProject) -> SeiClient:
        """A real client of the server."""
        base = BaseUrl.parse(f"{self.server.origin}/sei/api")
        http = HttpClient(base, FakeKey(), FakeClock().deadline(100))
        return SeiClient(http, base, asked.org, asked.project)

    def _answer(self, received: Received) -> Answer:
        if received.path.endswith("/download"):
            return self.body
        fields: dict[str, JsonValue] = {
            "status": "COMPLETED",
            "completedAt": "2026-03-01T06:01:30.250Z",
        }
        return reply(200, fields | self.state)
