"""Warnings of a file on its way: from an execution's input to manifest, event and batch."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from sei_export import keys
from sei_export.batch.item import Item
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.create_export import create_export
from sei_export.steps.download_export import download_export
from sei_export.steps.fetch_report import fetch_report
from tests.fakes.batch_items import cut
from tests.fakes.batches import Batch
from tests.fakes.loopback import Answer, Received, reply
from tests.fakes.samples import DEFAULTS, least, parsed
from tests.fakes.stage import ARN, Stage

BEGUN = "2026-03-15T06:00:00Z"
FEBRUARY: JsonObject = {"start": "2026-02-01", "end": "2026-02-28"}
JANUARY: JsonObject = {"start": "2026-01-01", "end": "2026-01-31"}
MARCH: JsonObject = {"start": "2026-03-01", "end": "2026-03-31"}
HEADER = b"Team,PR_MERGED\n"


def _rows(count: int, header: bytes = HEADER) -> bytes:
    return header + b"red,1\n" * count


def _codes(form: JsonObject) -> list[JsonValue]:
    warnings = form["warnings"]
    assert isinstance(warnings, list)
    return [each["code"] for each in warnings if isinstance(each, dict)]


@dataclass
class Way(Stage):
    """A stage whose API makes an export of each request, and has a file of ten rows for most.

    Attributes:
        files: Those that are others, by team (null: the whole tree) and first day.
        made: By export id, whose file it is.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def _answer(self, received: Received) -> Answer:
        if received.path.endswith("/org-trees"):
            return reply(200, [{"id": 1, "name": "Engineering"}])
        if received.path.endswith("/teams/reports"):
            return self.body
        if received.method == "POST":
            asked = json.loads(received.body)
            export_id = f"exp_{len(self.made) + 1}"
            team, start = asked["scope"].get("teamId"), asked["dateRange"]["start"]
            self.made[export_id] = f"{team} {start}"
            return reply(202, {"exportId": export_id, "createdAt": BEGUN})
        if received.path.endswith("/download"):
            whose = self.made[received.path.split("/")[-2]]
            return reply(200, self.files.get(whose, _rows(10)))
        return super()._answer(received)

    def export(self, given: JsonObject, run: str = "run-1") -> tuple[JsonObject, ...]:
        """An execution's functions in their order: output, manifest and the event's detail."""
        created = create_export(
            {"input": given, "executionArn": f"{ARN}{run}", "startedAt": BEGUN},
            DEFAULTS,
            self.connect,
            self.s3.documents.read_json,
            dict,
        )
        export: JsonObject = json.loads(json.dumps(created))
        payload: JsonObject = {"export": export, "executionArn": f"{ARN}{run}"}
        if Export.from_json(export).report.is_legacy:
            output = fetch_report(payload, self.connect, self.landing)
        else:
            payload |= {"polls": 1, "attempts": 1}
            output = download_export(payload, self.connect, self.landing, self.s3.staging)
        manifest = self.s3.documents.read_json(keys.manifest_key(Export.from_json(export)))
        return output, manifest.content, self.events.details[-1]


@pytest.fixture
def way() -> Iterator[Way]:
    way = Way(reply(200, _rows(10)))
    with way.server:
        yield way


OF_TEAM = least("team-report")
PRODUCTIVITY = least("productivity")
BOTH = pytest.mark.parametrize(
    "given", [PRODUCTIVITY, OF_TEAM], ids=["one to poll for", "a legacy one"]
)


@BOTH
@pytest.mark.parametrize(
    ("days", "codes"),
    [
        pytest.param({"start": "2026-03-01", "end": "2026-03-15"}, ["notOver"], id="until today"),
        pytest.param(MARCH, ["notOver"], id="beyond today"),
        pytest.param({"start": "2026-03-01", "end": "2026-03-14"}, [], id="until yesterday"),
        pytest.param({"period": "month-to-date"}, [], id="to date, as it is meant"),
    ],
)
def test_an_input_whose_days_are_not_over_ends_with_a_warning(
    way: Way, given: JsonObject, days: JsonObject, codes: list[str]
) -> None:
    for form in way.export(given | {"dateRange": days}):
        assert _codes(form) == codes
        assert form["rows"] == 10


@BOTH
def test_an_input_whose_days_are_all_to_come_is_refused_and_nothing_is_called(
    way: Way, given: JsonObject
) -> None:
    tomorrow: JsonObject = {"start": "2026-03-16", "end": "2026-03-31"}
    with pytest.raises(InvalidRequestError, match="there is no data yet"):
        way.export(given | {"dateRange": tomorrow})
    assert (way.server.received, way.s3.versions) == ([], {})


def test_a_legacy_report_is_compared_with_the_month_before_and_then_with_itself(way: Way) -> None:
    way.export(OF_TEAM | {"dateRange": JANUARY}, "run-1")
    way.body = reply(200, _rows(4, b"Team,PR_SPEED\n"))
    asked = OF_TEAM | {"dateRange": FEBRUARY}
    forms = way.export(asked, "run-2")
    for form in forms:
        assert _codes(form) == ["rowsFell", "columnsAdded", "columnsRemoved"]
    january = keys.request_key(parsed(OF_TEAM | {"dateRange": JANUARY}))
    messages = json.dumps(forms[0]["warnings"])
    assert messages.count(january) == 3
    assert "4 rows, fewer than half of the 10" in messages
    way.body = reply(200, HEADER)
    for form in way.export(asked, "run-3"):
        # A legacy report has no org tree whose name could be wrong: nothing more was asked.
        assert _codes(form) == ["noRowsAnyMore", "columnsAdded", "columnsRemoved"]
    assert [it.path.rpartition("/")[2] for it in way.server.received] == ["reports"] * 3


def test_warnings_of_a_whole_batch_are_in_its_items_and_counted_by_code(way: Way) -> None:
    batch = Batch(way.s3)
    batch.settled(cut("top", dateRange=JANUARY), answer=_exported_by(way))
    assert _codes(batch.manifest) == []
    way.files = {"2 2026-02-01": _rows(4), "5 2026-02-01": HEADER}
    months = [cut("top", dateRange=days) for days in (FEBRUARY, MARCH)]
    closed = batch.settled(*months, answer=_exported_by(way), run="weekly-2")

    whole = {(line["team"], str(line["dateRange"])[11:21]): _codes(line) for line in batch.lines}
    assert whole == {
        ("2", "2026-02-01"): ["rowsFell"],
        ("5", "2026-02-01"): ["noRows", "rowsFell"],
        ("7", "2026-02-01"): [],
        **{(team, "2026-03-01"): ["notOver"] for team in "257"},
    }
    assert (closed["status"], closed["warnings"]) == ("COMPLETE", batch.manifest["warnings"])
    told = closed["warnings"]
    assert isinstance(told, list)
    assert _codes(closed) == ["itemWarnings"] * 3
    names = {"2": "Platform", "5": "Product", "7": "Solo"}

    def named(teams: str, days: str) -> str:
        each = [f"productivity of team {team} ({names[team]}), {days}" for team in teams]
        return f"{'; '.join(each)}."

    february, march = "2026-02-01 to 2026-02-28", "2026-03-01 to 2026-03-31"
    assert {str(each["message"]) for each in told if isinstance(each, dict)} == {
        f"2 landed with the warning rowsFell: {named('25', february)}",
        f"1 landed with the warning noRows: {named('5', february)}",
        f"3 landed with the warning notOver: {named('257', march)}",
    }


def _exported_by(way: Way) -> Callable[[Item], JsonObject]:
    """Runs an execution of its own for each item, as the state machine starts it."""

    def ended(item: Item) -> JsonObject:
        given = item.to_json()["input"]
        assert isinstance(given, dict)
        batch: JsonObject = {"run": "weekly", "item": item.id}
        output, *_ = way.export({**given, "batch": batch}, item.name)
        return {"result": output}

    return ended
