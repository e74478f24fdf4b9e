"""`make up` and `make down` in a checkout of their own, against an API of its own."""

import gzip
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.cloud.aws import Aws
from local.cloud.processes import free_port, is_listening
from local.paths import LOCAL, ROOT
from sei_export.request.path import ABSENT

KEY = "key-of-another-api"
CSV = b"Team,PR_MERGED\nPlatform,3\n"


class OwnApi(BaseHTTPRequestHandler):
    """The least that an SEI API can be: done at once, plain CSV, no link."""

    def do_POST(self) -> None:
        """Create."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(202, b'{"exportId": "own1"}')

    def do_GET(self) -> None:
        """Status or download."""
        download = self.path.partition("?")[0].endswith("/own1/download")
        self.answer(200, CSV if download else b'{"exportId": "own1", "status": "COMPLETED"}')

    def answer(self, status: int, body: bytes) -> None:
        """Only with the key."""
        authorized = self.headers["Authorization"] == f"ApiKey {KEY}"
        self.send_response(status if authorized else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def own_api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OwnApi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/some/prefix/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the tracked files, with this checkout's environments."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").symlink_to(LOCAL / "env")
    return tmp_path


def _make(checkout: Path, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target],
        cwd=checkout,
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_make_up_works_against_any_api_and_make_down_leaves_nothing(
    checkout: Path, own_api: str
) -> None:
    port = free_port()
    up = _make(
        checkout,
        "up",
        AWS_PORT=str(port),
        SEI_BASE_URL=own_api,
        SEI_API_KEY=KEY,
        SFN_WAIT_SCALE="0.05",
        STACK_PARAMETERS='HarnessOrgIdentifier=acme OrgTreeName="The Tree"',
    )
    try:
        assert up.returncode == 0, up.stderr
        assert KEY not in up.stdout
        stack = json.loads((checkout / ".local" / "stack.json").read_text())
        assert stack["endpointUrl"] == f"http://127.0.0.1:{port}"
        assert (stack["seiBaseUrl"], stack["region"]) == (own_api, "us-east-1")
        aws = Aws(stack["endpointUrl"])
        started = aws.states.start_execution(
            stateMachineArn=stack["outputs"]["ExportStateMachineArn"],
            input=json.dumps(
                {
                    "report": "productivity",
                    "dateRange": {"start": "2026-01-01", "end": "2026-01-31"},
                }
            ),
        )
        while True:
            run = aws.states.describe_execution(executionArn=started["executionArn"])
            if run["status"] != "RUNNING":
                break
            time.sleep(0.2)
        assert run["status"] == "SUCCEEDED", run.get("cause")
        result = json.loads(run["output"])
        scope = f"scope_org=acme/scope_project=demo/scope_tree=The%20Tree/scope_team={ABSENT}"
        assert f"/{scope}/" in result["key"]
        assert (result["exportId"], result["rows"]) == ("own1", 1)
        stored = aws.s3.get_object(Bucket=stack["outputs"]["ExportBucketName"], Key=result["key"])
        assert gzip.decompress(stored["Body"].read()) == CSV
        noted = json.loads((checkout / ".local" / "up" / "processes.json").read_text())
    finally:
        down = _make(checkout, "down")
    assert down.returncode == 0, down.stderr
    assert not is_listening(port)
    assert not any(Path(f"/proc/{process['pid']}").exists() for process in noted)
    assert not (checkout / ".local" / "stack.json").exists()


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        pytest.param({"AWS_PORT": "many"}, "AWS_PORT is 'many'", id="port"),
        pytest.param({"SEI_BASE_URL": "https://x.example/"}, "SEI_API_KEY", id="url without key"),
        pytest.param({"STACK_PARAMETERS": "OrgTreeName"}, "Name=value", id="parameter"),
        pytest.param({"SFN_WAIT_SCALE": "slow"}, "SFN_WAIT_SCALE is 'slow'", id="scale"),
        pytest.param(
            {"SIMULATOR_DIALECT": "unknown=ignored scope=every"},
            "SIMULATOR_DIALECT is 'unknown=ignored scope=every'; scope: ",
            id="dialect",
        ),
    ],
)
def test_a_wrong_setting_of_make_up_is_named_before_anything_starts(
    checkout: Path, environment: dict[str, str], says: str
) -> None:
    done = _make(checkout, "up", **environment)
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".local" / "up").exists()
