"""The forms that the API's documentation contradicts itself about, by flag and by order."""

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from local.cloud.commands import read_options
from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import (
    AUTHORIZED,
    EXPORTS,
    KEY,
    PREFIX,
    ROOT,
    Client,
    Json,
    running,
)

port = simulator.port
speaker = simulator.client

TREES = f"{PREFIX}/v2/org-trees"


@pytest.fixture
def client(speaker: Client) -> Iterator[Client]:
    """Speak to a simulator whose dialect the next test does not inherit."""
    yield speaker
    assert put(speaker) == 204


def put(client: Client, **switches: str) -> int:
    """Set the dialect, and return the status."""
    named: Json = {name.replace("_", "-"): value for name, value in switches.items()}
    return client.call("PUT", "/_sim/dialect", named).status


@pytest.mark.parametrize("shape", ["exports", "content", "items", "data"])
def test_a_list_in_an_object(client: Client, shape: str) -> None:
    export_id = client.created()
    assert put(client, list_shape=shape, trees_shape=shape) == 204
    found = client.listed(teamId=client.team).json
    assert found == {shape: [client.status(export_id).json]}
    trees = client.call("GET", TREES).json
    assert list(trees) == [shape]


def test_a_bare_list(client: Client) -> None:
    export_id = client.created()
    assert put(client, list_shape="array", trees_shape="array") == 204
    assert client.listed(teamId=client.team).items == [client.status(export_id).json]
    assert client.call("GET", TREES).items[0]["name"] == "Engineering"


@pytest.mark.parametrize("path", [EXPORTS, TREES])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"SEI_API_KEY": KEY}, 200, id="right"),
        pytest.param({"SEI_API_KEY": "wrong"}, 401, id="wrong"),
        pytest.param({"SEI_API_KEY": "forbidden-key"}, 403, id="forbidden"),
        pytest.param({}, 401, id="none"),
        pytest.param(AUTHORIZED, 401, id="authorization"),
        pytest.param(AUTHORIZED | {"SEI_API_KEY": KEY}, 401, id="both"),
    ],
)
def test_the_key_in_a_header_of_its_own(
    client: Client, path: str, headers: dict[str, str], status: int
) -> None:
    assert put(client, auth="SEI_API_KEY") == 204
    assert client.call("GET", path, headers=headers).status == status


def test_without_that_dialect_the_header_is_nothing(client: Client) -> None:
    assert client.call("GET", EXPORTS, headers={"SEI_API_KEY": KEY}).status == 401


@pytest.mark.parametrize(
    ("level", "taken", "refused"),
    [
        ("metricLevel", "metricLevel", "aggregationLevel"),
        ("aggregationLevel", "aggregationLevel", "metricLevel"),
    ],
)
def test_one_name_of_the_level(client: Client, level: str, taken: str, refused: str) -> None:
    assert put(client, level=level) == 204
    assert client.create(options={taken: "team"}).status == 202
    reply = client.create(options={refused: "team"})
    assert (reply.status, reply.message) == (
        400,
        f"options.{refused}: Extra inputs are not permitted",
    )


def test_metrics_of_sprint_in_the_singular(client: Client) -> None:
    sprint = client.of("sprint")
    assert put(client, sprint_metrics="metric") == 204
    assert "metrics: " in sprint.create(metrics=["VELOCITY_STORY_POINTS"]).message
    assert sprint.rows(metric=["VELOCITY_STORY_POINTS"])[0][5:] == ["VELOCITY_STORY_POINTS"]


def is_gzip(client: Client, **changes: JsonValue) -> bool:
    """Tell whether a new export's file is compressed; it is sound either way."""
    export_id = client.created(**changes)
    body, content = client.download(export_id).body, client.content(export_id)
    assert content == (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return body != content


def test_files_are_compressed_always_if_large_or_never(client: Client) -> None:
    large: Json = {"dateRange": {"start": "2020-01-01", "end": "2024-12-31"}}
    assert is_gzip(client)
    assert put(client, compression="never") == 204
    assert not is_gzip(client)
    assert not is_gzip(client, **large)
    assert put(client, compression="large") == 204
    assert not is_gzip(client)
    assert is_gzip(client, **large)
    client.scenario(rows=1000)
    assert not is_gzip(client)
    client.scenario(rows=1001)
    assert is_gzip(client)


def test_a_request_or_a_scenario_decides_about_compression(client: Client) -> None:
    assert put(client, compression="never") == 204
    asked: Json = {"options": {"granularity": "MONTHLY", "compression": "gzip"}}
    assert is_gzip(client.of("efficiency"), **asked)
    client.scenario(encoding="gzip")
    assert is_gzip(client)
    client.scenario(corrupt="bad-crc")
    assert client.download(client.created()).body[:2] == b"\x1f\x8b"


def test_failed_exports_are_not_handed_out_again(client: Client) -> None:
    assert put(client, reuse_failed="no") == 204
    client.scenario(outcomes=["failed"])
    failed = client.created()
    renewed = client.create()
    assert renewed.status == 202
    assert renewed.json["exportId"] != failed
    assert client.create().status == 200


def test_ids_in_base36(client: Client) -> None:
    assert put(client, export_id="base36") == 204
    export_id = client.created()
    assert re.fullmatch(r"[0-9a-z]{8}", export_id)
    assert client.status(export_id).status == 200


def test_errors_in_another_field(client: Client) -> None:
    assert put(client, error_shape="error") == 204
    unauthorized = client.call("GET", EXPORTS, headers={})
    assert (unauthorized.status, list(unauthorized.json)) == (401, ["error"])
    assert list(client.create(surprise=1).json) == ["error"]
    assert list(client.call("GET", f"{PREFIX}/nothing").json) == ["error"]
    client.scenario(faults={"create": [{"status": 503}]})
    assert client.create().json == {"error": "Simulated fault"}


def test_an_order_replaces_the_one_before_and_a_reset_takes_it_back(client: Client) -> None:
    assert put(client, list_shape="data", error_shape="error") == 204
    assert put(client, error_shape="error") == 204
    assert list(client.listed().json) == ["content"]
    assert client.call("DELETE", "/_sim").status == 204
    assert list(client.create(surprise=1).json) == ["message"]


@pytest.mark.parametrize("switches", [{"list_shape": "array "}, {"surprise": "1"}])
def test_an_unknown_switch_is_refused(client: Client, switches: dict[str, str]) -> None:
    assert put(client, **switches) == 422


def test_flags_set_the_dialect_and_orders_change_the_rest_of_it() -> None:
    flags = ("--dialect", "list-shape=items", "--dialect", "auth=SEI_API_KEY")
    with running(*flags) as (_, port):
        client = Client(port)
        key = {"SEI_API_KEY": KEY}
        assert client.call("GET", EXPORTS, headers=key).json == {"items": []}
        assert put(client, error_shape="error") == 204
        assert list(client.call("GET", EXPORTS).json) == ["error"]
        assert put(client, list_shape="data") == 204
        assert client.call("DELETE", "/_sim").status == 204
        assert client.call("GET", EXPORTS, headers=key).json == {"items": []}


@pytest.mark.parametrize("switch", ["list-shape=bag", "surprise=1"])
def test_a_wrong_flag_is_named_and_nothing_starts(switch: str) -> None:
    command = (sys.executable, "-m", "local.simulator", "--port", "0", "--api-key", KEY)
    done = subprocess.run(
        [*command, "--dialect", switch], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert switch.partition("=")[0] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "statuses"),
    [
        pytest.param("scope=any unknown=ignored", (202, 202), id="takes all"),
        pytest.param(" scope=any ", (202, 400), id="takes any tree"),
        pytest.param("", (400, 400), id="as it is"),
    ],
)
def test_the_simulator_of_make_up_speaks_the_dialect_of_the_environment(
    given: str, statuses: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_DIALECT", given)
    with running(*read_options().simulator_arguments) as (_, port):
        client = Client(port)
        of_no_tree = client.create(scope={"orgTreeName": "Enginering"})
        with_no_option = client.create(options={"surprise": 1})
    assert (of_no_tree.status, with_no_option.status) == statuses
