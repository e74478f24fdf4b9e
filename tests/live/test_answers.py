"""Answers as `make live` tells them: by their form, also if they break off."""

import re
from pathlib import Path

import pytest

from local.live import files
from local.live.asking import Asker
from local.live.command import run
from local.live.shapes import shape
from sei_export.api.sentkey import KeyHeader
from sei_export.api.urls import BaseUrl
from sei_export.clock import Clock, Deadline
from sei_export.export import ExportHandle
from sei_export.jsontypes import JsonValue
from sei_export.request.reports import PRODUCTIVITY
from tests.fakes.loopback import Loopback, reply
from tests.live.asked import LEAF, ORG, PROJECT, QUICK, answers, asked, environment
from tests.simulator.simulator_client import KEY, PREFIX, Client


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
