"""FetchReport when the answer breaks off: each call makes the report anew."""

import gzip

import pytest

from sei_export import keys
from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import CorruptDownloadError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.steps.fetch_report import fetch_report
from tests.fakes.events import FakeEvents
from tests.fakes.loopback import Answer, Loopback, reply
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import request_of
from tests.fakes.timing import FakeClock, FakeKey

CSV = b"Collection Name,Coding Days\nPlatform,3\nWeb,4\n"
EXPORT = Export.of(
    request_of("team-report", granularity="weekly"),
    "legacy_0123456789abcdef",
    "2026-03-01T06:00:00Z",
    reused=False,
)
PAYLOAD: JsonObject = {
    "export": EXPORT.to_json(),
    "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:Export:run-1",
}


def _answer(name: str, content: bytes, size: int | None = None) -> bytes:
    headers = {"ETag": f'"{name}"', "Accept-Ranges": "bytes", "Content-Type": "text/csv"}
    return reply(200, content[:size], headers, length=len(content))


def _fetch(answers: list[Answer]) -> tuple[list[bytes], list[str | None]]:
    """Fetch the report; what has landed, and the Range of each call."""
    s3 = FakeS3()

    def connect(target: InProject) -> SeiClient:
        base = BaseUrl.parse(f"{server.origin}/sei/api")
        http = HttpClient(base, FakeKey(), FakeClock().deadline(100))
        return SeiClient(http, base, target.org, target.project)

    with Loopback(answers) as server:
        fetch_report(PAYLOAD, connect, Landing(s3.store, s3.documents, FakeEvents().bus))
        asked = [it.headers["range"] for it in server.received]
    versions = s3.versions.get(keys.data_key(EXPORT), [])
    return [gzip.decompress(version.body) for version in versions], asked


def test_given_another_name_at_each_call_then_what_comes_again_is_compared() -> None:
    landed, asked = _fetch(
        [_answer("1", CSV, 20), _answer("2", CSV, 30), _answer("3", CSV)],
    )
    assert landed == [CSV]
    assert asked == [None] * 3


def test_given_another_report_under_the_same_name_then_it_is_refused() -> None:
    other = CSV.replace(b"Platform", b"PLATFORM")
    with pytest.raises(CorruptDownloadError, match="changed during the download"):
        _fetch([_answer("1", CSV, 40), _answer("1", other)])
