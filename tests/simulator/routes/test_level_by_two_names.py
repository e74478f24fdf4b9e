"""CreateExport and DownloadExport on the simulator, which takes the level by one name only."""

from collections.abc import Iterator

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.clock import Deadline
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import manifest_key
from sei_export.landing.land import Landing
from sei_export.steps.create_export import create_export
from sei_export.steps.download_export import download_export
from tests.fakes.events import FakeEvents
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import DEFAULTS, STARTED_AT, least, parsed
from tests.fakes.timing import FakeKey
from tests.simulator.simulator_client import INSTANT, KEY, PREFIX, Client, running

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Export:run-1"
OTHER = {"metricLevel": "aggregationLevel", "aggregationLevel": "metricLevel"}


@pytest.fixture(scope="module")
def silent() -> Iterator[Client]:
    """A simulator that reads `metricLevel`, and ignores what it does not know without a word."""
    dialect = ("--dialect", "unknown=ignored", "--dialect", "level=metricLevel")
    with running(*INSTANT, *dialect) as (_, port):
        yield Client(port, "Engineering")


@pytest.fixture(scope="module", params=[*OTHER])
def taken(request: pytest.FixtureRequest) -> Iterator[tuple[Client, str]]:
    """A simulator that takes productivity's level by one name, and that name."""
    name = str(request.param)
    with running(*INSTANT, "--dialect", f"level={name}") as (_, port):
        yield Client(port, "Engineering"), name


class System:
    """The two functions on a simulator, with a bucket and a bus in memory."""

    def __init__(self, port: int) -> None:
        self._base = BaseUrl.parse(f"http://127.0.0.1:{port}{PREFIX}/")
        self.s3, self.events = FakeS3(), FakeEvents([])

    def _connect(self, target: InProject) -> SeiClient:
        http = HttpClient(self._base, FakeKey([KEY]), Deadline.after(60))
        return SeiClient(http, self._base, target.org, target.project)

    def create(self, given: JsonObject) -> JsonObject:
        """CreateExport."""
        payload: JsonObject = {
            "input": given,
            "executionArn": ARN,
            "startedAt": STARTED_AT.isoformat(),
        }
        read = self.s3.documents.read_json
        return create_export(payload, DEFAULTS, self._connect, read, dict)

    def download(self, export: JsonObject) -> tuple[JsonObject, JsonObject, JsonObject]:
        """DownloadExport: its output, the manifest and the event's detail."""
        payload: JsonObject = {"export": export, "executionArn": ARN, "polls": 1, "attempts": 1}
        landing = Landing(self.s3.store, self.s3.documents, self.events.bus)
        output = download_export(payload, self._connect, landing, self.s3.staging)
        manifest = self.s3.documents.read_json(manifest_key(Export.from_json(export))).content
        return output, manifest, self.events.details[-1]


def _codes(form: JsonObject) -> list[JsonValue]:
    warnings = form["warnings"]
    assert isinstance(warnings, list)
    return [each["code"] for each in warnings if isinstance(each, dict)]


def _sent(client: Client) -> list[JsonValue]:
    """The options of all create calls, in their order."""
    return [call["body"]["options"] for call in client.recorded() if call["step"] == "create"]  # type: ignore[call-overload,index]  # as it was sent


@pytest.mark.parametrize("level", ["developer", "team"])
def test_by_whichever_name_it_is_asked_the_file_is_of_the_level_and_the_request_as_sent(
    taken: tuple[Client, str], level: str
) -> None:
    client, name = taken
    results = []
    for asked_by in (name, OTHER[name]):
        system = System(client.port)
        before = len(_sent(client))
        export = system.create(least("productivity", options={asked_by: level}))
        tries = [{asked_by: level}] if asked_by == name else [{asked_by: level}, {name: level}]
        assert _sent(client)[before:] == [{**each, "format": "csv"} for each in tries]
        for form in (export, *system.download(export)):
            request = form["request"]
            assert isinstance(request, dict)
            assert request["options"] == {name: level, "format": "csv"}
        output, manifest, detail = system.download(export)
        assert _codes(output) == _codes(manifest) == _codes(detail) == []
        results.append(output)
    one, other = results
    assert one["exportId"] == other["exportId"]
    assert (one["key"], one["requestFingerprint"]) == (other["key"], other["requestFingerprint"])
    columns = one["columns"]
    assert isinstance(columns, list)
    assert ("LOC_TOTAL" in columns) is (level == "team")


@pytest.mark.parametrize(
    ("report", "level", "own"),
    [("sprint", "sprint", "metricLevel"), ("time-in-status", "team", "aggregationLevel")],
)
def test_a_report_with_one_documented_name_is_asked_by_it_after_the_other(
    taken: tuple[Client, str], report: str, level: str, own: str
) -> None:
    system = System(taken[0].port)
    given = least(report, scope={"orgTreeName": "Engineering"})
    base = given.get("options") or {}
    assert isinstance(base, dict)
    export = system.create(given | {"options": {**base, OTHER[own]: level}})
    assert export["request"] == parsed(given | {"options": {**base, own: level}}).canonical()


@pytest.mark.parametrize(("asked", "given"), [("developer", "team"), ("team", "developer")])
def test_a_file_of_the_level_that_was_not_asked_for_lands_with_a_warning(
    taken: tuple[Client, str], asked: str, given: str
) -> None:
    client, name = taken
    system = System(client.port)
    theirs = system.create(least("productivity", options={name: given}))
    ours = parsed(least("productivity", options={name: asked}))
    # As of a server that ignores the option.
    ignored = Export.of(ours, str(theirs["exportId"]), str(theirs["createdAt"]), reused=False)
    for form in system.download(ignored.to_json()):
        assert _codes(form) == ["levelDiffers"]


@pytest.mark.parametrize(
    ("name", "level", "codes"),
    [
        pytest.param("aggregationLevel", "team", ["levelDiffers"], id="ignored, and it matters"),
        pytest.param("aggregationLevel", "developer", [], id="ignored, and it is the usual one"),
        pytest.param("metricLevel", "team", [], id="read"),
    ],
)
def test_given_a_server_that_ignores_the_option_then_the_files_columns_tell(
    silent: Client, name: str, level: str, codes: list[str]
) -> None:
    system = System(silent.port)
    before = len(_sent(silent))
    export = system.create(least("productivity", options={name: level}))
    # It was taken at once, so that nothing was asked by the other name.
    assert _sent(silent)[before:] == [{name: level, "format": "csv"}]
    for form in (export, *system.download(export)):
        request = form["request"]
        assert isinstance(request, dict)
        assert request["options"] == {name: level, "format": "csv"}
    for form in system.download(export):
        assert _codes(form) == codes
    output, *_ = system.download(export)
    columns = output["columns"]
    assert isinstance(columns, list)
    is_of_teams = level == "team" and not codes
    assert ("LOC_TOTAL" in columns, "LOC_ADDED" in columns) == (is_of_teams, not is_of_teams)
