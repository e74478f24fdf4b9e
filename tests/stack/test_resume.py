"""A download that breaks off goes on where it stopped, or is proven to be the same again."""

from typing import TYPE_CHECKING

import pytest

from tests.stack.harness import Harness, new_team, request_for

if TYPE_CHECKING:
    from sei_export.jsontypes import JsonObject

CUTS = (300_000, 500_000, 200_000)


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
