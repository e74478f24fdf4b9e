"""What the README shows is what the code does."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.gates.template import load_template
from local.paths import ROOT
from sei_export import dates, errors
from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.plan import parse_plan
from sei_export.input.parameter import Parameter
from sei_export.request.defaults import RequestDefaults
from sei_export.request.parsing import parse_request
from sei_export.request.reports import REPORTS
from tests.docs.readme_table import reports_table
from tests.stack.test_run import RESULT_FIELDS
from tests.statemachine import machine

README = (ROOT / "README.md").read_text()
DEFAULTS = RequestDefaults(
    org_identifier="default",
    project_identifier="demo",
    org_tree_name="Engineering",
    timezone="UTC",
    default_request=Parameter("DefaultRequest", "{}"),
)


def _block(mark: str) -> dict[str, object]:
    """The JSON after a mark."""
    found = re.search(rf"<!-- {mark} -->\n```json\n(.*?)```", README, re.DOTALL)
    assert found
    content: dict[str, object] = json.loads(found[1])
    return content


@pytest.mark.parametrize(("number", "file"), [(0, machine.EXPORT), (1, machine.BATCH)])
def test_a_picture_has_exactly_the_machines_states_and_transitions(number: int, file: Path) -> None:
    pictures = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", README, re.DOTALL)
    drawn = set(re.findall(r"(\[\*\]|\w+) --> (\[\*\]|\w+)", pictures[number]))
    definition = machine.load(file)
    ends = {
        (name, "[*]")
        for name, state in machine.states(definition).items()
        if state["Type"] in {"Succeed", "Fail"}
    }
    start = {("[*]", str(definition["StartAt"]))}
    assert drawn == set(machine.transitions(definition)) | ends | start


def test_the_input_is_valid_and_gives_the_result_shown() -> None:
    request = parse_request(json.loads(json.dumps(_block("input"))), DEFAULTS, datetime.now(UTC))
    shown = _block("output")
    assert request.canonical() == shown["request"]
    assert request.fingerprint == shown["requestFingerprint"]
    assert set(shown) == RESULT_FIELDS


def test_the_plan_is_valid_and_its_fields_are_those_that_the_table_explains() -> None:
    given = json.loads(json.dumps(_block("plan")))
    stack = BatchDefaults(DEFAULTS, plan=Parameter("BatchPlan", "{}"), max_concurrency=5)
    plan = parse_plan(given, stack, datetime.now(UTC))
    assert [len(planned.requests) for planned in plan.exports] == [2]
    for name in ("scope.teams", "backfill", "lookback"):
        assert f"| `{name}` |" in README


def test_the_wrong_input_is_refused_as_shown() -> None:
    wrong = _block("input") | {
        "metricGroups": ["activity", "velocty"],
        "options": {"metricLevel": "developer", "granularity": "daily"},
    }
    with pytest.raises(errors.InvalidRequestError) as refused:
        parse_request(json.loads(json.dumps(wrong)), DEFAULTS, datetime.now(UTC))
    assert f"InvalidRequestError: {refused.value}\n" in README


def test_every_period_is_explained() -> None:
    assert [period for period in dates.PERIODS if f"`{period}`" not in README] == []


def test_the_kinds_of_texts_and_the_parameters_of_being_told_are_those_of_the_code() -> None:
    section = README.partition("## Being told")[2].partition("\n## ")[0]
    texts = (ROOT / "layers/sei_export/sei_export/notice/texts.py").read_text()
    told = set(re.findall(r"^\| .+ \| `(\w+)` \|$", section, re.MULTILINE))
    assert told == set(re.findall(r'kind="(\w+)"', texts))
    groups = load_template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    (named,) = (it["Parameters"] for it in groups if it["Label"]["default"] == "Being told")
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(named)


def test_the_keys_statement_lets_in_whom_the_topics_policy_lets_in() -> None:
    statement = _block("kms")
    policy = load_template()["Resources"]["NotificationTopicPolicy"]["Properties"]["PolicyDocument"]
    (alarms,) = (it for it in policy["Statement"] if it["Sid"] == "Alarms")
    assert statement["Principal"] == alarms["Principal"]
    # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_the_table_of_reports_is_the_codes() -> None:
    assert f"<!-- reports -->\n{reports_table()}\n" in README


def test_there_is_a_ready_input_for_every_report() -> None:
    for name in REPORTS:
        given = json.loads((ROOT / "events" / f"{name}.json").read_text())
        assert parse_request(given, DEFAULTS, datetime.now(UTC)).report.name == name


def test_every_command_named_is_a_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "deploy", "up", "down"} <= named
    assert [target for target in named if f"\n{target}:" not in makefile] == []
