"""Every way of every state of every machine is taken, and each ends with its one event.

The ways come from the definitions: Next, Default, each rule of a Choice, each catcher, and the end
of each retrier's tries for each error that it names. A state or a way that nothing here leads to
fails the test by its name.
"""

from typing import cast

import pytest

from tests.faults import ways
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.ways import UNREACHABLE, Walk
from tests.statemachine.engine import HISTORY_EVENTS, STARTED_MILLIS
from tests.statemachine.walks import DEFINITIONS, Run

MACHINES = ("export", "harvest", "batch", "child")


def _check(walk: Walk) -> Run:
    """Run it, and look at how it ends: with its event, unless the bus takes none to the end."""
    run = walk.run()
    end = run.end
    assert ways.graph(walk.name)[end.state]["Type"] in {"Succeed", "Fail"}, end
    assert run.engine.events < HISTORY_EVENTS
    seconds = (run.engine.jsonata.millis - STARTED_MILLIS) / 1000
    assert seconds <= cast("int", DEFINITIONS[walk.name].get("TimeoutSeconds", seconds))
    if run.bus.refusals and end.error is not None:
        assert _own_events(walk, run) == 0
        assert " Remedy: " in end.cause
        return run
    run.check()
    is_told = end.error is not None or end.state == "BatchSucceeded"
    assert _own_events(walk, run) == (is_told and walk.name != "child")
    return run


def _own_events(walk: Walk, run: Run) -> int:
    """How many events are about the execution: those about a harvest's exports are not."""
    details = run.bus.details
    return len([it for it in details if walk.name != "harvest" or it["exportId"] is None])


@pytest.mark.parametrize("name", MACHINES)
def test_every_way_of_every_state_is_taken(name: str, count: Count) -> None:
    unreachable = UNREACHABLE.get(name, {})
    taken = {
        way
        for walks in (ways.usual(name), ways.refused(name), ways.disturbed(name))
        for walk in walks
        for way in _check(walk).engine.taken
    }
    assert ways.ways(name) - taken == set(unreachable)
    assert taken <= ways.ways(name)
    count("ways of the machines' states", taken=len(taken), that_nothing_can_take=len(unreachable))


@pytest.mark.parametrize("name", MACHINES)
def test_whatever_fails_whenever_the_execution_ends_in_time_and_with_its_event(
    name: str, amount: Amount, count: Count
) -> None:
    for walk in amount.of(ways.disturbed(name, every_visit=True), 40):
        succeeded = _check(walk).end.error is None
        count("executions in which something fails", succeeded=succeeded, failed=not succeeded)
