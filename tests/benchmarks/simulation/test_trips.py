"""The ways through the definitions, state by state, and what a trip on each of them takes."""

from itertools import islice

import pytest

from benchmarks.simulation import scale, walk
from benchmarks.simulation.policy import Machine
from benchmarks.simulation.trips import USUAL, Definitions

DEFINITIONS = Definitions()

BATCH_STATES = (
    *("BeginBatch", "PlanBatch", "IsPlanToRun", "RunExports", "CloseBatch", "IsBatchClosed"),
    *("PublishBatchCompleted", "IsBatchComplete", "BatchSucceeded"),
)
CHILD_STATES = ("PaceExport", "RunExport", "RecordOutcome", "HasItemLanded", "ItemLanded")
CREATE_STATES = ("BeginExport", "CreateExport", "IsExportNew")
POLL_STATES = ("WaitForExport", "CheckExport", "IsExportReady")
DOWNLOAD_STATES = ("DownloadExport", "IsDownloadFinished", "ExportSucceeded")
LEGACY_STATES = ("BeginExport", "CreateExport", "IsExportNew", "FetchReport", "ExportSucceeded")


def test_states_are_those_of_the_definitions() -> None:
    assert tuple(DEFINITIONS.batch_path()) == BATCH_STATES
    assert tuple(DEFINITIONS.child_path()) == CHILD_STATES
    assert tuple(DEFINITIONS.legacy_path()) == LEGACY_STATES
    for polls in (1, 2, 5):
        path = (*CREATE_STATES, *POLL_STATES * polls, *DOWNLOAD_STATES)
        assert tuple(DEFINITIONS.export_path(polls)) == path


def test_a_dry_run_and_a_failure_end_where_they_should() -> None:
    batch = walk.load("batch", MaxConcurrency=5)
    dry = walk.walk(batch, {}, {"PlanBatch": [{"Payload": {"dryRun": True}}]})
    assert dry[-1] == "PlanSucceeded"
    assert DEFINITIONS.refused_path()[-1] == "ExportFailed"
    assert DEFINITIONS.batch_path(scale.MAX_ROUNDS)[-1] == "BatchSucceeded"


@pytest.mark.parametrize("polls", [1, 2, 5, 12, 60])
def test_an_export_costs_its_states_functions_and_objects(polls: int) -> None:
    ages = list(islice(Machine().polls(0.0, USUAL.call), polls))
    trip = DEFINITIONS.landed(ages, USUAL)
    states = len(CHILD_STATES) + len(CREATE_STATES) + polls * len(POLL_STATES)
    # The child's start is charged as one transition more.
    assert trip.cost.transitions == 1 + states + len(DOWNLOAD_STATES)
    assert (trip.cost.invocations, trip.cost.puts) == (3 + polls, 7)
    assert trip.cost.gb_seconds == pytest.approx(0.25 * (2 + polls) * 0.35 + 0.75 * 2)


def test_a_legacy_report_costs_one_short_way() -> None:
    cost = DEFINITIONS.fetched(USUAL).cost
    assert cost.transitions == 1 + len(CHILD_STATES) + len(LEGACY_STATES)
    assert (cost.invocations, cost.puts) == (3, 6)
    assert cost.gb_seconds == pytest.approx(0.25 * 2 * 0.35 + 0.75 * 2)


def test_a_refused_export_costs_two_functions_and_an_outcome() -> None:
    cost = DEFINITIONS.refused(USUAL).cost
    assert cost.transitions == 1 + len(CHILD_STATES) + len(DEFINITIONS.refused_path())
    assert (cost.invocations, cost.puts) == (2, 2)
    assert cost.gb_seconds == pytest.approx(0.25 * 2 * 0.35)
