"""What the demo makes of a history, a file and a manifest."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from local.history import Visit, read_visits
from local.preview import Preview
from local.results import compact_json

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

_START = datetime(2024, 1, 1, tzinfo=UTC)


def _history(*events: dict[str, object]) -> "list[HistoryEventTypeDef]":
    """One event a second."""
    return [
        cast("HistoryEventTypeDef", {"timestamp": _START + timedelta(seconds=second), **event})
        for second, event in enumerate(events)
    ]


def _entered(name: str) -> dict[str, object]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def _exited(output: object) -> dict[str, object]:
    return {
        "type": "TaskStateExited",
        "stateExitedEventDetails": {"name": "", "output": json.dumps(output)},
    }


_SCHEDULED: dict[str, object] = {"type": "TaskScheduled"}
_FAILED: dict[str, object] = {
    "type": "TaskFailed",
    "taskFailedEventDetails": {"error": "RateLimitedError"},
}


def test_a_task_that_fails_and_is_tried_again_says_so_until_it_succeeds() -> None:
    history = _history(
        _entered("CheckExport"), _SCHEDULED, _FAILED, _SCHEDULED, _exited({"status": "queued"})
    )
    began = _START.timestamp()

    seen = [read_visits(history[:length])[-1] for length in (2, 3, 4, 5)]

    assert seen == [
        Visit("CheckExport", began),
        Visit("CheckExport", began, found="RateLimitedError", failed=True),
        Visit("CheckExport", began, found="RateLimitedError, trying again"),
        Visit("CheckExport", began, left=began + 4, found="poll 1: queued"),
    ]


def test_an_execution_that_fails_ends_its_last_state() -> None:
    visits = read_visits(
        _history(
            _entered("CreateExport"),
            _SCHEDULED,
            _FAILED,
            _exited({}),
            _entered("ExportFailed"),
            {"type": "ExecutionFailed"},
        )
    )

    began = _START.timestamp()
    assert visits == [
        Visit("CreateExport", began, began + 3, "RateLimitedError", failed=True),
        Visit("ExportFailed", began + 4, began + 5),
    ]


@pytest.mark.parametrize("width", [40, 80, 120, 400])
def test_a_table_of_wide_and_broken_values_fits_and_keeps_a_line_for_each_row(width: int) -> None:
    header = ["Granularity", "Team", "Developer", "CODING_DAYS", *(f"METRIC_{n}" for n in range(9))]
    rows = [["Jan", "モバイル\nチーム", '"A", b\r\nc' * 20, *["1"] * 10] for _ in range(3)]
    console = Console(width=width, color_system=None)

    table, missing = Preview(header, rows, "").table(width)

    with console.capture() as captured:
        console.print(table)
    lines = captured.get().splitlines()
    assert len(lines) == len(rows) + 4
    assert "Developer" in lines[1]
    shown = [name for name in header if f" {name} " in lines[1]]
    assert shown + missing == sorted(header, key=lambda name: name in missing)
    assert (not missing) == (width == 400)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({}, id="empty"),
        pytest.param({"a": [], "b": {}, "c": None, "d": "é\n"}, id="leaves"),
        pytest.param({"columns": ["A, B"] * 40, "in": {"x": {"y": "z" * 90}}}, id="long"),
    ],
)
def test_compact_json_is_the_same_json(value: object) -> None:
    text = compact_json(value, 80)

    assert json.loads(text) == value
    assert max(len(line) for line in text.splitlines()) <= 105
