"""FetchReport: one call, whose answer lands as it is."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from sei_export import keys
from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    CorruptDownloadError,
    ExportRejectedError,
    ExportTimedOutError,
    InvalidRequestError,
    ServiceUnavailableError,
)
from sei_export.export import Export
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.land import Landing
from sei_export.request.reports import SPRINT
from sei_export.steps.fetch_report import fetch_report
from tests.fakes.events import FakeEvents
from tests.fakes.loopback import Answer, Held, Loopback, reply
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import request, request_of
from tests.fakes.timing import FakeClock, FakeKey

CSV = "Collection Name,Coding Days,Rating\nPlatform,3,—\nWeb,4,GOOD\n".encode()
ARN = "arn:aws:states:::execution:Export:run-1"
REPORT = request_of("team-report", granularity="weekly", orgIdentifier="other")
EXPORT = Export.of(REPORT, "legacy_0123456789abcdef", "2026-03-01T06:00:00Z", reused=False)


@dataclass
class Scene:
    """The API, a bucket and a bus.

    Attributes:
        answer: What the API says to each call.
        seconds: How long the function may take.
    """

    answer: Answer = field(
        default_factory=lambda: reply(
            200,
            CSV,
            {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="t.csv"'},
        )
    )
    seconds: float = 100

    def __post_init__(self) -> None:
        self.s3 = FakeS3()
        self.events = FakeEvents()
        self.server = Loopback(lambda _: self.answer)
        self.connected = 0

    def fetch(self, given: JsonValue) -> JsonObject:
        """One call of the function."""
        landing = Landing(self.s3.store, self.s3.documents, self.events.bus)
        payload: JsonObject = {"export": given, "executionArn": ARN, "run": "weekly", "item": "1"}
        return fetch_report(payload, self.connect, landing)

    @property
    def landed(self) -> list[bytes]:
        """The CSV of each version under the data key, uncompressed."""
        versions = self.s3.versions.get(keys.data_key(EXPORT), [])
        return [gzip.decompress(version.body) for version in versions]

    def connect(self, target: InProject) -> SeiClient:
        """A real client of the server."""
        self.connected += 1
        base = BaseUrl.parse(f"{self.server.origin}/sei/api")
        http = HttpClient(base, FakeKey(), FakeClock().deadline(self.seconds))
        return SeiClient(http, base, target.org, target.project)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    with scene.server:
        yield scene


def test_given_a_legacy_report_when_fetched_then_its_answer_has_landed(scene: Scene) -> None:
    result = scene.fetch(EXPORT.to_json())
    assert scene.landed == [CSV]
    assert result["exportId"] == "legacy_0123456789abcdef"
    assert result["report"] == "team-report"
    assert result["request"] == REPORT.canonical()
    assert (result["rows"], result["columns"]) == (2, ["Collection Name", "Coding Days", "Rating"])
    assert (result["polls"], result["attempts"], result["reused"]) == (0, 1, False)
    assert (result["run"], result["item"]) == ("weekly", "1")
    assert result["createdAt"] == "2026-03-01T06:00:00Z"
    assert scene.events.details == [{**scene.events.details[0], **result}]


def test_when_fetched_then_the_api_is_asked_once_in_the_requests_own_project(scene: Scene) -> None:
    scene.fetch(EXPORT.to_json())
    [received] = scene.server.received
    assert (received.method, received.path) == ("POST", "/sei/api/v2/insights/teams/reports")
    assert received.query == {
        "orgIdentifier": ["other"],
        "projectIdentifier": ["metrics"],
        "format": ["csv"],
    }
    assert json.loads(received.body) == REPORT.body()


def test_given_an_answer_without_a_byte_when_fetched_then_an_empty_file_lands(scene: Scene) -> None:
    scene.answer = reply(200, b"", {"Content-Type": "text/csv"})
    result = scene.fetch(EXPORT.to_json())
    assert scene.landed == [b""]
    assert (result["rows"], result["columns"], result["csvBytes"]) == (0, [], 0)
    [warning] = result["warnings"] if isinstance(result["warnings"], list) else []
    assert isinstance(warning, dict)
    assert warning["code"] == "noRows"


def test_given_a_compressed_answer_when_fetched_then_it_lands_as_it_came(scene: Scene) -> None:
    packed = gzip.compress(CSV, mtime=0)
    scene.answer = reply(200, packed, {"Content-Type": "text/csv"})
    scene.fetch(EXPORT.to_json())
    assert scene.landed == [CSV]
    version = scene.s3.current(keys.data_key(EXPORT))
    assert version
    assert version.body == packed


def test_when_a_state_is_retried_then_the_api_is_asked_again_and_nothing_changes(
    scene: Scene,
) -> None:
    first = scene.fetch(EXPORT.to_json())
    second = scene.fetch(EXPORT.to_json())
    assert len(scene.server.received) == 2
    assert scene.landed == [CSV]
    assert second["versionId"] == first["versionId"]


def test_given_a_refusal_when_fetched_then_nothing_lands(scene: Scene) -> None:
    scene.answer = reply(400, {"message": "Unknown team 6036"})
    with pytest.raises(ExportRejectedError, match="Unknown team 6036"):
        scene.fetch(EXPORT.to_json())
    assert scene.s3.versions == {}
    assert scene.events.entries == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b'{"message": "try later"}', "JSON", id="JSON"),
        pytest.param(b"<!DOCTYPE html><title>Sign in</title>", "an HTML or XML page", id="HTML"),
    ],
)
def test_given_an_answer_that_is_no_csv_when_fetched_then_nothing_lands(
    scene: Scene, body: bytes, told: str
) -> None:
    scene.answer = reply(200, body)
    with pytest.raises(CorruptDownloadError) as caught:
        scene.fetch(EXPORT.to_json())
    assert caught.value.message == f"The file is not CSV: it is {told}. It says: {body.decode()}"
    assert scene.s3.versions == {}


def test_given_an_answer_cut_short_when_fetched_then_nothing_lands(scene: Scene) -> None:
    scene.answer = reply(200, CSV, length=len(CSV) + 1)
    with pytest.raises(CorruptDownloadError) as caught:
        scene.fetch(EXPORT.to_json())
    size = len(CSV)
    assert caught.value.message.startswith(
        f"The download broke off after {size} bytes of {size + 1}"
    )
    assert scene.s3.versions == {}


def test_given_an_api_that_is_down_when_fetched_then_it_may_be_tried_again(scene: Scene) -> None:
    scene.answer = reply(503)
    with pytest.raises(ServiceUnavailableError, match="teams/reports answered 503 at try 3 of 3"):
        scene.fetch(EXPORT.to_json())
    assert scene.s3.versions == {}


@pytest.mark.timeout(15)  # a hang if the time left were not heeded
def test_given_an_api_that_takes_too_long_then_less_is_to_be_asked_for(
    scene: Scene,
) -> None:
    scene.answer, scene.seconds = Held(), 0.4
    with pytest.raises(ExportTimedOutError) as caught:
        scene.fetch(EXPORT.to_json())
    assert caught.value.remedy.startswith("Ask for less")
    assert len(scene.server.received) == 1
    assert (scene.s3.versions, scene.events.entries) == ({}, [])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param(
            Export.of(request(), "exp_1", "", reused=False).to_json(),
            "export.report productivity is not a legacy report.",
            id="an export to poll for",
        ),
        pytest.param(
            Export("exp_1", SPRINT, "acme", "metrics", None, reused=True, created_at="").to_json(),
            "export.report sprint is not a legacy report.",
            id="one that somebody else created",
        ),
        pytest.param(None, "export is missing: give what CreateExport returned.", id="nothing"),
    ],
)
def test_given_another_export_then_it_is_refused_before_any_call(
    scene: Scene, given: JsonValue, problem: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        scene.fetch(given)
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND
    assert scene.connected == 0
    assert scene.server.received == []


def test_given_no_execution_then_it_is_refused_before_any_call(scene: Scene) -> None:
    landing = Landing(scene.s3.store, scene.s3.documents, scene.events.bus)
    with pytest.raises(InvalidRequestError, match="executionArn is missing"):
        fetch_report({"export": EXPORT.to_json()}, scene.connect, landing)
    assert scene.connected == 0


def test_given_a_request_of_another_table_then_the_remedy_is_no_other_input_alone(
    scene: Scene,
) -> None:
    stored = REPORT.canonical() | {"granularity": "hourly"}
    with pytest.raises(InvalidRequestError) as caught:
        scene.fetch(EXPORT.to_json() | {"request": stored})
    assert caught.value.problems == (
        'export.request: granularity is "hourly": allowed are daily, weekly, monthly.',
    )
    assert "nothing was sent" not in str(caught.value)
    assert scene.connected == 0
