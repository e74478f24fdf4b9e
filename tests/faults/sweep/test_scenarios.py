"""Without a fault each way ends as it should, and goes where its name says."""
import pytest
from tests.faults.sweep import cases, promises
from tests.faults.sweep.scenarios import SCENARIOS

@pytest.mark.parametrize("name", SCENARIOS)
def test_x(name, caplog):
    caplog.set_level("DEBUG", "sei_export")
    with cases.made() as world:
        import time
        world.exchanges(SCENARIOS[name])
        t=time.perf_counter()
        journey = world.go(SCENARIOS[name])
        print(time.perf_counter()-t, journey.seconds, len(journey.plan.met), world.exchanges(SCENARIOS[name]))
        print([f"{e.place} {e.name}" for e in journey.plan.met])
        print(journey.engine.visited, journey.end.error)
        before = promises.visible(world._bucket(journey.scenario))
        print(promises.check(journey, before, caplog.text))
