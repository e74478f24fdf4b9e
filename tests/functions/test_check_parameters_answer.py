"""What CloudFormation is told of the check of parameters: once, bounded, and no log has its URL."""

import json
import logging
import subprocess
import sys

import pytest

from local.gates.template import load_template
from local.paths import ROOT
from sei_export.errors import InvalidRequestError, ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from sei_export.settings import batch_defaults
from sei_export.steps.check_parameters import check_parameters
from tests.fakes.loopback import RESET, Answer, Loopback, reply
from tests.fakes.parameter_check import EVENT, deploys, given
from tests.fakes.timing import FakeClock
from tests.template.template import resource

TEMPLATE = load_template()
CHECK = resource(TEMPLATE, "CheckParameters")
FUNCTION = resource(TEMPLATE, "CheckParametersFunction")
SIGNATURE = "Signature=abc%2Bdef%3D"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _told(server: Loopback, clock: FakeClock, **settings: str) -> JsonObject:
    event: JsonObject = {
        **EVENT,
        "ResponseURL": f"{server.origin}/bucket/answer?{SIGNATURE}",
        "ResourceProperties": given(**settings),
    }
    return check_parameters(event, batch_defaults, deploys, clock.clock)


@pytest.mark.parametrize("settings", [{}, {"BATCH_PLAN": "漢"}], ids=["right", "wrong"])
def test_cloudformation_is_told_as_the_signature_wants_it(
    clock: FakeClock, settings: dict[str, str]
) -> None:
    with Loopback([reply()]) as server:
        answer = _told(server, clock, **settings)
    [put] = server.received
    assert (put.method, put.target) == ("PUT", f"/bucket/answer?{SIGNATURE}")
    # It would have to be part of the signature.
    assert put.headers["content-type"] is None
    assert put.authorization is None
    assert json.loads(put.body) == answer
    assert clock.slept == [0]


@pytest.mark.parametrize(
    "answer", [reply(503, b"busy"), reply(403, b"no"), RESET], ids=["503", "403", "reset"]
)
def test_an_answer_that_does_not_arrive_is_sent_again(clock: FakeClock, answer: Answer) -> None:
    with Loopback([answer, answer, reply()]) as server:
        assert _told(server, clock)["Status"] == "SUCCESS"
    assert len(server.received) == 3
    assert clock.slept == [0, 1, 2]


@pytest.mark.parametrize("listening", [True, False], ids=["503", "no connection"])
def test_given_nobody_takes_the_answer_then_the_function_fails_and_hides_the_url(
    clock: FakeClock, caplog: pytest.LogCaptureFixture, *, listening: bool
) -> None:
    with (
        Loopback(lambda _: reply(503), listening=listening) as server,
        pytest.raises(ServiceUnavailableError) as caught,
    ):
        _told(server, clock, BATCH_PLAN="{")
    # What Lambda writes of it: with its causes.
    logging.getLogger("lambda").error("failed", exc_info=caught.value)
    assert caplog.text.count("could not be told: ") == 3
    assert "Signature" not in caplog.text
    assert "/bucket/answer" not in caplog.text
    assert clock.slept == [0, 1, 2]


@pytest.mark.parametrize("url", ["no://where", f"http://[::1/bucket/answer?{SIGNATURE}"])
def test_a_url_that_is_none_is_not_logged(
    clock: FakeClock, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    with pytest.raises(ServiceUnavailableError) as caught:
        check_parameters({**EVENT, "ResponseURL": url}, batch_defaults, deploys, clock.clock)
    logging.getLogger("lambda").error("failed", exc_info=caught.value)
    assert caplog.text.count("could not be told: ") == 3
    assert url not in caplog.text


def test_all_tries_to_answer_fit_twice_into_cloudformations_time(
    clock: FakeClock,
) -> None:
    asked: list[float] = []

    def put(*_: object, timeout: float, **__: object) -> None:
        asked.append(timeout)
        raise TimeoutError

    event: JsonObject = {**EVENT, "ResponseURL": "http://x/"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("requests.put", put)
        with pytest.raises(ServiceUnavailableError):
            check_parameters(event, batch_defaults, deploys, clock.clock)
    # Connecting and reading each have it. Lambda tries once more, a minute later.
    once = 2 * sum(asked) + sum(clock.slept)
    assert once < float(FUNCTION["Timeout"])
    assert 2 * once + 60 < float(CHECK["ServiceTimeout"])


def test_invoked_by_hand_without_a_request_it_says_what_it_needs() -> None:
    with pytest.raises(InvalidRequestError, match="RequestType is missing"):
        check_parameters({}, batch_defaults, deploys)


# As Lambda runs it: what goes to its output is the log.
SCRIPT = """
import app, json, sys
from types import SimpleNamespace
context = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:f", aws_request_id="1",
)
told = app.handler(json.loads(sys.stdin.read()), context)
print(json.dumps({"told": told}))
"""


def test_the_function_tells_what_it_has_found_and_logs_no_url() -> None:
    with Loopback([reply(503), reply()]) as server:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT / "functions" / "check_parameters",
            env={
                "PYTHONPATH": str(ROOT / "layers" / "sei_export"),
                "POWERTOOLS_METRICS_NAMESPACE": "SeiExport",
                "POWERTOOLS_SERVICE_NAME": "check-parameters",
            },
            input=json.dumps(
                {
                    **EVENT,
                    "ResponseURL": f"{server.origin}/bucket/answer?{SIGNATURE}",
                    "ResourceProperties": given(BATCH_PLAN="[]"),
                }
            ),
            check=False,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["told"] == json.loads(server.received[1].body)
    assert lines[-1]["told"]["Reason"] == "The parameter BatchPlan is not a JSON object."
    assert {line["correlation_id"] for line in lines[:-1]} == {EVENT["StackId"]}
    log = done.stdout.rpartition("\n{")[0] + done.stderr
    assert "BatchPlan is not a JSON object" in log
    assert "HTTP 503" in log
    assert "Signature" not in log
    assert "/bucket/answer" not in log
