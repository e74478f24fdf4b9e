"""What is mended in the emulator, and what it does unmended: a mend that is needed no more goes."""

import pytest

from sei_export.jsontypes import JsonObject
from tests.cloud.emulator import EMULATOR, ask
from tests.statemachine import machine

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

INVOKE = """
from ministack.services import lambda_svc
mend()
tries, failed, done = [], [], threading.Event()
def execute(function, event):
    tries.append(event)
    if len(tries) == given["until"]:
        done.set()
    return {"error": True, "body": {}}
lambda_svc._execute_function = execute
lambda_svc._route_async_failure = lambda arn, *_: (failed.append(arn), done.set())
lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS = 0.01
config = {"FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}
function = {"config": config, "event_invoke_config": given["config"]}
lambda_svc._get_func_record_for_ref = lambda arn: (function, config, "f")
lambda_svc._execution_record_for_config = lambda function, config: {"config": config}
eventbridge._dispatch_to_lambda(config["FunctionArn"], json.dumps({"a": 1}))
done.wait(5)
time.sleep(0.2)
tell({"tries": len(tries), "failed": failed})
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


def test_the_emulators_application_loads_every_mend() -> None:
    mends = {file.stem for file in EMULATOR.glob("*.py")} - {"app"}
    assert set(ask(LOAD, None)) >= mends


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
    mended = ask(CHOOSE, question, "choices")
    assert mended["next"] == "RecordOutcome"
    assert mended["output"] == {
        "export": {"exportId": "exp_1"},
        "failure": state["Output"]["failure"],
    }
    unmended = ask(CHOOSE, question)
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
    told = ask(CHOOSE, {"state": state, "input": {"calls": calls}}, "choices")
    assert told == {"output": output, "next": "Else", "variables": variables}


def test_an_expression_ends_although_the_machine_is_busy() -> None:
    expression = "{% $sum([1, 2, 3].($ * $states.input.calls)) %}"
    assert ask(EVALUATE, expression, "limits") == 30
    error, cause = ask(EVALUATE, expression)
    assert (error, str(cause)[:5]) == ("States.QueryEvaluationError", "D1012")


def test_an_expression_without_end_ends() -> None:
    endless = "{% ( $f := function() { $f() }; $f() ) %}"
    error, cause = ask(EVALUATE, endless, "limits")
    assert (error, str(cause)[:5]) == ("States.QueryEvaluationError", "D1012")


def test_an_objects_event_names_its_version() -> None:
    mended = ask(NOTIFY, {"versioned": True}, "notifications")
    assert mended["version"]
    assert mended["object"]["version-id"] == mended["version"]
    assert mended["object"]["key"] == "exports/a.csv.gz"
    unmended = ask(NOTIFY, {"versioned": True})
    assert "version-id" not in unmended["object"]


def test_in_a_bucket_without_versions_an_objects_event_names_none() -> None:
    told = ask(NOTIFY, {"versioned": False}, "notifications")
    assert told["version"] is None
    assert "version-id" not in told["object"]


@pytest.mark.parametrize(
    ("mends", "tries", "failed"), [((), 1, []), (("rules",), 3, ["arn:of-failures"])]
)
def test_a_rules_function_that_fails_is_tried_again_and_then_its_failure_is_handed_on(
    mends: tuple[str, ...], tries: int, failed: list[str]
) -> None:
    config: JsonObject = {"DestinationConfig": {"OnFailure": {"Destination": "arn:of-failures"}}}
    given: JsonObject = {"config": config, "until": 1 if not mends else 99}
    assert ask(INVOKE, given, *mends) == {"tries": tries, "failed": failed}
