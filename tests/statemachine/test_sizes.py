"""What the functions return fits into a state and an event, and so does all that is made of it.

The steps themselves make the largest values, and the engine carries them. What a function returns
is measured as UTF-8 and with everything beyond ASCII escaped: Lambda's runtimes write either.
"""

import json
from datetime import date
from typing import cast

import pytest

from sei_export import keys
from sei_export.batch.item import Item
from sei_export.batch.outcomes import Outcome
from sei_export.harvest.cursor import MOST_AT_ONCE
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing import cautions
from sei_export.landing.daysasked import Seen
from sei_export.manifest import Caution
from sei_export.request.parsing import MAX_REQUEST_BYTES
from sei_export.request.path import MAX_PATH_BYTES
from sei_export.steps.list_exports import list_exports
from tests.fakes.batch_items import cut
from tests.fakes.batches import Batch, Ended
from tests.fakes.harvests import HARVEST_DEFAULTS, list_entries
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import landed, manifest, request, task_failed
from tests.fakes.scripted_api import ScriptedApi
from tests.statemachine.engine import STATE_BYTES, size_of
from tests.statemachine.walks import CHILD, EXPORT, LANDED, PLANNED, Run

WORST = ["x", '"', "é", "漢", "😀", "\U000e0100"]
each_character = pytest.mark.parametrize("worst", WORST, ids=ascii)


def _fits(value: JsonValue) -> bool:
    return max(size_of(value), len(json.dumps(value))) <= STATE_BYTES


# --- one export ---


def _warnings(worst: str) -> list[Caution]:
    """All that a file may be landed with, each at its longest."""
    days = date(2026, 1, 1), date(2026, 12, 31)
    names, others = (
        [worst * 500 + str(at) for at in range(start, start + 99)] for start in (0, 99)
    )
    key, most = "k" * 1024, 10**15
    return [
        *cautions.of_header([*names, *names, ""]),
        *cautions.of_columns(names, others, key),
        cautions.no_rows(names, cautions.unlisted_tree(names[0], names)),
        cautions.no_rows_any_more(most),
        cautions.rows_fell(most, most, key),
        cautions.dates_outside(days, Seen("2026-01-01", "2026-12-31"), most, most),
        cautions.not_over(days[1], "2026-03-15T06:00:00Z"),
        cautions.unverifiable_length(),
    ]


def _largest_result(worst: str) -> JsonObject:
    """What DownloadExport returns of the largest request, with everything at its longest."""
    room = MAX_REQUEST_BYTES - len(json.dumps(request(metrics=["x"]).canonical()))
    each = len(json.dumps(worst * 20 + "1000")) + len(", ")
    names: list[JsonValue] = [worst * 20 + str(1000 + at) for at in range(room // each)]
    largest = request(metrics=names)
    assert len(json.dumps(largest.canonical())) > MAX_REQUEST_BYTES - 2 * each
    export_id: JsonValue = worst * 256
    said = manifest(
        largest,
        exportId=export_id,
        key="exports/" + "k" * (MAX_PATH_BYTES + 16),
        manifestKey="manifests/" + "k" * (MAX_PATH_BYTES + 14),
        columns=[worst * 150 + str(at) for at in range(400)],
        warnings=[it.to_json() for it in _warnings(worst)],
        run="r" * 113,
        item="i" * 80,
    )
    newer: JsonValue = {"exportId": export_id, "createdAt": "c" * 30, "completedAt": "c" * 30}
    return said.brief() | {"newer": newer}


@each_character
def test_the_longest_warnings_of_a_file_have_at_most_2000_characters(worst: str) -> None:
    found = _warnings(worst)
    assert len({it.code for it in found}) == 10
    assert all(len(it.message) <= 2000 for it in found)
    # None of them has to be cut: each says all that it has to say.
    assert all(it.message.endswith((".", "?")) for it in found)


@each_character
def test_a_message_with_longer_names_is_cut(worst: str) -> None:
    assert Caution("teamsRenamed", worst * 2000).message == worst * 2000
    assert Caution("teamsRenamed", worst * 2001).message == worst * 1999 + "…"


@each_character
def test_the_largest_export_lands_through_its_machine_and_a_batchs(worst: str) -> None:
    result = _largest_result(worst)
    assert result["request"] is not None
    assert _fits(result)
    asked: JsonValue = {"report": "productivity", "x": worst * (99_900 // len(worst.encode()))}
    if worst == '"':
        asked = {"report": "productivity", "x": worst * 49_900}
    created = EXPORT | {name: result[name] for name in ("exportId", "request")}
    run = Run(
        "export",
        {
            "CreateExport": [created],
            "CheckExport": [{"status": "completed"}],
            "DownloadExport": [result],
        },
        asked,
    )
    assert (run.end.error, run.end.output) == (None, result)
    item: JsonValue = {"id": "1", "name": "n" * 80, "input": result["request"]}
    outcome = Outcome.of({"result": result}).to_json()
    assert _fits(outcome)
    # Step Functions hands on the execution's input beside its output.
    ended: JsonValue = {"Input": asked, "Output": result, "ExecutionArn": "a" * 300}
    child = Run("child", {"RunExport": [ended], "RecordOutcome": [outcome]}, CHILD | {"item": item})
    assert (child.end.state, child.end.error) == ("ItemLanded", None)


# --- a harvest ---


@each_character
def test_a_page_of_the_longest_ids_is_carried(worst: str) -> None:
    ids = [f"{at:03}{worst * 253}" for at in range(100)]
    payload: JsonObject = {
        "input": {"report": "sprint", "limit": 100},
        "run": "r" * 113,
        "page": 1,
        "cursor": {},
        "startedAt": "2026-03-15T06:00:00Z",
    }
    api = ScriptedApi.answering(200, list_entries(*ids))
    page = list_exports(payload, HARVEST_DEFAULTS, api.connect, FakeS3().documents)
    assert len(cast("list[JsonValue]", page["exports"])) == MOST_AT_ONCE
    assert _fits(page)
    run = Run("harvest", {"ListExports": [page, page | {"cursor": {}}], "LandExport": [LANDED]})
    assert (run.end.state, run.engine.variables["landed"]) == ("HarvestSucceeded", 2 * MOST_AT_ONCE)


# --- a batch ---


@each_character
@pytest.mark.parametrize("failing", [False, True], ids=["landed", "failed"])
def test_a_batch_of_the_longest_names_messages_and_warnings_is_told(
    worst: str, *, failing: bool
) -> None:
    teams: list[JsonValue] = [{"refId": at, "name": worst * 250 + str(at)} for at in range(2, 62)]
    batch = Batch(tree={"refId": 1, "name": "Engineering", "children": teams})
    planned = batch.plan(cut("leaves"))
    assert planned == PLANNED | {"run": "weekly", "itemsKey": keys.round_key("weekly", 1)}
    documents, key = batch.s3.documents, keys.plan_key("weekly")
    many = [Caution("teamsRenamed", worst * 2000).to_json()] * 40
    documents.write_json(key, documents.read_json(key).content | {"warnings": [*many]})
    codes: list[JsonValue] = [it.to_json() for it in _warnings(worst)]

    def answer(item: Item) -> Ended:
        if failing:
            kind = f"{item.team}{'E' * 98}"[:100]
            return task_failed(kind, worst * 12_000, worst * 4000)
        return landed(item, warnings=codes)

    closed = batch.settle(answer)
    assert closed["status"] == ("FAILED" if failing else "COMPLETE")
    assert _fits(closed)
    run = Run("batch", {"PlanBatch": [PLANNED], "RunExports": [[]], "CloseBatch": [closed]})
    run.check()
    (detail,) = run.bus.details
    assert detail["warnings"] == closed["warnings"]
    shown = len(cast("list[JsonValue]", closed["warnings"]))
    assert shown == 20 or size_of([*many[: shown + 1]]) > 20_000
    assert len(cast("list[JsonValue]", batch.manifest["warnings"])) >= 40
