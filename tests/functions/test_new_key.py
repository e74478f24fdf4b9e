"""A new key counts from the next execution on: the functions that begin one read it afresh."""

import json
import os
import subprocess
import sys
from itertools import accumulate
from pathlib import Path

from local.paths import ROOT
from sei_export.jsontypes import JsonObject
from tests.fakes.loopback import Answer, Loopback, Received, reply

# All functions in one process, which has one cache of the key. The API refuses every call.
SCRIPT = """
import importlib.util, json, sys
from types import SimpleNamespace

context = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:f", aws_request_id="1",
    get_remaining_time_in_millis=lambda: 60_000,
)
for name, event in json.loads(sys.stdin.read()):
    spec = importlib.util.spec_from_file_location(name, f"functions/{name}/app.py")
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    try:
        app.handler(event, context)
    except Exception as error:
        print(type(error).__name__, error, file=sys.stderr)
    else:
        raise AssertionError(f"{name} was not refused")
"""


def _event(name: str, **fields: object) -> tuple[str, JsonObject]:
    event: JsonObject = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return name, {**event, **fields}  # type: ignore[dict-item]  # JSON values


def _dry_run() -> tuple[str, JsonObject]:
    name, event = _event("plan_batch")
    plan = event["input"]
    assert isinstance(plan, dict)
    return name, {**event, "input": {**plan, "dryRun": True}}


INVOCATIONS = [
    (_event("check_export"), "first, nothing is cached"),
    (_event("create_export"), "afresh"),
    (_event("check_export"), "cached"),
    (_dry_run(), "afresh"),
    (_event("list_exports"), "afresh"),
    (_event("list_exports", cursor={"report": "productivity", "page": 1}), "cached"),
    (_event("fetch_report"), "afresh"),
    (_event("download_export"), "cached"),
]


def test_what_begins_an_execution_reads_the_key_afresh(tmp_path: Path) -> None:
    read: list[str] = []

    def aws(received: Received) -> Answer:
        if "secretsmanager" not in (received.headers["x-amz-target"] or ""):
            return reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        read.append(f"pat.{len(read) + 1}")
        content = json.dumps({"ARN": "arn:key", "Name": "key", "SecretString": read[-1]}).encode()
        return reply(200, content, {"Content-Type": "application/x-amz-json-1.1"})

    with Loopback(aws) as cloud, Loopback(lambda _: reply(400)) as api:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT / "layers" / "sei_export"),
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_CONFIG_FILE": str(tmp_path / "config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
                "AWS_ENDPOINT_URL": cloud.origin,
                "POWERTOOLS_METRICS_NAMESPACE": "SeiExport",
                "POWERTOOLS_SERVICE_NAME": "f",
                "HARNESS_BASE_URL": f"{api.origin}/sei/api/",
                "API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key",
                "HARNESS_ORG_IDENTIFIER": "default",
                "HARNESS_PROJECT_IDENTIFIER": "demo",
                "DEFAULT_REQUEST": "{}",
                "BATCH_PLAN": "{}",
                "MAX_CONCURRENCY": "1",
                "EXPORT_TIMEOUT_MINUTES": "60",
                "EXPORT_BUCKET": "landing",
                "EVENT_BUS_NAME": "bus",
                "STACK_NAME": "sei-export",
            },
            input=json.dumps([invocation for invocation, _ in INVOCATIONS]),
            check=False,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    readings = [*accumulate(how == "afresh" for _, how in INVOCATIONS)]
    expected = [f"ApiKey pat.{1 + number}" for number in readings]
    assert [received.authorization for received in api.received] == expected, done.stderr
    assert len(read) == 1 + readings[-1]
