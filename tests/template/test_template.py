"""The template: safe to deploy, and free of findings after its translation."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from local.gates import template
from local.gates.template import Tree, load_template
from local.paths import ROOT
from tests.template.template import of_type, resource, resources

TEMPLATE = load_template()
FUNCTIONS = of_type(TEMPLATE, "AWS::Serverless::Function")
ROLES = of_type(TEMPLATE, "AWS::IAM::Role")
PARAMETERS: Tree = TEMPLATE["Parameters"]


@pytest.fixture(scope="module")
def translated() -> Tree:
    """What CloudFormation gets."""
    return template.translated()


def test_cfn_lint_finds_nothing_in_the_translated_template(
    translated: Tree, tmp_path: Path
) -> None:
    file = tmp_path / "translated.json"
    file.write_text(json.dumps(translated, indent=1))
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--", file],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_sam_validate_finds_nothing() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("sam"), "validate", "--lint", "--region", "us-east-1"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_described_bounded_and_used(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter["Description"]
    assert {"AllowedPattern", "AllowedValues", "MinValue", "MinLength"} & set(parameter)
    if "AllowedPattern" in parameter:
        assert parameter["ConstraintDescription"]
        default = parameter.get("Default")
        assert default is None or re.search(str(parameter["AllowedPattern"]), str(default))
    rest = {key: value for key, value in TEMPLATE.items() if key not in {"Parameters", "Metadata"}}
    text = json.dumps(rest)
    assert f'{{"Ref": "{name}"}}' in text or f"${{{name}}}" in text


def test_the_console_groups_name_every_parameter() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    named = [name for group in groups for name in group["Parameters"]]
    assert sorted(named) == sorted(PARAMETERS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_own_role_and_expiring_log_group(name: str) -> None:
    stem = name.removesuffix("Function")
    function = FUNCTIONS[name]
    assert function["Role"] == {"Fn::GetAtt": [f"{stem}Role", "Arn"]}
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": f"{stem}LogGroup"}}
    assert resource(TEMPLATE, f"{stem}LogGroup")["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()
    assert function["CodeUri"] == f"functions/{folder}/"
    assert (ROOT / "functions" / folder / "app.py").exists()
    assert (ROOT / "events" / f"{folder}.json").exists()


def _statements(value: object) -> list[Tree]:
    """All allowing statements, also those under a condition."""
    if isinstance(value, list):
        return [statement for item in value for statement in _statements(item)]
    if isinstance(value, dict):
        if value.get("Effect") == "Allow":
            return [value]
        return [statement for item in value.values() for statement in _statements(item)]
    return []


@pytest.mark.parametrize("name", ROLES)
def test_no_role_may_do_more_than_named_actions_on_named_resources(name: str) -> None:
    statements = _statements(ROLES[name]["Policies"])
    assert statements
    for statement in statements:
        actions = statement["Action"]
        actions = actions if isinstance(actions, list) else [actions]
        assert all("*" not in str(action) for action in actions), statement
        if statement["Resource"] == "*":
            # Neither has resources to name: X-Ray, and the delivery of Step Functions' logs.
            assert all(re.match(r"(xray|logs):", str(action)) for action in actions), statement


@pytest.mark.parametrize("name", ROLES)
def test_a_role_that_reads_objects_may_list_them_and_decrypt_them(name: str) -> None:
    """Without the first, S3 answers 403 for an empty key; the local cloud does not."""
    statements = _statements(ROLES[name]["Policies"])
    actions = [
        action
        for statement in statements
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    ]
    if "s3:GetObject" not in actions:
        return
    (listing,) = (statement for statement in statements if statement["Action"] == "s3:ListBucket")
    assert listing["Resource"] == {"Fn::GetAtt": ["ExportBucket", "Arn"]}
    assert "kms:Decrypt" in actions


def test_the_bucket_is_private_versioned_encrypted_tls_only_and_cleans_up() -> None:
    bucket = resource(TEMPLATE, "ExportBucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    block = bucket["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    lifecycle = json.dumps(bucket["LifecycleConfiguration"])
    assert '"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}' in lifecycle
    assert '"ExpirationInDays": {"Ref": "ExportRetentionDays"}' in lifecycle
    for policy in ("ExportBucketPolicy", "DeadLetterQueuePolicy"):
        denied = json.dumps(resource(TEMPLATE, policy))
        assert '"Effect": "Deny"' in denied
        assert '{"Bool": {"aws:SecureTransport": "false"}}' in denied
    assert resources(TEMPLATE)["ExportBucket"]["DeletionPolicy"] == "Retain"


def test_the_schedule_passes_its_nominal_time_retries_and_keeps_what_it_could_not_start(
    translated: Tree,
) -> None:
    schedule = of_type(translated, "AWS::Scheduler::Schedule")["BatchStateMachineSchedule"]
    target = schedule["Target"]
    assert json.loads(str(target["Input"])) == {"scheduledTime": "<aws.scheduler.scheduled-time>"}
    assert target["RetryPolicy"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
    # A fixed name would allow one stack in an account and region.
    assert "Name" not in schedule
    start, dead_letter = ROLES["ScheduleRole"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", target["Arn"])
    assert dead_letter["Action"] == "sqs:SendMessage"
    assert dead_letter["Resource"] == target["DeadLetterConfig"]["Arn"]
    assert schedule["State"] == {"Ref": "ScheduleState"}
    assert schedule["ScheduleExpressionTimezone"] == {"Ref": "ScheduleTimezone"}


def test_the_secret_has_no_value_that_an_update_could_put_back() -> None:
    secret = resource(TEMPLATE, "ApiKeySecret")
    assert "SecretString" not in secret
    assert "GenerateSecretString" not in secret


def test_samconfig_has_its_three_environments_and_lints() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert {"default", "prod", "local"} <= set(config)
    for environment in ("default", "prod", "local"):
        assert config[environment]["validate"]["parameters"]["lint"] is True


@pytest.mark.parametrize("name", FUNCTIONS)
def test_several_calls_of_aws_that_all_hang_fit_into_a_functions_time(name: str) -> None:
    function = FUNCTIONS[name]
    variables = dict(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    variables |= function["Environment"]["Variables"]
    # The key read twice, and two calls of S3 or the bus.
    assert 4 * int(variables["SDK_CALL_SECONDS"]) < function["Timeout"]
