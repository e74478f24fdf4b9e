"""A real simulator on a loopback port, and a client that speaks to it, for the tests of it."""

import csv
import http.client
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import JsonValue

ROOT = Path(__file__).parents[2]
KEY = "test-key"
PREFIX = "/prod1/sei/api"
INSIGHTS = f"{PREFIX}/v2/insights"
EXPORTS = f"{INSIGHTS}/productivity/exports"
PROJECT = {"orgIdentifier": "acme", "projectIdentifier": "metrics"}
AUTHORIZED = {"authorization": f"ApiKey {KEY}"}

ANY_TEAM = ("--dialect", "scope=any")
"""Teams tell tests apart, and are in no tree."""

INSTANT = ("--queued-seconds", "0", "--processing-seconds", "0")

type Json = dict[str, JsonValue]

# For each report: where to create, where all else is, and what a body has beside scope and dates.
REPORTS: dict[str, tuple[str, str, Json]] = {
    "productivity": (EXPORTS, EXPORTS, {}),
    "efficiency": (
        f"{INSIGHTS}/efficiency/exports",
        f"{INSIGHTS}/efficiency/exports",
        {"metricGroups": ["summary"], "options": {"granularity": "MONTHLY"}},
    ),
    "sprint": (
        f"{INSIGHTS}/sprint/exports",
        f"{INSIGHTS}/sprints/exports",
        {"options": {"granularity": "SPRINT"}},
    ),
    "business-alignment": (
        f"{INSIGHTS}/ba/exports",
        f"{INSIGHTS}/ba/exports",
        {"options": {"granularity": "MONTHLY"}},
    ),
    "time-in-status": (
        f"{INSIGHTS}/ticket-data/exports",
        f"{INSIGHTS}/ticket-data/exports",
        {},
    ),
}


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Json:
        """The body, an object."""
        parsed: Json = json.loads(self.body)
        return parsed

    @property
    def items(self) -> list[Json]:
        """The body, an array of objects."""
        parsed: list[Json] = json.loads(self.body)
        return parsed

    @property
    def message(self) -> str:
        """What an error says."""
        return str(self.json["message"])


@dataclass(frozen=True)
class Client:
    """Speaks to one simulator, about one report's exports of one team."""

    port: int
    team: str = "456"
    report: str = "productivity"

    def of(self, report: str) -> "Client":
        """Speak about another report."""
        return Client(self.port, self.team, report)

    def call(
        self,
        method: str,
        path: str,
        body: JsonValue | bytes = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Make one call on a connection of its own, with key and project unless told otherwise."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = AUTHORIZED if headers is None else headers
        url = f"{path}?{urlencode(PROJECT if query is None else query)}"
        try:
            connection.request(method, url, content, sent | {"content-type": "application/json"})
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def request(self, **changes: JsonValue) -> Json:
        """Return a body that is fine but for the changes."""
        tree: Json = {"orgTreeName": "Engineering"} if self.report == "productivity" else {}
        usual: Json = {
            "scope": tree | {"teamId": self.team},
            "dateRange": {"start": "2024-01-01", "end": "2024-03-31"},
        }
        return usual | REPORTS[self.report][2] | changes

    def create(self, **changes: JsonValue) -> Reply:
        """Create an export."""
        return self.call("POST", REPORTS[self.report][0], self.request(**changes))

    def created(self, **changes: JsonValue) -> str:
        """Create an export, and return its id."""
        reply = self.create(**changes)
        assert reply.status in {200, 202}, reply.body
        return str(reply.json.get("exportId"))

    def status(self, export_id: str) -> Reply:
        """Ask where an export stands."""
        return self.call("GET", f"{REPORTS[self.report][1]}/{export_id}")

    def download(self, export_id: str) -> Reply:
        """Get an export's file."""
        return self.call("GET", f"{REPORTS[self.report][1]}/{export_id}/download")

    def listed(self, **query: str) -> Reply:
        """List the report's exports."""
        return self.call("GET", REPORTS[self.report][1], query=PROJECT | query)

    def scenario(self, **fields: JsonValue) -> None:
        """Set the team's scenario."""
        assert self.put_scenario(fields).status == 204

    def put_scenario(self, fields: Json) -> Reply:
        """Try to set the team's scenario."""
        return self.call("PUT", f"/_sim/scenarios/{self.team}", fields)

    def recorded(self) -> list[Json]:
        """Return the calls about the team."""
        return self.call("GET", "/_sim/requests", query={"selector": self.team}).items

    def content(self, export_id: str) -> bytes:
        """Return what is in an export's file, uncompressed."""
        return self.call("GET", f"/_sim/content/{export_id}").body

    def rows(self, **changes: JsonValue) -> list[list[str]]:
        """Create an export, and return its header and data rows."""
        return table(self.content(self.created(**changes)))

    def file_of(self, **scenario: JsonValue) -> bytes:
        """Return a new export's download under a scenario."""
        self.scenario(**scenario)
        return self.download(self.created()).body


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a simulator that has nothing to complain about; gives the process and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.simulator", "--port", "0", *arguments],
        cwd=ROOT,
        env=os.environ | {"SEI_SIMULATOR_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    try:
        ready = process.stdout.readline()
        port = urlsplit(ready.split()[-1]).port
        assert port, ready
        yield process, port
    finally:
        process.terminate()
        process.wait(timeout=10)
        complaints = process.stdout.read()
        process.stdout.close()
    assert complaints == ""


_teams = itertools.count(1)


def new_team() -> str:
    """Return a team that no other test speaks about."""
    return f"team-{next(_teams)}"


_shared: list[int] = []


@pytest.fixture(scope="session")
def port(request: pytest.FixtureRequest) -> int:
    """Run a simulator whose exports are complete at once; one for all modules."""
    if not _shared:
        # As many calls as the tests make in a minute.
        stack = ExitStack()
        _, port = stack.enter_context(running(*INSTANT, *ANY_TEAM, "--rate-limit", "100000"))
        request.config.add_cleanup(stack.close)
        _shared.append(port)
    return _shared[0]


@pytest.fixture
def client(port: int) -> Client:
    """Speak about a team of the test's own."""
    return Client(port, new_team())


def table(content: bytes) -> list[list[str]]:
    """Return the rows of a CSV."""
    return list(csv.reader(io.StringIO(content.decode(), newline="")))
