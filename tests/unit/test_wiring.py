"""The real parts, against AWS's protocols on loopback ports."""

import base64
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from sei_export import wiring
from sei_export.bucket.parts import PART_BYTES
from sei_export.errors import ConfigurationError, ServiceUnavailableError
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.samples import manifest, request

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"
METADATA = {"export-id": "exp_1", "created-at": "2026-03-01T06:00:00Z"}
CREATED = reply(202, {"exportId": "exp_1"})


@dataclass
class Context:
    """Stands for the context that Lambda passes, with some time left."""

    seconds: float = 60

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda tells it."""
        return int(self.seconds * 1000)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No credentials but these, no configuration of the machine's, nothing kept."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    kept = (
        *(wiring.object_store, wiring.documents, wiring.landing, wiring.hints),
        *(wiring.executions, wiring.stacks),
        *(wiring._s3, wiring._secrets),  # noqa: SLF001 - kept for a process's life
    )
    for part in kept:
        part.cache_clear()
    yield
    for part in kept:
        part.cache_clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], Loopback]]:
    """Start an AWS that gives one answer to all."""
    started: list[Loopback] = []

    def start(answer: Answer) -> Loopback:
        server = Loopback(lambda _: answer)
        started.append(server)
        server.__enter__()
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.origin)
        return server

    yield start
    for server in started:
        server.__exit__()


def _secret(value: str) -> bytes:
    content = json.dumps({"ARN": SECRET, "Name": "key", "SecretString": value}).encode()
    return reply(200, content, {"Content-Type": "application/x-amz-json-1.1"})


def _deliver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_BUCKET", "landing")
    monkeypatch.setenv("EVENT_BUS_NAME", "bus")
    monkeypatch.setenv("STACK_NAME", "sei-export")


def _crc32(content: bytes) -> str:
    return base64.b64encode(zlib.crc32(content).to_bytes(4)).decode()


def _call(monkeypatch: pytest.MonkeyPatch, api: Loopback) -> None:
    monkeypatch.setenv("HARNESS_BASE_URL", f"{api.origin}/sei/api/")
    monkeypatch.setenv("API_KEY_SECRET_ARN", SECRET)


# --- the API ---


def test_when_connected_then_the_secrets_key_and_the_requests_project_are_used(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    manager = aws(_secret("pat.1"))
    with Loopback(lambda _: CREATED) as api:
        _call(monkeypatch, api)
        asked = request(orgIdentifier="other", projectIdentifier="team")
        for _ in range(2):
            assert wiring.connector(Context())(asked).create(asked).export_id == "exp_1"
    assert [received.authorization for received in api.received] == ["ApiKey pat.1"] * 2
    assert api.received[0].query == {"orgIdentifier": ["other"], "projectIdentifier": ["team"]}
    # One reading serves both calls.
    [read] = manager.received
    assert json.loads(read.body) == {"SecretId": SECRET}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        pytest.param(None, ("authorization", "ApiKey pat.1"), id="none"),
        pytest.param("Authorization", ("authorization", "ApiKey pat.1"), id="the usual"),
        pytest.param("SEI_API_KEY", ("sei_api_key", "pat.1"), id="the older"),
    ],
)
def test_given_a_header_in_the_settings_when_connected_then_it_carries_the_key(
    monkeypatch: pytest.MonkeyPatch,
    aws: Callable[[Answer], Loopback],
    header: str | None,
    value: tuple[str, str],
) -> None:
    aws(_secret("pat.1"))
    with Loopback(lambda _: CREATED) as api:
        _call(monkeypatch, api)
        monkeypatch.delenv("API_KEY_HEADER", raising=False)
        if header:
            monkeypatch.setenv("API_KEY_HEADER", header)
        wiring.connector(Context())(request()).create(request())
    headers = {name.lower(): text for name, text in api.received[0].headers.items()}
    assert {name: text for name, text in headers.items() if "pat.1" in text} == dict([value])


@pytest.mark.parametrize("status", [401, 403])
def test_given_a_rotated_secret_when_refused_then_it_is_read_again(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback], status: int
) -> None:
    manager = aws(_secret("pat.1"))

    def answer(_: Received) -> Answer:
        return CREATED if len(api.received) > 1 else reply(status)

    with Loopback(answer) as api:
        _call(monkeypatch, api)
        wiring.connector(Context())(request()).create(request())
    assert len(manager.received) == 2


def test_given_a_new_secret_when_connected_afresh_then_the_first_call_has_it_already(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    manager = aws(_secret("pat.1"))
    with Loopback(lambda _: CREATED) as api:
        _call(monkeypatch, api)
        wiring.connector(Context())(request()).create(request())
        client = wiring.connector(Context(), fresh_key=True)(request())
        for _ in range(2):
            client.create(request())
    assert len(api.received) == 3
    assert len(manager.received) == 2


def test_given_another_header_when_connected_then_the_parameter_is_named(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    aws(_secret("pat.1"))
    monkeypatch.setenv("HARNESS_BASE_URL", "https://app.harness.io/sei/api/")
    monkeypatch.setenv("API_KEY_SECRET_ARN", SECRET)
    monkeypatch.setenv("API_KEY_HEADER", "X-Key")
    connect = wiring.connector(Context())
    with pytest.raises(ConfigurationError, match=r"ApiKeyHeader is 'X-Key'.*SEI_API_KEY"):
        connect(request())


def test_given_no_time_for_reading_the_secret_again_when_refused_then_that_is_told(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    manager = aws(_secret("pat.1"))
    monkeypatch.setenv("SDK_CALL_SECONDS", "20")
    context = Context(seconds=60)

    def answer(_: Received) -> Answer:
        context.seconds = 19
        return reply(401)

    with Loopback(answer) as api:
        _call(monkeypatch, api)
        client = wiring.connector(context)(request())
        with pytest.raises(ServiceUnavailableError, match="19 s before the function's end"):
            client.create(request())
    assert (len(api.received), len(manager.received)) == (1, 1)


def test_given_calls_that_come_after_the_api_when_connected_then_they_have_their_time(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    aws(_secret("pat.1"))
    monkeypatch.setenv("SDK_CALL_SECONDS", "20")
    with Loopback(lambda _: reply(503, headers={"Retry-After": "17.5"})) as api:
        _call(monkeypatch, api)
        # 60 s, but for 3 s of margin and two calls of 20 s.
        client = wiring.connector(Context(seconds=60), calls_after=2)(request())
        with pytest.raises(ServiceUnavailableError):
            client.create(request())
    assert len(api.received) == 1


def test_given_little_time_when_connected_then_a_retry_beyond_it_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    aws(_secret("pat.1"))
    with Loopback(lambda _: reply(503, headers={"Retry-After": "57.5"})) as api:
        _call(monkeypatch, api)
        client = wiring.connector(Context(seconds=60))(request())
        with pytest.raises(ServiceUnavailableError, match=r"answered 503 at try 1 of 3"):
            client.create(request())
    assert len(api.received) == 1


def test_given_no_base_url_when_connected_then_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HARNESS_BASE_URL", raising=False)
    connect = wiring.connector(Context())
    with pytest.raises(ConfigurationError, match="HARNESS_BASE_URL"):
        connect(request())


# --- the bucket and the bus ---


def test_given_a_bucket_when_written_to_then_it_is_the_one_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    s3 = aws(reply(200, b"", {"ETag": '"abc"', "x-amz-version-id": "v1"}))
    _deliver(monkeypatch)
    store = wiring.object_store()
    with store.upload("exports/a b.gz", METADATA) as upload:
        upload.write_all([b"xyz"])
        stored = upload.publish(None, "ab")
    assert (stored.version_id, stored.etag, stored.size) == ("v1", "abc", 3)
    [received] = s3.received
    assert (received.method, received.path) == ("PUT", "/landing/exports/a%20b.gz")
    assert received.headers["if-none-match"] == "*"
    assert received.headers["x-amz-meta-export-id"] == "exp_1"
    assert received.headers["content-type"] == "application/gzip"
    assert received.headers["content-encoding"] is None
    assert received.body == b"xyz"
    assert received.headers["x-amz-checksum-crc32"] == _crc32(b"xyz")


def test_given_a_bucket_that_is_down_when_asked_for_a_hint_then_once_is_enough(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    s3 = aws(reply(503))
    _deliver(monkeypatch)
    with pytest.raises(ServiceUnavailableError):
        wiring.hints().read_json("manifests/series.json")
    assert len(s3.received) == 1


@pytest.mark.parametrize(("seconds", "tries"), [(None, 2), ("15", 2), ("75", 3)])
def test_given_a_functions_own_patience_when_a_client_is_made_then_it_has_that(
    monkeypatch: pytest.MonkeyPatch, seconds: str | None, tries: int
) -> None:
    monkeypatch.delenv("SDK_CALL_SECONDS", raising=False)
    if seconds:
        monkeypatch.setenv("SDK_CALL_SECONDS", seconds)
    client = wiring._s3()  # noqa: SLF001 - what all of the bucket's views have
    assert vars(client.meta.config)["retries"]["total_max_attempts"] == tries


def test_given_a_large_file_when_uploaded_then_its_parts_are_numbered_and_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(received: Received) -> Answer:
        if "uploads" in received.query:
            return reply(
                200,
                b'<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                b"<UploadId>u1</UploadId></InitiateMultipartUploadResult>",
            )
        if received.method == "PUT":
            sent.append(received)
            return reply(200, b"", {"ETag": '"p"'})
        completed.append(received)
        return reply(
            200,
            b'<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            b"<ETag>&quot;whole-2&quot;</ETag></CompleteMultipartUploadResult>",
            {"x-amz-version-id": "v2"},
        )

    sent: list[Received] = []
    completed: list[Received] = []
    with Loopback(answer) as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.origin)
        _deliver(monkeypatch)
        with wiring.object_store().upload("exports/a.gz", METADATA) as upload:
            upload.write_all([bytes(PART_BYTES + 5)])
            stored = upload.publish(None, "ab")
    assert (stored.version_id, stored.etag, stored.size) == ("v2", "whole-2", PART_BYTES + 5)
    sent.sort(key=lambda part: part.query["partNumber"])
    assert [part.query["partNumber"] for part in sent] == [["1"], ["2"]]
    assert [part.body for part in sent] == [bytes(PART_BYTES), bytes(5)]
    checksums = [_crc32(part.body) for part in sent]
    assert [part.headers["x-amz-checksum-crc32"] for part in sent] == checksums
    [received] = completed
    assert received.headers["if-none-match"] == "*"
    assert re.findall("<ChecksumCRC32>(.*?)<", received.body.decode()) == checksums


def test_given_a_bus_when_announced_then_it_is_the_one_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, aws: Callable[[Answer], Loopback]
) -> None:
    answer = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
    content = json.dumps(answer).encode()
    events = aws(reply(200, content, {"Content-Type": "application/x-amz-json-1.1"}))
    _deliver(monkeypatch)
    landed = manifest(request())
    wiring.landing().bus.export_completed(landed)
    [received] = events.received
    [entry] = json.loads(received.body)["Entries"]
    assert entry["EventBusName"] == "bus"
    assert json.loads(entry["Detail"])["exportId"] == landed.export_id


def test_given_a_part_when_asked_for_twice_then_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _deliver(monkeypatch)
    assert wiring.object_store() is wiring.object_store()
    assert wiring.landing() is wiring.landing()
    assert wiring.landing().store is wiring.object_store()
    assert wiring.documents() is wiring.documents()
    assert wiring.landing().documents is wiring.documents()


@pytest.mark.parametrize(
    ("part", "missing"),
    [
        (wiring.object_store, "EXPORT_BUCKET"),
        (wiring.documents, "EXPORT_BUCKET"),
        (partial(wiring.staging, "staging/a/"), "EXPORT_BUCKET"),
        (wiring.landing, "EVENT_BUS_NAME"),
        (wiring.landing, "STACK_NAME"),
    ],
)
def test_given_a_missing_setting_when_a_part_is_made_then_it_is_named(
    monkeypatch: pytest.MonkeyPatch, part: Callable[[], object], missing: str
) -> None:
    _deliver(monkeypatch)
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigurationError, match=missing):
        part()


def test_given_no_settings_when_every_module_is_imported_then_nothing_is_missed() -> None:
    script = (
        "import pkgutil, importlib, sei_export\n"
        'for it in pkgutil.walk_packages(sei_export.__path__, "sei_export."):\n'
        "    importlib.import_module(it.name)\n"
    )
    package = Path(wiring.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(package)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr


# --- executions ---

RUN_ARN = "arn:aws:states:eu-west-1:123456789012:execution:Batch:weekly"


def _described(status: str) -> bytes:
    return reply(200, {"executionArn": RUN_ARN, "status": status})


@pytest.mark.parametrize(
    ("answer", "is_running"),
    [
        pytest.param(_described("RUNNING"), True, id="runs"),
        pytest.param(_described("ABORTED"), False, id="was stopped"),
        pytest.param(_described("FAILED"), False, id="failed"),
        pytest.param(
            reply(400, {"__type": "ExecutionDoesNotExist"}), False, id="nobody knows it any more"
        ),
        pytest.param(
            reply(400, {"__type": "AccessDeniedException"}), False, id="nobody may ask for it"
        ),
    ],
)
def test_an_execution_runs_only_if_step_functions_says_so(
    aws: Callable[[Answer], Loopback],
    caplog: pytest.LogCaptureFixture,
    answer: bytes,
    is_running: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    states = aws(answer)
    assert wiring.executions().is_running(RUN_ARN) is is_running
    [asked] = states.received
    assert asked.headers["x-amz-target"] == "AWSStepFunctions.DescribeExecution"
    # Without what was put in and what came out.
    assert json.loads(asked.body) == {"executionArn": RUN_ARN, "includedData": "METADATA_ONLY"}
    warned = [f"Whether {RUN_ARN} still runs is not known: " in it for it in caplog.messages]
    assert warned == [True] * (b'"__type"' in answer)


# --- stacks ---

STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/sei-export/1"


@pytest.mark.parametrize(
    ("status", "is_rolling_back"),
    [
        ("UPDATE_ROLLBACK_IN_PROGRESS", True),
        ("UPDATE_IN_PROGRESS", False),
        ("UPDATE_COMPLETE", False),
    ],
)
def test_a_stack_rolls_back_if_cloudformation_says_so(
    aws: Callable[[Answer], Loopback],
    status: str,
    is_rolling_back: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    member = f"<member><StackName>s</StackName><StackStatus>{status}</StackStatus></member>"
    result = f"<DescribeStacksResult><Stacks>{member}</Stacks></DescribeStacksResult>"
    clouds = aws(reply(200, f"<DescribeStacksResponse>{result}</DescribeStacksResponse>".encode()))
    assert wiring.stacks().is_rolling_back(STACK_ID) is is_rolling_back
    [asked] = clouds.received
    assert f"StackName={quote(STACK_ID, safe='')}" in asked.body.decode()
