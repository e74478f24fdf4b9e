"""Answers what a function's first call asks for: the API, Secrets Manager, S3 and EventBridge."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.paths import ROOT

_EVENTS = ROOT / "events"
_PLAN = {
    "run": "bench",
    "name": "bench",
    "executionArn": "arn:aws:states:us-east-1:123456789012:execution:batch:bench",
    "startedAt": "2026-01-01T00:00:00Z",
    "scheduledTime": "2026-01-01T00:00:00Z",
    "plan": {},
    "warnings": [],
    "trees": [],
    "cuts": {},
    "opened": [],
    "itemCount": 1,
}
_CSV = b"team,merged\nEngineering,1\n"
_MISSING = b"<Error><Code>NoSuchKey</Code><Message>Nothing is kept.</Message></Error>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path.endswith("/plan.json"):
            self._answer_json(200, _PLAN)
        elif self.path.endswith("/rounds/1.json"):
            given = json.loads((_EVENTS / "record_outcome.json").read_text())
            self._answer_json(200, [given["item"]])
        elif "/org-trees?" in self.path:
            self._answer_json(200, [{"id": 1, "name": "Engineering"}])
        elif "/org-trees/" in self.path:
            self._answer_json(200, {"refId": 1, "name": "Engineering", "children": []})
        elif not self.path.startswith("/api/"):
            self._answer(404, _MISSING, "application/xml")
        elif "/download" in self.path:
            self._answer(200, _CSV, "text/csv")
        elif "page=" in self.path:
            self._answer_json(200, {"exports": []})
        else:
            self._answer_json(200, {"exportId": "exp_1", "status": "completed"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self._answer(200, b"", "text/plain")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        target = self.headers.get("x-amz-target", "")
        if target.startswith("secretsmanager"):
            self._answer_json(200, {"SecretString": "key-of-no-value"})
        elif target.startswith("AWSEvents"):
            self._answer_json(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
        elif "format=csv" in self.path:
            self._answer(200, _CSV, "text/csv")
        else:
            self._answer_json(201, {"exportId": "exp_1", "status": "queued"})

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""

    def _answer_json(self, status: int, content: object) -> None:
        self._answer(status, json.dumps(content).encode(), "application/json")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def serving() -> Iterator[str]:
    """Run it on a thread; gives its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
