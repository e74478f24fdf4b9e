"""The SEI simulator, as its clients see it: a real process on a loopback port."""

import csv
import gzip
import http.client
import io
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import JsonValue

from local.simulator.ratelimit import RateLimiter
from local.simulator.table import Granularity, split

ROOT = Path(__file__).parents[2]
KEY = "test-key"
PREFIX = "/prod1/sei/api"
EXPORTS = f"{PREFIX}/v2/insights/productivity/exports"
PROJECT = {"orgIdentifier": "acme", "projectIdentifier": "metrics"}
AUTHORIZED = {"authorization": f"ApiKey {KEY}"}

type Json = dict[str, JsonValue]


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Json:
        parsed: Json = json.loads(self.body)
        return parsed

    @property
    def items(self) -> list[Json]:
        parsed: list[Json] = json.loads(self.body)
        return parsed

    @property
    def message(self) -> str:
        return str(self.json["message"])


class _Client:
    """Speaks to one simulator, about the exports of one team."""

    def __init__(self, port: int, team: str = "any") -> None:
        self.port = port
        self.team = team

    def call(
        self,
        method: str,
        path: str,
        body: JsonValue | bytes = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> _Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = AUTHORIZED if headers is None else headers
        url = f"{path}?{urlencode(PROJECT if query is None else query)}"
        try:
            connection.request(method, url, content, sent | {"content-type": "application/json"})
            response = connection.getresponse()
            return _Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def request(self, **changes: JsonValue) -> Json:
        usual: Json = {
            "scope": {"orgTreeName": "Engineering", "teamId": self.team},
            "dateRange": {"start": "2024-01-01", "end": "2024-03-31"},
        }
        return usual | changes

    def create(self, **changes: JsonValue) -> _Reply:
        return self.call("POST", EXPORTS, self.request(**changes))

    def created(self, **changes: JsonValue) -> str:
        return str(self.create(**changes).json["exportId"])

    def status(self, export_id: str) -> _Reply:
        return self.call("GET", f"{EXPORTS}/{export_id}")

    def download(self, export_id: str) -> _Reply:
        return self.call("GET", f"{EXPORTS}/{export_id}/download")

    def listed(self, **query: str) -> _Reply:
        return self.call("GET", EXPORTS, query=PROJECT | query)

    def scenario(self, **fields: JsonValue) -> None:
        assert self.put_scenario(fields).status == 204

    def put_scenario(self, fields: Json) -> _Reply:
        return self.call("PUT", f"/_sim/scenarios/{self.team}", fields)

    def recorded(self) -> list[Json]:
        return self.call("GET", "/_sim/requests", query={"selector": self.team}).items

    def content(self, export_id: str) -> bytes:
        return self.call("GET", f"/_sim/content/{export_id}").body

    def file_of(self, **scenario: JsonValue) -> bytes:
        """Return a new export's download under a scenario."""
        self.scenario(**scenario)
        return self.download(self.created()).body


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
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


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running("--queued-seconds", "0", "--processing-seconds", "0") as (_, port):
        yield port


_teams = itertools.count(1)


@pytest.fixture
def client(port: int) -> _Client:
    return _Client(port, f"team-{next(_teams)}")


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


# --- the process -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_service_cleanly(number: signal.Signals) -> None:
    with running() as (process, port):
        assert _Client(port).listed().status == 200
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_a_signal_stops_the_service_while_it_makes_a_large_file_during_an_outage() -> None:
    with running() as (process, port):
        client = _Client(port)
        client.scenario(rows=5_000_000)
        client.created()
        client.call("POST", "/_sim/outage", {"seconds": 60})
        process.terminate()
        assert process.wait(timeout=5) == 0


def test_the_port_being_taken_is_said_in_one_line(port: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.simulator", "--port", str(port), "--api-key", KEY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1


def test_flags_set_key_durations_reuse_and_rate_limit() -> None:
    flags = ("--api-key", "other", "--queued-seconds", "0.2", "--processing-seconds", "0.3")
    with running(*flags, "--reuse-seconds", "0.1", "--rate-limit", "8") as (_, port):
        client = _Client(port)
        key = {"authorization": "ApiKey other"}
        assert client.listed().status == 401

        def create() -> str:
            reply = client.call("POST", EXPORTS, client.request(), headers=key)
            return str(reply.json["exportId"])

        first = create()
        seen = []
        for _ in range(3):
            seen.append(client.call("GET", f"{EXPORTS}/{first}", headers=key).json["status"])
            time.sleep(0.25)
        assert seen == ["queued", "processing", "completed"]
        assert create() != first
        for _ in range(3):
            assert client.call("GET", EXPORTS, headers=key).status == 200
        limited = client.call("GET", EXPORTS, headers=key)
        assert limited.status == 429
        assert limited.message == "Too many requests"
        assert "retry-after" not in limited.headers


def test_the_rate_limit_is_per_key_and_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    limiter = RateLimiter(1)
    limiter.count("a")
    limiter.count("b")
    with pytest.raises(Exception, match="Too many requests"):
        limiter.count("a")
    now = 60.0
    limiter.count("a")


# --- authentication and parameters -----------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param({}, 401, id="missing"),
        pytest.param({"authorization": KEY}, 401, id="no scheme"),
        pytest.param({"authorization": f"Bearer {KEY}"}, 401, id="other scheme"),
        pytest.param({"authorization": "ApiKey "}, 401, id="no key"),
        pytest.param({"authorization": "ApiKey wrong"}, 401, id="wrong"),
        pytest.param({"authorization": "ApiKey forbidden-key"}, 403, id="forbidden"),
        pytest.param({"authorization": f"apikey {KEY}"}, 200, id="lower case"),
        pytest.param({"Authorization": f"APIKEY {KEY}"}, 200, id="upper case"),
    ],
)
def test_the_key_is_checked(client: _Client, header: dict[str, str], status: int) -> None:
    reply = client.call("GET", EXPORTS, headers=header)
    assert reply.status == status
    assert isinstance(reply.json, dict)


def test_the_key_is_checked_before_the_query_and_the_query_before_the_body(client: _Client) -> None:
    assert client.call("POST", EXPORTS, b"{", query={}, headers={}).status == 401
    assert client.call("POST", EXPORTS, b"{", query={}).message == (
        "Missing query parameter: orgIdentifier"
    )
    assert client.call("POST", EXPORTS, b"{").status == 400


@pytest.mark.parametrize("name", PROJECT)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("GET", ""), ("GET", "/exp_1"), ("GET", "/exp_1/download")],
    ids=["create", "list", "status", "download"],
)
def test_every_call_needs_organisation_and_project(
    client: _Client, method: str, path: str, name: str
) -> None:
    query = {key: value for key, value in PROJECT.items() if key != name}
    reply = client.call(method, EXPORTS + path, client.request(), query=query)
    assert (reply.status, reply.message) == (400, f"Missing query parameter: {name}")


# --- create ----------------------------------------------------------------------------------


def test_create_answers_202_with_an_id(client: _Client) -> None:
    reply = client.create()
    assert reply.status == 202
    assert set(reply.json) == {"exportId", "createdAt", "message"}
    assert str(reply.json["exportId"]).startswith("exp_")
    assert len(str(reply.json["exportId"])) == 12
    assert str(reply.json["createdAt"]).endswith("Z")
    assert reply.message == "Export created successfully"


def test_an_identical_request_gets_the_same_export_whatever_its_order(client: _Client) -> None:
    first = client.call(
        "POST", EXPORTS, client.request(metricGroups=["volume", "quality"], metrics=["A", "b"])
    )
    swapped = client.request(metrics=["B", "a"], metricGroups=["quality", "volume"])
    second = client.call("POST", EXPORTS, dict(reversed(swapped.items())))
    assert (first.status, second.status) == (202, 200)
    assert second.message == "Using existing export with identical parameters"
    assert second.json["exportId"] == first.json["exportId"]
    assert second.json["createdAt"] == first.json["createdAt"]


def test_another_request_or_project_gets_another_export(client: _Client) -> None:
    elsewhere = client.call(
        "POST", EXPORTS, client.request(), query=PROJECT | {"projectIdentifier": "other"}
    )
    ids = {client.created(), client.created(metrics=["PR_MERGED"]), elsewhere.json["exportId"]}
    assert len(ids) == 3


def test_both_names_of_the_level_mean_the_same(client: _Client) -> None:
    current = client.created(options={"metricLevel": "team"})
    older = client.created(options={"aggregationLevel": "team"})
    both = client.created(options={"aggregationLevel": "team", "metricLevel": "team"})
    assert current == older == both


DATES = {"start": "2024-01-01", "end": "2024-01-31"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"surprise": 1}, "surprise", id="unknown field"),
        pytest.param({"scope": {"orgTreeName": "E", "team": "1"}}, "scope.team:", id="in scope"),
        pytest.param({"scope": {"org_tree_name": "E"}}, "scope.org_tree_name", id="snake case"),
        pytest.param({"dateRange": DATES | {"zone": "UTC"}}, "dateRange.zone", id="in dates"),
        pytest.param({"options": {"computationMode": "X"}}, "options.computation", id="in options"),
        pytest.param({"scope": {"teamId": "1"}}, "scope.orgTreeName", id="no tree"),
        pytest.param({"scope": {"orgTreeName": ""}}, "scope.orgTreeName", id="empty tree"),
        pytest.param({"scope": {"orgTreeName": "E", "teamId": 1}}, "scope.teamId", id="number"),
        pytest.param({"scope": None}, "scope", id="no scope"),
        pytest.param({"dateRange": {"start": "2024-01-01"}}, "dateRange.end", id="no end"),
        pytest.param({"dateRange": {"end": "2024-01-01"}}, "dateRange.start", id="no start"),
        pytest.param({"dateRange": DATES | {"end": "2023-12-31"}}, "dateRange:", id="backwards"),
        pytest.param({"dateRange": DATES | {"end": "2024-02-30"}}, "dateRange.end", id="no day"),
        pytest.param(
            {"dateRange": DATES | {"end": "2024-01-31T00:00:00"}}, "dateRange.end", id="time"
        ),
        pytest.param({"metricGroups": ["speed"]}, "metricGroups.0", id="unknown group"),
        pytest.param({"metrics": "PR_MERGED"}, "metrics", id="metrics no list"),
        pytest.param({"metrics": [1]}, "metrics.0", id="metric no string"),
        pytest.param({"options": {"metricLevel": "org"}}, "options.metricLevel", id="level"),
        pytest.param({"options": {"aggregationLevel": "org"}}, "options.aggregation", id="older"),
        pytest.param(
            {"options": {"metricLevel": "team", "aggregationLevel": "developer"}},
            "options:",
            id="levels differ",
        ),
        pytest.param({"options": {"aggregation": "p90"}}, "options.aggregation", id="mean only"),
        pytest.param({"options": {"granularity": "MONTHLY"}}, "options.granularity", id="case"),
        pytest.param({"options": {"format": "json"}}, "options.format", id="csv only"),
    ],
)
def test_a_mistake_in_the_body_is_named(client: _Client, changes: Json, named: str) -> None:
    reply = client.create(**changes)
    assert reply.status == 400
    assert named in reply.message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_object_is_refused(client: _Client, body: bytes) -> None:
    reply = client.call("POST", EXPORTS, body)
    assert reply.status == 400
    assert reply.message
    assert client.call("GET", "/_sim/requests", query={}).items[-1]["status"] == 400


# --- status, download and list ---------------------------------------------------------------


def test_a_completed_export_has_a_root_relative_link(client: _Client) -> None:
    export_id = client.created()
    body = client.status(export_id).json
    assert body["status"] == "completed"
    assert body["exportId"] == export_id
    assert body["completedAt"] == body["createdAt"]
    assert body["download"] == {
        "url": f"/v2/insights/productivity/exports/{export_id}/download",
        "filename": "developer-insights-2024.csv",
        "contentType": "text/csv",
    }
    assert "error" not in body


@pytest.mark.parametrize("tail", ["", "/download"])
def test_an_unknown_export_or_another_projects_is_not_found(client: _Client, tail: str) -> None:
    assert client.call("GET", f"{EXPORTS}/exp_nothere{tail}").status == 404
    other = PROJECT | {"orgIdentifier": "other"}
    reply = client.call("GET", f"{EXPORTS}/{client.created()}{tail}", query=other)
    assert reply.status == 404
    assert "exp_" in reply.message


def test_a_download_is_gzip_of_the_csv(client: _Client) -> None:
    export_id = client.created()
    reply = client.download(export_id)
    assert reply.headers["content-type"] == "text/csv"
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert "content-encoding" not in reply.headers
    assert gzip.decompress(reply.body) == client.content(export_id)


def test_a_download_before_completion_is_refused(client: _Client) -> None:
    client.scenario(outcome="never")
    assert client.download(client.created()).status == 409


def test_the_list_is_filtered_sorted_and_paged(port: int) -> None:
    client = _Client(port, f"team-{next(_teams)}")
    project = {"projectIdentifier": client.team}

    def create(team: str) -> str:
        body = client.request(scope={"orgTreeName": "E", "teamId": team})
        reply = client.call("POST", EXPORTS, body, query=PROJECT | project)
        return str(reply.json["exportId"])

    def ids(**query: str) -> list[str]:
        content = client.listed(**project, **query).json["content"]
        assert isinstance(content, list)
        return [str(item["exportId"]) for item in content if isinstance(item, dict)]

    client.call("PUT", f"/_sim/scenarios/{client.team}-failed", {"outcome": "failed"})
    one, two, three = (create(f"{client.team}-{name}") for name in ("x", "failed", "y"))
    assert ids() == [three, two, one]
    assert ids(sortOrder="asc") == [one, two, three]
    assert ids(sortBy="status") == [two, three, one]
    assert ids(sortBy="completedAt", sortOrder="asc") == [two, one, three]
    assert ids(limit="2") == [three, two]
    assert ids(limit="2", page="1") == [one]
    assert ids(limit="2", page="2") == []
    assert ids(status="FAILED") == [two]
    assert ids(teamId=f"{client.team}-y") == [three]
    assert ids(createdBy="nobody") == []
    assert len(ids(createdBy="simulator@example.com", scope="mine")) == 3
    today = datetime.now(UTC).date().isoformat()
    assert len(ids(dateFrom=today, dateTo=today)) == 3
    assert ids(dateFrom="2999-01-01") == []
    assert ids(dateTo="2000-01-01") == []


@pytest.mark.parametrize(
    "query", [{"limit": "101"}, {"limit": "0"}, {"page": "-1"}, {"sortBy": "x"}, {"dateTo": "x"}]
)
def test_a_wrong_list_parameter_is_named(client: _Client, query: dict[str, str]) -> None:
    reply = client.listed(**query)
    assert reply.status == 400
    assert next(iter(query)) in reply.message


# --- the CSV ---------------------------------------------------------------------------------

WHO = ["Org_Tree", "Team_Id", "Team", "Developer", "Email"]


def test_a_row_for_each_developer_and_period(client: _Client) -> None:
    header, *rows = table(client.content(client.created(metricGroups=["activity"])))
    assert header == ["Granularity", "Start_Date", "End_Date", *WHO, "CODING_DAYS"]
    assert len(rows) == 24 * 3
    assert all(len(row) == len(header) for row in rows)
    assert len({(row[1], row[-2]) for row in rows}) == len(rows)
    assert rows[0][:3] == ["Jan 2024", "2024-01-01", "2024-01-31"]
    assert rows[0][4] == client.team


def test_a_row_for_each_team_and_period(client: _Client) -> None:
    export_id = client.created(options={"metricLevel": "team"}, metrics=["pr_velocity"])
    header, *rows = table(client.content(export_id))
    assert header[3:] == ["Org_Tree", "Team_Id", "Team", "PR_VELOCITY"]
    assert len({row[4] for row in rows}) * 3 == len(rows)


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"metricGroups": ["collaboration", "activity"]}, ["CODING_DAYS", "REVIEW_COMMENTS_PER"]),
        ({"metrics": ["pr_merged"]}, ["PR_MERGED"]),
        ({"metricGroups": ["activity"], "metrics": ["LOC_ADDED"]}, ["CODING_DAYS", "LOC_ADDED"]),
    ],
)
def test_columns_follow_groups_and_metrics(
    client: _Client, changes: Json, columns: list[str]
) -> None:
    header = table(client.content(client.created(**changes)))[0]
    assert [name for name in header[8:] if not name.startswith("REVIEW_TIME")] == [
        next(name for name in header if name.startswith(column)) for column in columns
    ]


def test_no_groups_and_no_metrics_mean_all_columns_of_the_level(client: _Client) -> None:
    developer = set(table(client.content(client.created()))[0])
    team = set(table(client.content(client.created(options={"metricLevel": "team"})))[0])
    assert developer - team == {"Developer", "Email", "LOC_ADDED", "LOC_REMOVED"}
    assert team - developer == {"PR_VELOCITY", "LOC_TOTAL"}
    assert len(developer) == 8 + 22


def test_names_hold_what_breaks_careless_readers(client: _Client) -> None:
    names = "".join(row[6] for row in table(client.content(client.created()))[1:])
    for needle in (",", '"', "\n", "山", "Каренина", "é", "김", "🐉"):
        assert needle in names


def test_the_same_request_gives_the_same_bytes_in_another_process(client: _Client) -> None:
    here = client.download(client.created()).body
    with running("--queued-seconds", "0", "--processing-seconds", "0") as (_, port):
        other = _Client(port, client.team)
        assert other.download(other.created()).body == here
        other_team = other.created(metrics=["CODING_DAYS"])
        assert other.download(other_team).body != here


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        (
            "weekly",
            [
                ("2025-W01", "2024-12-31", "2025-01-05"),
                ("2025-W02", "2025-01-06", "2025-01-12"),
                ("2025-W03", "2025-01-13", "2025-01-14"),
            ],
        ),
        (
            "monthly",
            [("Dec 2024", "2024-12-31", "2024-12-31"), ("Jan 2025", "2025-01-01", "2025-01-14")],
        ),
        (
            "quarterly",
            [("Q4 2024", "2024-12-31", "2024-12-31"), ("Q1 2025", "2025-01-01", "2025-01-14")],
        ),
    ],
)
def test_periods_are_the_calendars_clipped_to_the_dates(
    granularity: Granularity, expected: list[tuple[str, str, str]]
) -> None:
    assert list(split(date(2024, 12, 31), date(2025, 1, 14), granularity)) == expected


# --- scenarios: status -----------------------------------------------------------------------


def test_a_scenario_applies_to_the_tree_if_the_scope_has_no_team(client: _Client) -> None:
    client.scenario(outcome="cancelled")
    tree = client.created(scope={"orgTreeName": client.team})
    team_of_tree = client.created(scope={"orgTreeName": client.team, "teamId": "unaffected"})
    assert client.status(tree).json["status"] == "cancelled"
    assert client.status(team_of_tree).json["status"] == "completed"


def test_a_deleted_scenario_has_no_effect(client: _Client) -> None:
    client.scenario(outcome="failed")
    export_id = client.created()
    assert client.call("DELETE", f"/_sim/scenarios/{client.team}").status == 204
    assert client.status(export_id).json["status"] == "completed"


def test_durations_of_a_scenario(client: _Client) -> None:
    client.scenario(queuedSeconds=0.3, processingSeconds=0.3)
    export_id = client.created()
    seen = []
    for _ in range(3):
        body = client.status(export_id).json
        seen.append(body["status"])
        assert ("download" in body) is (body["status"] == "completed")
        time.sleep(0.32)
    assert seen == ["queued", "processing", "completed"]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("never", "processing"),
        ("ARCHIVED", "ARCHIVED"),
    ],
)
def test_outcomes(client: _Client, outcome: str, status: str) -> None:
    client.scenario(outcome=outcome)
    body = client.status(client.created()).json
    assert body["status"] == status
    assert ("error" in body) is (outcome == "failed")
    assert "download" not in body
    assert "completedAt" not in body


def test_the_text_of_a_failure(client: _Client) -> None:
    client.scenario(outcome="failed")
    export_id = client.created()
    assert client.status(export_id).json["error"] == "Invalid teamId"
    client.scenario(outcome="failed", error="Too large")
    assert client.status(export_id).json["error"] == "Too large"


@pytest.mark.parametrize(
    ("case", "status"), [("lower", "completed"), ("upper", "COMPLETED"), ("mixed", "Completed")]
)
def test_the_case_of_statuses(client: _Client, case: str, status: str) -> None:
    client.scenario(statusCase=case)
    body = client.status(client.created()).json
    assert body["status"] == status
    assert "download" in body


# --- scenarios: links ------------------------------------------------------------------------


def test_link_flat(client: _Client) -> None:
    client.scenario(link="flat")
    export_id = client.created()
    body = client.status(export_id).json
    assert body["downloadUrl"] == f"/v2/insights/productivity/exports/{export_id}/download"
    assert "download" not in body


def test_link_none(client: _Client) -> None:
    client.scenario(link="none")
    body = client.status(client.created()).json
    assert body["status"] == "completed"
    assert not {"download", "downloadUrl"} & set(body)


def link_of(client: _Client, export_id: str) -> str:
    download = client.status(export_id).json["download"]
    assert isinstance(download, dict)
    return str(download["url"])


def test_link_absolute_needs_the_key(client: _Client) -> None:
    client.scenario(link="absolute")
    export_id = client.created()
    url = link_of(client, export_id)
    assert url == f"http://127.0.0.1:{client.port}{EXPORTS}/{export_id}/download"
    path = urlsplit(url).path
    assert client.call("GET", path, headers={}).status == 401
    assert client.call("GET", path).status == 200


def test_link_signed_needs_no_key(client: _Client) -> None:
    client.scenario(link="signed")
    export_id = client.created()
    url = link_of(client, export_id)
    assert url.startswith(f"http://127.0.0.1:{client.port}/signed/")
    reply = client.call("GET", urlsplit(url).path, query={}, headers={})
    assert reply.status == 200
    assert gzip.decompress(reply.body) == client.content(export_id)
    assert client.call("GET", "/signed/unknown", headers={}).status == 404


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "SEI_API_KEY"])
def test_link_signed_refuses_credentials_and_records_it(client: _Client, header: str) -> None:
    client.scenario(link="signed")
    path = urlsplit(link_of(client, client.created())).path
    assert client.call("GET", path, headers={header: "s3cret"}).status == 400
    last = client.recorded()[-1]
    assert (last["step"], last["status"]) == ("signed", 400)
    assert isinstance(last["headerNames"], list)
    assert header.lower() in last["headerNames"]


def test_link_redirect(client: _Client) -> None:
    faults: list[JsonValue] = [{"status": 503}, {"delaySeconds": 0}, {"status": 502}]
    client.scenario(link="redirect", faults={"download": faults})
    export_id = client.created()
    assert link_of(client, export_id).startswith("/v2/")
    assert client.download(export_id).status == 503
    reply = client.download(export_id)
    assert reply.status == 302
    target = urlsplit(reply.headers["location"])
    assert target.netloc == f"127.0.0.1:{client.port}"
    signed = client.call("GET", target.path, query={}, headers={})
    assert gzip.decompress(signed.body) == client.content(export_id)
    assert client.download(export_id).status == 502


# --- scenarios: content and encoding ---------------------------------------------------------


def test_content_empty(client: _Client) -> None:
    assert client.file_of(content="empty") == b""


def test_content_header_only(client: _Client) -> None:
    rows = table(gzip.decompress(client.file_of(content="header-only")))
    assert len(rows) == 1
    assert rows[0][0] == "Granularity"


@pytest.mark.parametrize(("content", "start"), [("html", b"<!DOCTYPE html>"), ("json", b"{")])
def test_content_other(client: _Client, content: str, start: bytes) -> None:
    body = client.file_of(content=content, encoding="plain")
    assert body.startswith(start)
    assert body == client.content(client.created())


def test_encoding_plain(client: _Client) -> None:
    assert client.file_of(encoding="plain") == client.content(client.created())


def members(data: bytes) -> list[bytes]:
    found = []
    while data:
        unpacker = zlib.decompressobj(wbits=31)
        found.append(unpacker.decompress(data))
        assert unpacker.eof
        data = unpacker.unused_data
    return found


def test_encoding_gzip_multi(client: _Client) -> None:
    found = members(client.file_of(encoding="gzip-multi"))
    assert len(found) == 2
    assert all(found)
    assert b"".join(found) == client.content(client.created())


def test_content_type(client: _Client) -> None:
    client.scenario(contentType="application/gzip")
    assert client.download(client.created()).headers["content-type"] == "application/gzip"


@pytest.mark.parametrize("rows", [0, 1, 2, 5000])
def test_rows_are_exact(client: _Client, rows: int) -> None:
    content = gzip.decompress(client.file_of(rows=rows))
    assert len(table(content)) == 1 + rows
    assert content == client.content(client.created())


# --- scenarios: framing and corruption -------------------------------------------------------


def raw_download(client: _Client, export_id: str) -> tuple[bytes, bytes]:
    """Return head and body as they came, to the end of the connection."""
    request = (
        f"GET {EXPORTS}/{export_id}/download?{urlencode(PROJECT)} HTTP/1.1\r\n"
        f"host: localhost\r\nauthorization: ApiKey {KEY}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.port), timeout=5) as connection:
        connection.sendall(request.encode())
        received = b""
        while data := connection.recv(65536):
            received += data
    head, _, body = received.partition(b"\r\n\r\n")
    return head.lower(), body


def test_framing_chunked(client: _Client) -> None:
    client.scenario(framing="chunked")
    export_id = client.created()
    reply = client.download(export_id)
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in reply.headers
    assert gzip.decompress(reply.body) == client.content(export_id)


def test_framing_close(client: _Client) -> None:
    client.scenario(framing="close", rows=50_000)
    export_id = client.created()
    head, body = raw_download(client, export_id)
    assert head.startswith(b"http/1.1 200 ok")
    assert b"connection: close" in head
    assert b"content-length" not in head
    assert b"transfer-encoding" not in head
    assert gzip.decompress(body) == client.content(export_id)


def test_corrupt_truncate_length(client: _Client) -> None:
    client.scenario(corrupt="truncate-length")
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.download(client.created())
    assert caught.value.expected
    assert len(caught.value.partial) > 0


def test_corrupt_truncate_chunked(client: _Client) -> None:
    client.scenario(corrupt="truncate-chunked")
    export_id = client.created()
    head, body = raw_download(client, export_id)
    assert b"transfer-encoding: chunked" in head
    size, _, data = body.partition(b"\r\n")
    assert data[:2] == b"\x1f\x8b"
    assert len(data) == int(size, 16) + 2
    with pytest.raises(http.client.IncompleteRead):
        client.download(export_id)


def test_corrupt_truncate_close(client: _Client) -> None:
    client.scenario(corrupt="truncate-close")
    head, body = raw_download(client, client.created())
    assert b"content-length" not in head
    with pytest.raises(EOFError):
        gzip.decompress(body)


@pytest.mark.parametrize(
    ("corrupt", "error", "words"),
    [
        ("bad-crc", gzip.BadGzipFile, "CRC"),
        ("bad-size", gzip.BadGzipFile, "length"),
        ("missing-trailer", EOFError, "."),
        ("trailing-garbage", gzip.BadGzipFile, "Not a gzipped file"),
    ],
)
def test_corrupt_gzip(client: _Client, corrupt: str, error: type[Exception], words: str) -> None:
    body = client.file_of(corrupt=corrupt)
    unpacker = zlib.decompressobj(wbits=-15)
    assert unpacker.decompress(body[10:]) == client.content(client.created())
    with pytest.raises(error, match=words):
        gzip.GzipFile(fileobj=io.BytesIO(body)).read()


def test_corrupt_truncate_second_member(client: _Client) -> None:
    body = client.file_of(corrupt="truncate-second-member")
    first = zlib.decompressobj(wbits=31)
    assert first.decompress(body)
    assert first.eof
    assert first.unused_data[:2] == b"\x1f\x8b"
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_corrupt_double_gzip(client: _Client) -> None:
    once = gzip.decompress(client.file_of(corrupt="double-gzip"))
    assert gzip.decompress(once) == client.content(client.created())


# --- scenarios: create, HTML, 404 and faults -------------------------------------------------


def test_export_id_override(client: _Client) -> None:
    client.scenario(exportId="../../etc/passwd")
    assert client.created() == "../../etc/passwd"


def test_export_id_omitted(client: _Client) -> None:
    client.scenario(omitExportId=True)
    reply = client.create()
    assert reply.status == 202
    assert "exportId" not in reply.json
    assert str(client.recorded()[-1]["exportId"]).startswith("exp_")


def test_create_status_and_body(client: _Client) -> None:
    client.scenario(createStatus=409, createBody='{"message": "busy"}')
    reply = client.create()
    assert (reply.status, reply.message) == (409, "busy")
    assert client.call("GET", "/_sim/exports", query={"selector": client.team}).items == []
    client.scenario(createStatus=400)
    assert client.create().status == 400


@pytest.mark.parametrize("step", ["create", "status", "download"])
def test_html(client: _Client, step: str) -> None:
    export_id = client.created()
    client.scenario(html=[step])
    replies = {
        "create": client.create(),
        "status": client.status(export_id),
        "download": client.download(export_id),
    }
    pages = [name for name, reply in replies.items() if reply.body.startswith(b"<!DOCTYPE html>")]
    assert pages == [step]
    assert replies[step].status == 200
    assert replies[step].headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("step", ["status", "download"])
def test_not_found(client: _Client, step: str) -> None:
    export_id = client.created()
    client.scenario(notFound=[step])
    replies = {"status": client.status(export_id), "download": client.download(export_id)}
    assert [name for name, reply in replies.items() if reply.status == 404] == [step]


def test_faults_are_consumed_one_per_call_and_step(client: _Client) -> None:
    faults: Json = {
        "create": [{"status": 429, "headers": {"retry-after": "7"}}, {"status": 503}],
        "status": [{"status": 401}],
        "download": [{"disconnect": True}],
    }
    client.scenario(faults=faults)
    first = client.create()
    assert (first.status, first.headers["retry-after"]) == (429, "7")
    assert client.create().status == 503
    export_id = client.created()
    assert [client.status(export_id).status for _ in range(2)] == [401, 200]
    with pytest.raises(http.client.RemoteDisconnected):
        client.download(export_id)
    assert client.download(export_id).status == 200
    assert [call["status"] for call in client.recorded()] == [429, 503, 202, 401, 200, None, 200]


def test_fault_delay(client: _Client) -> None:
    client.scenario(faults={"status": [{"delaySeconds": 0.3}]})
    export_id = client.created()
    started = time.monotonic()
    assert client.status(export_id).status == 200
    assert time.monotonic() - started >= 0.3


def test_faults_of_the_download_meet_a_signed_link(client: _Client) -> None:
    client.scenario(link="signed", faults={"download": [{"status": 503}]})
    path = urlsplit(link_of(client, client.created())).path
    replies = [client.call("GET", path, query={}, headers={}).status for _ in range(2)]
    assert replies == [503, 200]


@pytest.mark.parametrize(
    "fields",
    [
        {"surprise": 1},
        {"outcome": ""},
        {"rows": -1},
        {"corrupt": "truncate-close", "content": "empty"},
        {"corrupt": "bad-crc", "encoding": "plain"},
        {"faults": {"status": [{"status": 503, "disconnect": True}]}},
        {"faults": {"status": [{}]}},
        {"faults": {"list": []}},
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(client: _Client, fields: Json) -> None:
    assert client.put_scenario(fields).status == 422


# --- the rest of the admin API ---------------------------------------------------------------


def test_calls_are_recorded_without_header_values(client: _Client) -> None:
    export_id = client.created()
    client.status(export_id)
    client.download(export_id)
    calls = client.recorded()
    assert [call["step"] for call in calls] == ["create", "status", "download"]
    create = calls[0]
    assert create["method"] == "POST"
    assert create["path"] == EXPORTS
    assert create["query"] == PROJECT
    assert create["body"] == client.request()
    assert create["status"] == 202
    assert isinstance(create["headerNames"], list)
    assert "authorization" in create["headerNames"]
    assert {call["exportId"] for call in calls} == {export_id}
    assert {call["selector"] for call in calls} == {client.team}
    assert abs(time.time() - float(str(create["at"]))) < 60
    everything = client.call("GET", "/_sim/requests", query={})
    assert KEY.encode() not in everything.body


def test_calls_about_nothing_known_are_recorded_without_selector(client: _Client) -> None:
    client.status("exp_unknown")
    client.listed()
    status, listed = client.call("GET", "/_sim/requests", query={}).items[-2:]
    assert (status["exportId"], status["selector"]) == ("exp_unknown", None)
    assert (listed["step"], listed["selector"]) == ("list", None)


def test_exports_tell_how_often_they_were_given(client: _Client) -> None:
    export_id = client.created()
    client.created()
    found = client.call("GET", "/_sim/exports", query={"selector": client.team}).items
    assert [item | {"createdAt": ""} for item in found] == [
        {
            "exportId": export_id,
            "request": client.request(),
            "org": "acme",
            "project": "metrics",
            "createdAt": "",
            "creates": 2,
        }
    ]
    assert client.call("GET", "/_sim/content/exp_unknown").status == 404


def test_an_outage_refuses_connections_for_a_while(port: int) -> None:
    client = _Client(port)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as idle:
        assert client.call("POST", "/_sim/outage", {"seconds": 0.5}).status == 200
        assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        client.listed()
    time.sleep(0.3)
    with pytest.raises(ConnectionRefusedError):
        client.listed()
    assert eventually_listening(client)


def test_an_outage_ends_once_the_port_is_free(port: int) -> None:
    client = _Client(port)
    client.call("POST", "/_sim/outage", {"seconds": 0.1})
    time.sleep(0.05)
    with socket.create_server(("127.0.0.1", port)):
        time.sleep(0.2)
    assert eventually_listening(client)


def eventually_listening(client: _Client) -> bool:
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            return client.listed().status == 200
        except OSError:
            time.sleep(0.02)
    return False


def test_an_outage_cuts_a_transfer(client: _Client) -> None:
    client.scenario(rows=200_000, encoding="plain")
    export_id = client.created()
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)
    connection.request(
        "GET", f"{EXPORTS}/{export_id}/download?{urlencode(PROJECT)}", headers=AUTHORIZED
    )
    response = connection.getresponse()
    client.call("POST", "/_sim/outage", {"seconds": 0.05})
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        response.read()
    connection.close()
    assert eventually_listening(client)


def test_reset_forgets_everything(client: _Client) -> None:
    client.scenario(outcome="failed")
    export_id = client.created()
    assert client.call("DELETE", "/_sim").status == 204
    assert client.call("GET", "/_sim/requests", query={}).items == []
    assert client.call("GET", "/_sim/exports", query={}).items == []
    assert client.status(export_id).status == 404
    assert client.create().status == 202
    assert client.status(client.created()).json["status"] == "completed"


def test_the_openapi_document_describes_the_api_only(client: _Client) -> None:
    document = client.call("GET", "/openapi.json").json
    paths = document["paths"]
    assert isinstance(paths, dict)
    assert set(paths) == {
        EXPORTS,
        f"{EXPORTS}/{{exportId}}",
        f"{EXPORTS}/{{exportId}}/download",
    }
    create = json.dumps(paths[EXPORTS])
    assert "ProductivityRequest" in create
    assert all(f'"{status}"' in create for status in (200, 202, 400, 401, 403, 429))
    assert '"422"' not in json.dumps(document)
