"""What is mended in how the emulator runs a map and stops executions, and what it does unmended."""

import json
from typing import TYPE_CHECKING

from tests.cloud.emulator import ask
from tests.statemachine import machine
from tests.statemachine.walks import DEFINITIONS, SUBSTITUTIONS

if TYPE_CHECKING:
    from sei_export.jsontypes import JsonObject

MAP = """
engine._s3_object_text = lambda bucket, key: given["objects"][f"{bucket}/{key}"]
mend()
definition = {"QueryLanguage": "JSONata", "StartAt": "RunExports", "States": given["states"]}
machine = json.loads(engine._create_state_machine({
    "name": "Batch", "definition": json.dumps(definition), "roleArn": "arn:aws:iam::1:role/r",
})[2])["stateMachineArn"]
begun = json.loads(engine._start_execution({
    "stateMachineArn": machine, "input": json.dumps(given["input"]),
})[2])
execution = engine._executions[begun["executionArn"]]
limit = time.monotonic() + 20
while execution["status"] == "RUNNING":
    assert time.monotonic() < limit, execution
    time.sleep(0.05)
children = [it for it in engine._executions.values() if "mapRunArn" in it]
tell({
    "output": json.loads(execution["output"]),
    "children": sorted(it["input"] for it in children),
    "at a time": [run["maxConcurrency"] for run in engine._map_runs.values()],
})
"""

STOP = """
mend()
def create(name, states):
    definition = {"QueryLanguage": "JSONata", "StartAt": "First", "States": states}
    status, _, body = engine._create_state_machine({
        "name": name, "definition": json.dumps(definition), "roleArn": "arn:aws:iam::1:role/r",
    })
    assert status == 200, body
    return json.loads(body)["stateMachineArn"]

def find(machine):
    found = [it for it in engine._executions.values() if it["stateMachineArn"].startswith(machine)]
    return {it["executionArn"]: it for it in found}

inner = create("Inner", {
    "First": {"Type": "Wait", "Seconds": 6, "Next": "Then"},
    "Then": {"Type": "Pass", "End": True},
})
task = {
    "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
    "Arguments": {"StateMachineArn": inner}, "End": True,
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}],
}
outer = create("Outer", {"First": {
    "Type": "Map", "MaxConcurrency": 2, "End": True,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Only", "States": {"Only": task},
    },
}})
other = json.loads(engine._start_execution({"stateMachineArn": inner, "name": "other"})[2])
begun = json.loads(engine._start_execution({"stateMachineArn": outer, "input": "[1, 2, 3]"})[2])
limit = time.monotonic() + 20
while len(find(inner)) < 3:
    assert time.monotonic() < limit, engine._executions
    time.sleep(0.05)
engine._stop_execution({"executionArn": begun["executionArn"]})

def statuses():
    nested = {arn: it for arn, it in find(inner).items() if arn != other["executionArn"]}
    (run,) = engine._map_runs.values()
    return {
        "outer": engine._executions[begun["executionArn"]]["status"],
        "children": sorted(it["status"] for it in find(outer.replace("Outer", "Outer/")).values()),
        "nested": sorted(it["status"] for it in nested.values()),
        "run": run["status"],
        "aborted": run["executionCounts"]["aborted"],
    }

at_once = statuses()
# Until everything that might go on has ended.
time.sleep(given["seconds"])
tell({
    "at once": at_once, "later": statuses(),
    "other": engine._executions[other["executionArn"]]["status"],
})
"""


def test_the_fields_of_a_batchs_map_are_evaluated() -> None:
    run_exports = machine.states(DEFINITIONS["batch"])["RunExports"]
    only: JsonObject = {
        "ProcessorConfig": run_exports["ItemProcessor"]["ProcessorConfig"],
        "StartAt": "Only",
        "States": {"Only": {"Type": "Pass", "End": True}},
    }
    bucket = run_exports["ItemReader"]["Arguments"]["Bucket"]
    given: JsonObject = {
        "states": {
            "RunExports": {**run_exports, "Retry": [], "ItemProcessor": only},
            "CloseBatch": {"Type": "Pass", "End": True},
        },
        "objects": {f"{bucket}/runs/items.json": '["a", "b", "c"]'},
        "input": {"itemsKey": "runs/items.json", "run": "run-1", "round": 2},
    }
    mended = ask(MAP, given, "maps")
    selected = [{"item": item, "run": "run-1", "round": 2} for item in "abc"]
    assert [json.loads(child) for child in mended["children"]] == selected
    assert mended["at a time"] == [int(SUBSTITUTIONS["MaxConcurrency"])]
    assert mended["output"] == {"run": "run-1", "round": 2}
    unmended = ask(MAP, given)
    assert unmended["children"] == []
    assert unmended["output"]["Cause"] == repr(f"{bucket}/{{% $states.input.itemsKey %}}")


def test_what_a_stopped_execution_waits_for_is_stopped_with_it() -> None:
    told = ask(STOP, {"seconds": 10}, "stopping")
    ended = {
        "outer": "ABORTED",
        # The third item was still to begin, and never is.
        "children": ["ABORTED", "ABORTED"],
        "nested": ["ABORTED", "ABORTED"],
        "run": "ABORTED",
        "aborted": 3,
    }
    assert told == {"at once": ended, "later": ended, "other": "SUCCEEDED"}
    unmended = ask(STOP, {"seconds": 0})
    assert unmended["later"] == {
        "outer": "ABORTED",
        "children": ["RUNNING", "RUNNING"],
        "nested": ["RUNNING", "RUNNING"],
        "run": "RUNNING",
        "aborted": 0,
    }
