"""docs/vendor.md has what the simulator answers and the exporter reads, no less and no more."""

import ast
import asyncio
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from local.live import page
from local.paths import ROOT
from local.simulator.service.app import create_app
from local.simulator.world.settings import PREFIX, Settings
from local.simulator.world.spool import Spool
from local.simulator.world.state import Simulator
from sei_export.api import lists, reasons
from sei_export.export import ExportStatus
from sei_export.input.kinds import Group
from sei_export.request.reports import REPORTS
from tests.docs.test_reliability import DEFINED

API = ROOT / "layers" / "sei_export" / "sei_export" / "api"
SECTIONS = ("## Calls", "## Statuses", "## Words", "## Sent", "## Answered", "## Limits")
LINES = [line for section in (page.QUESTIONS, *SECTIONS) for line in page.rows(section)]
FIELD = re.compile(r"[A-Za-z_]+")


def named(section: str) -> set[str]:
    """What the lines of a section are about."""
    return {word for line in page.rows(section) for word in page.spans(line[0])}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Read the simulator's own document."""
    spool = Spool(Path(tmp_path_factory.mktemp("spool")))
    document = create_app(Simulator.start(Settings("k"), spool), asyncio.sleep).openapi()
    spool.close()
    read: dict[str, Any] = json.loads(json.dumps(document))
    return read


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each call with its path below the base URL."""
    return [
        (method.upper(), path.removeprefix(PREFIX), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def fields_of(schema: object, document: dict[str, Any], seen: set[str]) -> set[str]:
    """The names of all fields of a schema, with those inside."""
    if isinstance(schema, list):
        return {name for each in schema for name in fields_of(each, document, seen)}
    if not isinstance(schema, dict):
        return set()
    found: set[str] = set()
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        target = document["components"]["schemas"][reference.rpartition("/")[2]]
        found |= fields_of(target, document, seen)
    for name, inner in schema.items():
        if name == "properties":
            found |= set(inner)
            found |= fields_of(list(inner.values()), document, seen)
        elif name not in {"examples", "mapping"}:
            found |= fields_of(inner, document, seen)
    return found


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_each_line_names_a_test_that_there_is(line: list[str]) -> None:
    shown_by = page.spans(line[-1])
    assert shown_by
    assert set(shown_by) <= DEFINED


def test_each_question_has_an_id_of_its_own_and_a_line_of_six() -> None:
    ids = [question.id for question in page.questions()]
    assert len(ids) == len(set(ids)) >= 30
    assert {len(line) for line in page.rows(page.QUESTIONS)} == {6}
    asked = {line[3].strip() for line in page.rows(page.QUESTIONS)}
    assert asked == {"yes", "export", "no"}


def test_make_live_answers_the_questions_of_the_page_and_no_other() -> None:
    code = "".join(file.read_text() for file in (ROOT / "local" / "live").glob("*.py"))
    answered = set(re.findall(r'\.answer\(\s*"([a-z0-9-]+)"', code))
    assert answered == {question.id for question in page.questions() if question.is_asked}


def test_a_question_that_a_line_refers_to_is_one_of_the_open_ones() -> None:
    ids = {question.id for question in page.questions()}
    referred = {word for section in SECTIONS for line in page.rows(section) for word in line[2:3]}
    assert {word for cell in referred for word in page.spans(cell)} <= ids


def test_the_calls_are_those_of_the_simulator_and_of_the_exporter(
    document: dict[str, Any],
) -> None:
    simulated = {f"{method} {path}" for method, path, _ in operations(document)}
    assert named("## Calls") == simulated
    used = {f"POST /{report.create_path}" for report in REPORTS.values()}
    for report in REPORTS.values():
        if not report.is_legacy:
            tails = ("", "/{exportId}", "/{exportId}/download")
            used |= {f"GET /{report.path}{tail}" for tail in tails}
    source = (API / "trees.py").read_text()
    assert '_PATH = "v2/org-trees"' in source
    used |= {"GET /v2/org-trees", "GET /v2/org-trees/{id}/teams"}
    assert named("## Calls") == used


def test_the_statuses_are_those_of_the_simulator_and_of_the_exporter(
    document: dict[str, Any],
) -> None:
    simulated = {
        status for _, _, operation in operations(document) for status in operation["responses"]
    }
    told = set(re.findall(r"HTTPStatus\.([A-Z_]+)", "".join(map(Path.read_text, _modules()))))
    # Bounds of what is a refusal or passes, not answers of their own.
    bounds = {"BAD_REQUEST", "INTERNAL_SERVER_ERROR"}
    read = {str(HTTPStatus[name].value) for name in told - bounds}
    assert named("## Statuses") == simulated | read | {"5xx"}


def test_the_words_of_an_export_are_those_that_the_exporter_knows() -> None:
    assert named("## Words") == {status.value for status in ExportStatus}


def test_what_is_sent_is_what_the_simulator_takes_and_the_exporter_sends(
    document: dict[str, Any],
) -> None:
    taken: set[str] = set()
    for _, _, operation in operations(document):
        taken |= {each["name"] for each in operation.get("parameters", [])}
        taken |= fields_of(operation.get("requestBody", {}), document, set())
    sent = {"orgIdentifier", "projectIdentifier", "pageIndex", "pageSize", "there_is_no_cache"}
    for report in REPORTS.values():
        for field in report.fields:
            inner = field.fields if isinstance(field, Group) else ()
            sent |= {field.name, *(each.name for each in inner)}
    assert sent <= named("## Sent")
    assert named("## Sent") == taken


def test_what_is_answered_is_what_the_simulator_says_and_the_exporter_reads(
    document: dict[str, Any],
) -> None:
    said = {
        name
        for _, _, operation in operations(document)
        for name in fields_of(operation["responses"], document, set())
    }
    read = {
        node.args[0].value
        for name in ("answers", "trees", "treeforms", "lists")
        for node in ast.walk(ast.parse((API / f"{name}.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
    for module, names in (
        (lists, ("_LIST_FIELDS", "_TOTALS_FIELDS", "_ENTRIES_NAMES", "_PAGES_NAMES")),
        (reasons, ("_NAMES",)),
    ):
        for name in names:
            read |= set(getattr(module, name))
    assert len(read) > 20
    assert named("## Answered") == said | read


def _modules() -> list[Path]:
    """What of the room speaks with the API; `key` speaks with AWS."""
    return [file for file in API.glob("*.py") if file.name != "key.py"]
