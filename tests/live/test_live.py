"""`make live`, whole, over HTTP against the simulator in several dialects."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from local.live import asking, files, page
from local.live.asking import Asker
from local.live.command import NEEDED, Pace, run
from local.live.shapes import shape
from local.paths import ROOT
from local.simulator.data import names as people
from local.simulator.data.orgtrees import OrgTrees
from sei_export.api.sentkey import KeyHeader
from sei_export.api.urls import BaseUrl
from sei_export.clock import Clock, Deadline
from sei_export.export import ExportHandle
from sei_export.jsontypes import JsonValue
from sei_export.request.reports import PRODUCTIVITY
from tests.fakes.loopback import Loopback, reply
from tests.simulator.simulator_client import INSTANT, KEY, PREFIX, Client, Json, running

ORG, PROJECT = "acme-org", "metrics-project"
QUICK = Pace(pause=0, poll=0.05, most=120)
LEAF = "203760"
"""The team that is asked about: the first without others inside."""

READING = ("trees-list", "list-form", "no-tree", "key-header")


@pytest.fixture(scope="module")
def usual() -> Iterator[int]:
    """Run a simulator as it is without flags, but that exports are complete at once."""
    with running(*INSTANT) as (_, port):
        yield port


@pytest.fixture
def client(usual: int) -> Iterator[Client]:
    """Speak to it, and leave it as it was."""
    client = Client(usual)
    yield client
    assert client.call("DELETE", "/_sim").status == 204


def environment(port: int, **changes: str) -> dict[str, str]:
    """What `make live` needs."""
    values = (f"http://127.0.0.1:{port}{PREFIX}/", KEY, ORG, PROJECT)
    return dict(zip(NEEDED, values, strict=True)) | {"YES": "1"} | changes


def answers(report: str) -> dict[str, tuple[str, str]]:
    """Each question's answer, and whether it is one that is taken."""
    lines = re.findall(r"^\| `([a-z0-9-]+)` \| (.*?) \| (.*?) \|$", report, re.MULTILINE)
    assert [line[0] for line in lines] == [question.id for question in page.questions()]
    return {name: (answer, taken) for name, answer, taken in lines}


def asked(port: int, tmp_path: Path, **changes: str) -> dict[str, tuple[str, str]]:
    """Run it whole; what it found."""
    file = tmp_path / "live" / "report.md"
    assert run(environment(port, **changes), file, QUICK) == 0
    report = file.read_text()
    check_discretion(report)
    return answers(report)


def check_discretion(report: str) -> None:
    """See that a report has no key, id, name or figure of anybody's."""
    hidden = {KEY, ORG, PROJECT, "exp_", "@example.com", "simulator", "2024-", "127.0.0.1"}
    for tree in OrgTrees():
        hidden |= {tree.name, str(tree.id)}
        for team in tree.root.flat():
            hidden |= {str(team["name"]), str(team["refId"])}
    hidden |= {people.developer(index)[0] for index in range(24)}
    # What the report is made of: the style of ids, and the names of statuses and headers.
    told = report.replace("exp_…", "")
    assert not {each for each in hidden if re.search(rf"(?<!\w){re.escape(each)}", told)}


def dialect(client: Client, **switches: str) -> None:
    """Set the dialect."""
    named: Json = {name.replace("_", "-"): value for name, value in switches.items()}
    assert client.call("PUT", "/_sim/dialect", named).status == 204


def test_given_the_usual_dialect_then_each_question_has_its_answer(
    client: Client, tmp_path: Path
) -> None:
    found = asked(client.port, tmp_path)
    assert {name: answer for name, (answer, _) in found.items()} == {
        "level-name": "aggregationLevel gives team columns",
        "unknown-option": "400",
        "no-team": "400",
        "empty-file": "rows",
        "reuse": "200 and the same export",
        "failed-reuse": "open",
        "conflict": "open",
        "export-id": "exp_…",
        "status-word": found["status-word"][0],
        "link-place": "download.url, downloadUrl, none",
        "link-form": "a path",
        "file-form": "gzip",
        "file-type": "text/csv",
        "file-encoding": "absent",
        "file-end": "length",
        "file-etag": "absent",
        "file-ranges": "the whole file",
        "size-bytes": "absent, another",
        "columns": found["columns"][0],
        "trees-list": "content",
        "trees-id": "integer",
        "teams-form": "nested",
        "teams-id": "integer",
        "list-form": "content",
        "list-order": "not to be seen",
        "list-limit": "not to be seen",
        "list-beyond": "400",
        "list-unknown": "400",
        "error-field": "message",
        "no-export": "404",
        "no-tree": "404",
        "key-header": "Authorization",
        "without-v2": "404",
        "retry-after": "not asked",
        "legacy-team": "open",
    }
    # Instant exports show no more; sprint has every second word in capitals.
    assert set(found["status-word"][0].split(", ")) <= {
        "completed in lower case",
        "completed in upper case",
        "completed in mixed case",
    }
    assert "completed in upper case" in found["status-word"][0]
    assert re.fullmatch(r"\d+ columns", found["columns"][0])
    # Of the simulator's answers, one alone is not among those that are taken: it has data always.
    assert [name for name, (_, taken) in found.items() if taken.startswith("**no")] == [
        "empty-file"
    ]


def test_given_another_dialect_then_the_report_says_so(client: Client, tmp_path: Path) -> None:
    dialect(
        client,
        list_shape="array",
        trees_shape="data",
        teams="flat",
        error_shape="error",
        compression="never",
        export_id="base36",
        level="metricLevel",
    )
    found = asked(client.port, tmp_path)
    told = {name: answer for name, (answer, _) in found.items()}
    assert (
        told
        | {
            "list-form": "array",
            "trees-list": "data",
            "teams-form": "flat",
            "error-field": "error",
            "file-form": "plain",
            "export-id": "another",
        }
        == told
    )
    assert found["level-name"] == (
        "aggregationLevel is refused as unknown, metricLevel gives team columns",
        "yes",
    )


def test_given_a_server_that_takes_all_then_the_report_says_so(
    client: Client, tmp_path: Path
) -> None:
    dialect(client, scope="any", unknown="ignored", level="metricLevel")
    found = asked(client.port, tmp_path)
    assert [found[name] for name in ("no-team", "unknown-option", "list-unknown")] == [
        ("taken", "yes"),
        ("ignored", "yes"),
        ("ignored", "yes"),
    ]
    ignored = "aggregationLevel gives developer columns"
    assert found["level-name"] == (ignored, f"**no: {ignored}**")


def test_given_a_server_that_refuses_every_export_then_the_report_says_so(
    client: Client, tmp_path: Path
) -> None:
    Client(client.port, LEAF).scenario(createStatus=409, createBody='{"message": "Conflict"}')
    found = asked(client.port, tmp_path)
    refused = [f"{name} is refused otherwise" for name in ("aggregationLevel", "metricLevel")]
    assert found["level-name"] == (", ".join(refused), f"**no: {', '.join(refused)}**")
    assert found["file-form"] == ("not asked", "")


def test_given_the_older_header_then_it_is_sent_and_found(client: Client, tmp_path: Path) -> None:
    dialect(client, auth="SEI_API_KEY")
    found = asked(client.port, tmp_path, SEI_KEY_HEADER="SEI_API_KEY")
    assert found["key-header"] == ("SEI_API_KEY", "yes")


def test_given_exports_then_order_limit_ranges_and_an_empty_file_are_seen(
    client: Client, tmp_path: Path
) -> None:
    seeding: Json = {"report": "productivity", "count": 3, "org": ORG, "project": PROJECT}
    assert client.call("POST", "/_sim/exports", seeding | {"teamId": "1"}).status == 201
    Client(client.port, LEAF).scenario(content="empty", ranges=True, encoding="plain")
    found = asked(client.port, tmp_path)
    assert [found[name] for name in ("list-order", "list-limit", "empty-file")] == [
        ("kept", "yes"),
        ("kept", "yes"),
        ("no bytes", "yes"),
    ]
    assert found["file-etag"] == ("there", "yes")


def test_at_most_one_export_of_each_report_is_made(client: Client, tmp_path: Path) -> None:
    asked(client.port, tmp_path)
    made = client.call("GET", "/_sim/exports", query={}).items
    calls = client.call("GET", "/_sim/requests", query={}).items
    assert len(made) == 5
    assert len({call["path"] for call in calls if call["step"] == "create"}) == 5
    assert len(calls) < asking.MOST_CALLS


def test_without_yes_nothing_is_created_and_it_is_said_what_would_be(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(client.port, tmp_path, YES="")
    assert client.call("GET", "/_sim/exports", query={}).items == []
    assert "It creates nothing. With YES=1 it also creates one export each" in (
        capsys.readouterr().out
    )
    told = {question.id: found[question.id][0] for question in page.questions()}
    assert told["level-name"] == "not asked"
    assert "not asked" not in {told[name] for name in READING}


def test_given_a_wrong_key_then_one_call_and_one_clear_line(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.md"
    wrong = environment(client.port) | {"SEI_API_KEY": "no-such"}
    assert run(wrong, file, QUICK) == 1
    told = capsys.readouterr().err
    assert told.startswith("The API answers 401: check SEI_API_KEY")
    assert told.count("\n") == 1
    assert len(client.call("GET", "/_sim/requests", query={}).items) == 1
    assert "no-such" not in told + file.read_text()


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_missing_is_said_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^`make live` needs {name} in the environment.$"):
        run(environment(1, **{name: ""}), tmp_path / "report.md", QUICK)


def test_in_ci_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not for CI"):
        run(environment(1, CI="true"), tmp_path / "report.md", QUICK)
    assert not (tmp_path / "report.md").exists()


def test_calls_are_bounded(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_CALLS", 5)
    file = tmp_path / "report.md"
    assert run(environment(client.port), file, QUICK) == 1
    assert len(client.call("GET", "/_sim/requests", query={}).items) == 5
    assert "as many as there may be" in file.read_text()


def test_time_is_bounded(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    assert run(environment(client.port), file, Pace(pause=0.3, poll=0.05, most=1)) == 1
    assert "The time is over." in file.read_text()
    # As many pauses as fit into the second, however quick the calls are.
    assert len(client.call("GET", "/_sim/requests", query={}).items) <= 3


def test_each_call_has_a_pause_before_it(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_CALLS", 4)
    pace = Pace(pause=0.3, poll=0.05, most=120)
    assert run(environment(client.port), tmp_path / "report.md", pace) == 1
    calls = client.call("GET", "/_sim/requests", query={}).items
    moments = [float(str(call["at"])) for call in calls]
    assert len(moments) == 4
    assert min(later - at for at, later in pairwise(moments)) > 0.25


def test_a_limit_that_is_met_twice_ends_it(tmp_path: Path) -> None:
    refused = reply(429, {}, {"Retry-After": "0"})
    with Loopback([refused, refused]) as server:
        values = environment(1, SEI_BASE_URL=f"{server.origin}{PREFIX}/")
        file = tmp_path / "report.md"
        assert run(values, file, QUICK) == 1
    assert answers(file.read_text())["retry-after"] == ("there", "yes")


def test_given_ctrl_c_then_the_report_has_what_there_is(client: Client, tmp_path: Path) -> None:
    Client(client.port, LEAF).scenario(outcome="never")
    code = (
        "from pathlib import Path; from local import signals; signals.raise_once()\n"
        "from local.live.command import Pace, run\n"
        f"run(file=Path({str(tmp_path / 'report.md')!r}), pace=Pace(0, 1, 120))"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment(client.port), "PATH": os.environ["PATH"], "PYTHONPATH": _PATHS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while not client.call("GET", "/_sim/exports", query={}).items:
        assert time.monotonic() < until
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=60) != 0
    report = (tmp_path / "report.md").read_text()
    assert "Interrupted." in report
    check_discretion(report)
    assert answers(report)["trees-list"] == ("content", "yes")


@pytest.mark.parametrize(
    ("value", "described"),
    [
        ({"id": 1, "name": "Payroll"}, "{id: integer, name: text}"),
        ([{"id": None}, {"id": 1.5}, {"id": None}], "list of {id: null} or {id: number}"),
        ({"Payroll": {"name": True}}, "{1 other field}"),
        ({"Alice": {"id": 1}, "name": [], "Bob": {"id": 2}}, "{name: empty list, 2 other fields}"),
        ("secret", "text"),
    ],
)
def test_a_shape_has_known_names_and_types_and_no_values(value: JsonValue, described: str) -> None:
    assert shape(value, {"id", "name"}) == described


def test_a_field_that_the_page_does_not_have_is_counted_and_not_named(tmp_path: Path) -> None:
    trees: list[JsonValue] = [{"id": 1, "name": "Tree", "Alice": {"refId": 1, "Bob": 2}}]
    with Loopback([reply(200, trees), reply(401, {})]) as server:
        values = environment(1, SEI_BASE_URL=f"{server.origin}{PREFIX}/")
        assert run(values, tmp_path / "report.md", QUICK) == 1
    report = (tmp_path / "report.md").read_text()
    assert "- fields: 2 other fields\n" in report
    assert "200 list of {id: integer, name: text, 1 other field}\n" in report
    assert not re.search("Alice|Bob", report)


@pytest.mark.parametrize(
    "broken",
    [reply(200, b'[{"id": 1', length=500), reply(200, b"[]", {"Content-Encoding": "gzip"})],
    ids=["it ends early", "it is no gzip"],
)
def test_given_an_answer_that_breaks_off_then_its_question_is_unanswered(
    broken: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Loopback([broken]) as server:
        values = environment(1, SEI_BASE_URL=f"{server.origin}{PREFIX}/")
        assert run(values, tmp_path / "report.md", QUICK) == 1
    report = (tmp_path / "report.md").read_text()
    assert re.search(r"\nAn answer breaks off \(\w+\): its question is unanswered\. ", report)
    assert "127.0.0.1" not in report + capsys.readouterr().err
    assert answers(report)["trees-list"] == ("not asked", "")


@pytest.mark.parametrize(
    "broken",
    [
        reply(200, b"20\r\nTeam\n1\n", {"Transfer-Encoding": "chunked"}, length=-1),
        reply(200, b"\x1f\x8b\x08\x00damaged-all-through"),
    ],
    ids=["it ends early", "it is damaged"],
)
def test_given_a_file_that_breaks_off_then_what_it_would_tell_is_unanswered(
    broken: bytes,
) -> None:
    whole = reply(200, b"Team,PR_VELOCITY\n1,2\n")
    with Loopback([broken, reply(404), whole]) as server:
        base_url = BaseUrl.parse(f"{server.origin}{PREFIX}/")
        deadline = Deadline.after(60, Clock())
        asker = Asker(base_url, KEY, KeyHeader.AUTHORIZATION, ORG, PROJECT, deadline, 0)
        export = ExportHandle("exp_1", PRODUCTIVITY, ORG, PROJECT)
        assert files.fetch(asker, export, None) is files.NoFile.UNANSWERED
        assert files.fetch(asker, export, None) is files.NoFile.REFUSED
        found = files.fetch(asker, export, None)
    assert isinstance(found, files.File)
    assert files.level_of(found) == "team"


def test_given_a_file_that_breaks_off_then_the_run_goes_on(client: Client, tmp_path: Path) -> None:
    Client(client.port, LEAF).scenario(corrupt="truncate-chunked")
    found = asked(client.port, tmp_path)
    assert found["file-form"] == ("unanswered", "**no: unanswered**")
    assert found["level-name"] == ("not asked", "")
    assert found["unknown-option"] == ("400", "yes")


_PATHS = f"{ROOT}:{ROOT / 'layers' / 'sei_export'}"
