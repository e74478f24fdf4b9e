"""What is mended in the emulator, and what it does unmended: a mend that is needed no more goes."""

import json
import subprocess
from typing import Any

import pytest

from local.paths import CLOUD_PYTHON, ROOT
from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import machine
from tests.statemachine.walks import DEFINITIONS, SUBSTITUTIONS

EMULATOR = ROOT / "local" / "cloud" / "emulator"

type Told = Any
"""JSON whose form its own test asserts."""

BEGIN = """
import json, os, sys, threading, time
given, mends = json.loads(sys.stdin.read())
sys.path.insert(0, os.getcwd())
from ministack.services import eventbridge, stepfunctions as engine

def mend():
    for name in mends:
        __import__(name)

def tell(value):
    print(json.dumps(value), flush=True)
    os._exit(0)  # threads may still wait
"""

LOAD = """
import app
assert callable(app.app)
tell(sorted(sys.modules))
"""

CHOOSE = """
mend()
context = {"QueryLanguage": "JSONata", "variables": {"calls": 3}}
output, following = engine._execute_choice(given["state"], given["input"], context)
tell({"output": output, "next": following, "variables": context["variables"]})
"""

EVALUATE = """
from jsonata import timebox
mend()
# A machine so busy that each look at the clock comes 300 ms after the last one.
clock = iter(range(0, 10**9, 300))
timebox.Timebox.current_milli_time = staticmethod(lambda: next(clock))
try:
    tell(engine._apply_jsonata_template(given, {"calls": 5}))
except engine._ExecutionError as error:
    tell([error.error, error.cause])
"""

NOTIFY = """
import asyncio
events, came = [], threading.Event()
def dispatch(event, *_, **__):
    events.append(json.loads(event["Detail"]))
    came.set()
eventbridge._dispatch_event = dispatch
mend()
from ministack.app import app

async def put(path, query=b"", body=b""):
    sent = []
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}
    async def send(message):
        sent.append(message)
    await app({
        "type": "http", "method": "PUT", "path": path, "raw_path": path.encode(),
        "query_string": query, "http_version": "1.1", "scheme": "http", "root_path": "",
        "headers": [(b"host", b"s3.amazonaws.com"), (b"content-length", b"%d" % len(body))],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "extensions": {},
    }, receive, send)
    assert sent[0]["status"] == 200, sent
    return {name.lower().decode(): value.decode() for name, value in sent[0]["headers"]}

async def main():
    xml = b'<%s xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</%s>'
    name = b"NotificationConfiguration"
    await put("/landing")
    if given["versioned"]:
        enabled = b"<Status>Enabled</Status>"
        about = b"VersioningConfiguration"
        await put("/landing", b"versioning=", xml % (about, enabled, about))
    await put("/landing", b"notification=", xml % (name, b"<EventBridgeConfiguration/>", name))
    return await put("/landing/exports/a.csv.gz", b"", b"content")

headers = asyncio.run(main())
assert came.wait(20)
tell({"version": headers.get("x-amz-version-id"), "object": events[0]["object"]})
"""

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


def _ask(script: str, given: JsonValue, *mends: str) -> Told:
    done = subprocess.run(
        [CLOUD_PYTHON, "-c", BEGIN + script],
        cwd=EMULATOR,
        input=json.dumps([given, mends]),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_emulators_application_loads_every_mend() -> None:
    mends = {file.stem for file in EMULATOR.glob("*.py")} - {"app"}
    assert set(_ask(LOAD, None)) >= mends


LANDED: JsonObject = {
    "export": {"exportId": "exp_1"},
    "calls": 1,
    "result": {"neither": "a result", "nor": "how far it came"},
}


def test_a_harvested_export_that_ends_oddly_leaves_with_the_defaults_output() -> None:
    graphs = machine.graphs(machine.load(machine.HARVEST))
    (state,) = (
        it["IsExportLanded"] for it in map(machine.states, graphs) if "IsExportLanded" in it
    )
    question: JsonObject = {"state": state, "input": LANDED}
    mended = _ask(CHOOSE, question, "choices")
    assert mended["next"] == "RecordOutcome"
    assert mended["output"] == {
        "export": {"exportId": "exp_1"},
        "failure": state["Output"]["failure"],
    }
    unmended = _ask(CHOOSE, question)
    assert unmended["output"] == LANDED


RULE = {"Condition": "{% $states.input.calls = 1 %}", "Next": "Else", "Output": "the rule's"}


@pytest.mark.parametrize(
    ("calls", "output", "variables"),
    [
        pytest.param(1, "the rule's", {"calls": 3}, id="a rule that leads where the default does"),
        pytest.param(2, "3, then", {"calls": 4}, id="the output does not see what is assigned"),
    ],
)
def test_a_choice_leaves_with_one_output(calls: int, output: str, variables: JsonObject) -> None:
    state: JsonObject = {
        "Choices": [RULE],  # type: ignore[list-item]  # JSON values
        "Output": "{% $calls & ', then' %}",
        "Assign": {"calls": "{% $calls + 1 %}"},
        "Default": "Else",
    }
    told = _ask(CHOOSE, {"state": state, "input": {"calls": calls}}, "choices")
    assert told == {"output": output, "next": "Else", "variables": variables}


def test_an_expression_ends_although_the_machine_is_busy() -> None:
    expression = "{% $sum([1, 2, 3].($ * $states.input.calls)) %}"
    assert _ask(EVALUATE, expression, "limits") == 30
    error, cause = _ask(EVALUATE, expression)
    assert (error, str(cause)[:5]) == ("States.QueryEvaluationError", "D1012")


def test_an_expression_without_end_ends() -> None:
    endless = "{% ( $f := function() { $f() }; $f() ) %}"
    error, cause = _ask(EVALUATE, endless, "limits")
    assert (error, str(cause)[:5]) == ("States.QueryEvaluationError", "D1012")


def test_an_objects_event_names_its_version() -> None:
    mended = _ask(NOTIFY, {"versioned": True}, "notifications")
    assert mended["version"]
    assert mended["object"]["version-id"] == mended["version"]
    assert mended["object"]["key"] == "exports/a.csv.gz"
    unmended = _ask(NOTIFY, {"versioned": True})
    assert "version-id" not in unmended["object"]


def test_in_a_bucket_without_versions_an_objects_event_names_none() -> None:
    told = _ask(NOTIFY, {"versioned": False}, "notifications")
    assert told["version"] is None
    assert "version-id" not in told["object"]


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
    mended = _ask(MAP, given, "maps")
    selected = [{"item": item, "run": "run-1", "round": 2} for item in "abc"]
    assert [json.loads(child) for child in mended["children"]] == selected
    assert mended["at a time"] == [int(SUBSTITUTIONS["MaxConcurrency"])]
    assert mended["output"] == {"run": "run-1", "round": 2}
    unmended = _ask(MAP, given)
    assert unmended["children"] == []
    assert unmended["output"]["Cause"] == repr(f"{bucket}/{{% $states.input.itemsKey %}}")


def test_what_a_stopped_execution_waits_for_is_stopped_with_it() -> None:
    told = _ask(STOP, {"seconds": 10}, "stopping")
    ended = {
        "outer": "ABORTED",
        # The third item was still to begin, and never is.
        "children": ["ABORTED", "ABORTED"],
        "nested": ["ABORTED", "ABORTED"],
        "run": "ABORTED",
        "aborted": 3,
    }
    assert told == {"at once": ended, "later": ended, "other": "SUCCEEDED"}
    unmended = _ask(STOP, {"seconds": 0})
    assert unmended["later"] == {
        "outer": "ABORTED",
        "children": ["RUNNING", "RUNNING"],
        "nested": ["RUNNING", "RUNNING"],
        "run": "RUNNING",
        "aborted": 0,
    }
