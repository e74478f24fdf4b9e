"""Without a fault each way ends as it should, and is the way that its name says."""

from collections import Counter

import pytest

from local.gates.template import load_template
from tests.faults.sweep import cases, promises
from tests.faults.sweep.journey import SECONDS
from tests.faults.sweep.plan import Fault
from tests.faults.sweep.scenarios import SCENARIOS
from tests.faults.sweep.world import World
from tests.template.template import of_type


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_way_without_a_fault_ends_as_it_should(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "sei_export")
    scenario = SCENARIOS[name]
    before = promises.visible(world.bucket(scenario))
    journey = world.go(scenario)
    promises.check(journey, before, caplog.text)
    assert journey.end.error == scenario.error
    assert bool(before) == scenario.older


@pytest.mark.parametrize(
    ("name", "state", "visits", "exchange", "times"),
    [
        ("gzip", "CheckExport", 3, "file", 1),
        ("signed link", "DownloadExport", 1, "link", 1),
        ("redirect", "DownloadExport", 1, "link", 1),
        ("several connections", "DownloadExport", 1, "file", 3),
        ("several invocations", "DownloadExport", 3, "list_parts staging", 1),
        ("slower than it looked", "DownloadExport", 4, "abort_multipart_upload exports", 1),
        ("legacy report", "FetchReport", 1, "report", 1),
        ("made again", "CreateExport", 2, "create", 2),
        ("fails", "CreateExport", 2, "put_events", 1),
    ],
)
def test_a_way_is_what_its_name_says(
    world: World, name: str, state: str, visits: int, exchange: str, times: int
) -> None:
    journey = world.go(SCENARIOS[name])
    counted = (
        journey.engine.visited.count(state),
        Counter(it.name for it in journey.plan.met)[exchange],
    )
    if SCENARIOS[name].seconds_of_a_byte:
        # How many of its bytes come at a time, the network decides.
        assert counted >= (visits, times)
    else:
        assert counted == (visits, times)


def test_each_kind_of_fault_strikes_and_no_two_have_one_name(world: World) -> None:
    every = [kind for place in cases.kinds().values() for kind in place]
    assert len({(kind.place, kind.name) for kind in every}) == len(every)
    for kind in every:
        scenario = SCENARIOS["fails" if kind.place == "machine bus" else "legacy report"]
        assert world.go(scenario, (Fault(kind, 1),)).plan.struck, kind


def test_functions_have_as_long_as_the_template_gives_them() -> None:
    functions = of_type(load_template(), "AWS::Serverless::Function")
    names = {name: name.replace("LandExport", "DownloadExport") for name in SECONDS}
    timeouts = {name: functions[f"{names[name]}Function"]["Timeout"] for name in SECONDS}
    assert timeouts == SECONDS
