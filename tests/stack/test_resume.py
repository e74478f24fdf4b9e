"""A download that breaks off, or takes too long, goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterator

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.download.over_invocations import HANDOVER_SECONDS
from sei_export.jsontypes import JsonObject
from tests.stack.harness import Execution, Harness, new_team, request_for

CUTS = (300_000, 500_000, 200_000)
MIB = 1024 * 1024
ROWS_OF_300_MIB = 1_600_000
PACE = 12 * MIB
USABLE_SECONDS = 8
"""Of an invocation; at that pace, less than a third of the file."""


@pytest.fixture
def short_download(stack: Harness) -> Iterator[None]:
    """A DownloadExport that has seconds instead of minutes."""
    name = stack.stack.outputs["DownloadExportFunctionArn"]

    def allow(seconds: int) -> None:
        stack.aws.functions.update_function_configuration(FunctionName=name, Timeout=seconds)

    before = stack.aws.functions.get_function_configuration(FunctionName=name)["Timeout"]
    # What is kept for handing over, and the 3 s that are kept for telling about a failure.
    allow(int(HANDOVER_SECONDS) + 3 + USABLE_SECONDS)
    yield
    allow(before)


@pytest.mark.parametrize("link", ["url", "signed", "redirect"])
def test_with_ranges_a_body_cut_three_times_lands_whole_and_each_byte_is_fetched_once(
    stack: Harness, link: str
) -> None:
    team = new_team()
    faults: JsonObject = {"download": [{"cutAfterBytes": size} for size in CUTS]}
    stack.simulator.behave(team, ranges=True, rows=60_000, link=link, faults=faults)
    run = stack.run(request_for(team, metricGroups=[]))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    served = stack.simulator.content(str(run.output["exportId"]))
    assert stack.csv(str(run.output["key"])) == served
    step = "download" if link == "url" else "signed"
    calls = stack.simulator.calls(team, step)
    starts = [0, CUTS[0], sum(CUTS[:2]), sum(CUTS)]
    asked = [f"bytes={start}-" if start else None for start in starts]
    assert [call["range"] for call in calls] == asked
    sent = [int(str(call["sentBytes"])) for call in calls]
    assert sum(sent) == run.output["sizeBytes"]
    assert run.entered("DownloadExport") == 1


def test_without_ranges_it_starts_over_and_what_came_twice_is_compared(stack: Harness) -> None:
    team = new_team()
    faults: JsonObject = {"download": [{"cutAfterBytes": size} for size in (300_000, 500_000)]}
    stack.simulator.behave(team, rows=60_000, encoding="plain", faults=faults)
    run = stack.run(request_for(team, metricGroups=[]))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    served = stack.simulator.content(str(run.output["exportId"]))
    assert stack.csv(str(run.output["key"])) == served
    calls = stack.simulator.calls(team, "download")
    assert [call["range"] for call in calls] == [None] * 3
    assert [call["sentBytes"] for call in calls] == [300_000, 500_000, len(served)]


@pytest.mark.usefixtures("short_download")
def test_a_file_too_slow_for_one_invocation_goes_on_in_the_next_and_no_part_comes_twice(
    stack: Harness,
) -> None:
    team = new_team()
    stack.simulator.behave(
        team,
        ranges=True,
        rows=ROWS_OF_300_MIB,
        encoding="plain",
        bytesPerSecond=PACE,
        # As long as the simulator may take to write so many rows.
        processingSeconds=25,
    )
    run = stack.run(request_for(team, metricGroups=[]))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    served = stack.simulator.content(str(run.output["exportId"]))
    size = len(served)
    assert size >= 300 * MIB
    # Not the bytes themselves: showing how such two differ takes for ever.
    landed = hashlib.sha256(stack.csv(str(run.output["key"]))).hexdigest()
    assert landed == hashlib.sha256(served).hexdigest() == run.output["contentSha256"]
    # The last invocation reads back what is staged; those before it asked the API.
    calls = stack.simulator.calls(team, "download")
    assert len(calls) >= 3
    assert run.entered("DownloadExport") == len(calls) + 1
    starts = [int(str(call["range"] or "bytes=0-")[6:-1]) for call in calls]
    sent = [int(str(call["sentBytes"])) for call in calls]
    # Each begins where the parts that were finished before it end.
    assert starts[0] == 0
    assert [start % PART_BYTES for start in starts] == [0] * len(starts)
    kept = [output["receivedBytes"] for output in _answers(run, "DownloadExport")[:-1]]
    assert kept == [*starts[1:], size]
    for start, count, following in zip(starts, sent, starts[1:], strict=False):
        assert start < following <= start + count
    assert starts[-1] + sent[-1] == size
    assert stack.open_uploads() == 0
    assert len(stack.versions(str(run.output["key"]))) == 1


@pytest.mark.usefixtures("short_download")
def test_without_ranges_such_a_file_fails_and_says_why_and_what_to_do(stack: Harness) -> None:
    team = new_team()
    stack.simulator.behave(team, rows=100_000, encoding="plain", bytesPerSecond=MIB // 4)
    run = stack.run(request_for(team, metricGroups=[]))

    assert (run.status, run.error) == ("FAILED", "ExportTimedOutError")
    assert "cannot go on in the middle of a file" in run.cause
    assert "Remedy: Export less at a time" in run.cause
    assert stack.open_uploads() == 0


def _answers(run: Execution, state: str) -> list[JsonObject]:
    """What a state ended with, each time."""
    ended = (event.get("stateExitedEventDetails") for event in run.history)
    return [
        json.loads(str(details["output"]))
        for details in ended
        if isinstance(details, dict) and details["name"] == state
    ]
