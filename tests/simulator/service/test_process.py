"""The simulator as a process: flags, signals, its port, and outages."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlencode

import pytest

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import (
    AUTHORIZED,
    EXPORTS,
    KEY,
    PROJECT,
    ROOT,
    Client,
    running,
)

port = simulator.port
client = simulator.client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_service_cleanly(number: signal.Signals) -> None:
    with running() as (process, port):
        assert Client(port).listed().status == 200
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_a_signal_stops_the_service_while_it_makes_a_large_file_during_an_outage() -> None:
    with running() as (process, port):
        client = Client(port)
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
        client = Client(port)
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


def test_an_outage_refuses_connections_for_a_while(port: int) -> None:
    client = Client(port)
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
    client = Client(port)
    client.call("POST", "/_sim/outage", {"seconds": 0.1})
    time.sleep(0.05)
    with socket.create_server(("127.0.0.1", port)):
        time.sleep(0.2)
    assert eventually_listening(client)


def eventually_listening(client: Client) -> bool:
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            return client.listed().status == 200
        except OSError:
            time.sleep(0.02)
    return False


def test_an_outage_cuts_a_transfer(client: Client) -> None:
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
