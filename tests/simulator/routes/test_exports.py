"""The calls of one report as their clients see them, and the orders of tests."""

import gzip
import time

import pytest

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import EXPORTS, KEY, PROJECT, Client, Json

port = simulator.port
client = simulator.client


# --- authentication and parameters ---------------------------------------------------------------


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
def test_the_key_is_checked(client: Client, header: dict[str, str], status: int) -> None:
    reply = client.call("GET", EXPORTS, headers=header)
    assert reply.status == status
    assert isinstance(reply.json, dict)


def test_the_key_is_checked_before_the_query_and_the_query_before_the_body(client: Client) -> None:
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
    client: Client, method: str, path: str, name: str
) -> None:
    query = {key: value for key, value in PROJECT.items() if key != name}
    reply = client.call(method, EXPORTS + path, client.request(), query=query)
    assert (reply.status, reply.message) == (400, f"Missing query parameter: {name}")


# --- create --------------------------------------------------------------------------------------


def test_create_answers_202_with_an_id(client: Client) -> None:
    reply = client.create()
    assert reply.status == 202
    assert set(reply.json) == {"exportId", "createdAt", "message"}
    assert str(reply.json["exportId"]).startswith("exp_")
    assert len(str(reply.json["exportId"])) == 12
    assert str(reply.json["createdAt"]).endswith("Z")
    assert reply.message == "Export created successfully"


def test_an_identical_request_gets_the_same_export_whatever_its_order(client: Client) -> None:
    first = client.call(
        "POST", EXPORTS, client.request(metricGroups=["volume", "quality"], metrics=["A", "b"])
    )
    swapped = client.request(metrics=["B", "a"], metricGroups=["quality", "volume"])
    second = client.call("POST", EXPORTS, dict(reversed(swapped.items())))
    assert (first.status, second.status) == (202, 200)
    assert second.message == "Using existing export with identical parameters"
    assert second.json["exportId"] == first.json["exportId"]
    assert second.json["createdAt"] == first.json["createdAt"]


def test_another_request_or_project_gets_another_export(client: Client) -> None:
    elsewhere = client.call(
        "POST", EXPORTS, client.request(), query=PROJECT | {"projectIdentifier": "other"}
    )
    ids = {client.created(), client.created(metrics=["PR_MERGED"]), elsewhere.json["exportId"]}
    assert len(ids) == 3


def test_both_names_of_the_level_mean_the_same(client: Client) -> None:
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
def test_a_mistake_in_the_body_is_named(client: Client, changes: Json, named: str) -> None:
    reply = client.create(**changes)
    assert reply.status == 400
    assert named in reply.message


HALF_A_CHARACTER = b'{"\\ud800": 1, "scope": {"teamId": "\\ud800"}}'
DEEP = b'{"a":' * 1000 + b"1" + b"}" * 1000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"scope": NaN}', HALF_A_CHARACTER, DEEP],
    ids=["empty", "cut", "array", "null", "no text", "NaN", "half a character", "deep"],
)
def test_a_body_that_is_no_object_is_refused(client: Client, body: bytes) -> None:
    reply = client.call("POST", EXPORTS, body)
    assert reply.status == 400
    assert reply.message
    assert client.call("GET", "/_sim/requests", query={}).items[-1]["status"] == 400


# --- status, download and list -------------------------------------------------------------------


def test_a_completed_export_has_a_root_relative_link(client: Client) -> None:
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
def test_an_unknown_export_or_another_projects_is_not_found(client: Client, tail: str) -> None:
    assert client.call("GET", f"{EXPORTS}/exp_nothere{tail}").status == 404
    other = PROJECT | {"orgIdentifier": "other"}
    reply = client.call("GET", f"{EXPORTS}/{client.created()}{tail}", query=other)
    assert reply.status == 404
    assert "exp_" in reply.message


def test_a_path_with_a_slash_too_many_is_not_found(client: Client) -> None:
    reply = client.call("GET", f"{EXPORTS}/")
    assert (reply.status, reply.message) == (404, "Not Found")


def test_a_download_is_gzip_of_the_csv(client: Client) -> None:
    export_id = client.created()
    reply = client.download(export_id)
    assert reply.headers["content-type"] == "text/csv"
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert "content-encoding" not in reply.headers
    assert gzip.decompress(reply.body) == client.content(export_id)


def test_a_download_before_completion_is_refused(client: Client) -> None:
    client.scenario(outcome="never")
    assert client.download(client.created()).status == 409


# --- the admin API -------------------------------------------------------------------------------


def test_calls_are_recorded_without_header_values(client: Client) -> None:
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


def test_calls_about_nothing_known_are_recorded_without_selector(client: Client) -> None:
    client.status("exp_unknown")
    client.listed()
    status, listed = client.call("GET", "/_sim/requests", query={}).items[-2:]
    assert (status["exportId"], status["selector"]) == ("exp_unknown", None)
    assert (listed["step"], listed["selector"]) == ("list", None)


def test_exports_tell_how_often_they_were_given(client: Client) -> None:
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


def test_reset_forgets_everything(client: Client) -> None:
    client.scenario(outcome="failed")
    export_id = client.created()
    assert client.call("DELETE", "/_sim").status == 204
    assert client.call("GET", "/_sim/requests", query={}).items == []
    assert client.call("GET", "/_sim/exports", query={}).items == []
    assert client.status(export_id).status == 404
    assert client.create().status == 202
    assert client.status(client.created()).json["status"] == "completed"
