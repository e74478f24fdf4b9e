"""How functions and machines are set up: settings, logs, traces, and when what runs."""

import re

import pytest

from local.gates.template import Tree, load_template
from sei_export.notice.once import CLAIM_HOLDS
from tests.template.template import of_type, resource

TEMPLATE = load_template()
FUNCTIONS = of_type(TEMPLATE, "AWS::Serverless::Function")
MACHINES = of_type(TEMPLATE, "AWS::Serverless::StateMachine")


def _variables(name: str) -> Tree:
    shared: Tree = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own: Tree = FUNCTIONS[name]["Environment"]["Variables"]
    return shared | own


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_variable_of_the_environment_is_the_parameter_of_its_name(name: str) -> None:
    parameters = {re.sub(r"(?<!^)(?=[A-Z])", "_", it).upper(): it for it in TEMPLATE["Parameters"]}
    variables = _variables(name)
    for variable, value in variables.items():
        if "Fn::If" in value:
            # The one that is made, or the one that is given.
            condition, _, given = value["Fn::If"]
            assert condition in {"MakeSecret", "MakeTopic"}
            assert given == {"Ref": parameters[variable]}
        elif variable in parameters:
            assert value == {"Ref": parameters[variable]}
    if "EXPORT_BUCKET" in variables:
        assert variables["EXPORT_BUCKET"] == {"Ref": "ExportBucket"}
    # Whoever announces, or tells, says of which stack it is; nobody chooses that name twice.
    is_telling = {"EVENT_BUS_NAME", "NOTIFICATION_TOPIC_ARN"} & set(variables)
    stack = {"Ref": "AWS::StackName"} if is_telling else None
    assert variables.get("STACK_NAME") == stack
    assert variables["POWERTOOLS_LOG_LEVEL"] == "INFO"
    stem = re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Function")).lower()
    assert variables["POWERTOOLS_SERVICE_NAME"] == stem


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_moves_files_or_plans_has_all_the_time_there_is_and_the_rest_90_s(name: str) -> None:
    long = {"DownloadExport", "FetchReport", "PlanBatch", "CloseBatch", "CloseHarvest"}
    if name == "SendNoticeFunction":
        # A claim has to outlast who made it, and to be over when Lambda tries again after a minute.
        assert FUNCTIONS[name]["Timeout"] < CLAIM_HOLDS.total_seconds() < 60
        return
    assert FUNCTIONS[name]["Timeout"] == (900 if name.removesuffix("Function") in long else 90)


def test_every_function_is_traced() -> None:
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == "Active"
    assert not any("Tracing" in function for function in FUNCTIONS.values())


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine_writes_its_events_without_data_into_its_own_log(name: str) -> None:
    machine = MACHINES[name]
    group = {"Fn::GetAtt": [f"{name}LogGroup", "Arn"]}
    assert machine["Logging"] == {
        "Level": "ALL",
        "IncludeExecutionData": False,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": group}}],
    }
    assert machine["Tracing"] == {"Enabled": True}
    # An express machine ends after five minutes.
    assert machine["Type"] == "STANDARD"
    assert machine["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    stem = name.removesuffix("StateMachine").lower()
    assert machine["DefinitionUri"] == f"statemachine/{stem}.asl.json"


@pytest.mark.parametrize("name", MACHINES)
def test_a_definition_gets_what_its_names_say(name: str) -> None:
    refs = {
        "ExportStateMachineArn": "ExportStateMachine",
        "ExportBucketName": "ExportBucket",
        "Partition": "AWS::Partition",
        "StackName": "AWS::StackName",
    }
    for key, value in MACHINES[name]["DefinitionSubstitutions"].items():
        if key.endswith("FunctionArn"):
            assert value == {"Fn::GetAtt": [key.removesuffix("Arn"), "Arn"]}
        else:
            assert value == {"Ref": refs.get(key, key)}


@pytest.mark.parametrize("name", of_type(TEMPLATE, "AWS::Logs::LogGroup"))
def test_no_log_is_kept_for_ever(name: str) -> None:
    assert resource(TEMPLATE, name)["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_outputs_are_of_what_their_names_say() -> None:
    for name, output in TEMPLATE["Outputs"].items():
        value = output["Value"]
        if name.endswith("FunctionArn"):
            assert value == {"Fn::GetAtt": [name.removesuffix("Arn"), "Arn"]}
        elif name not in {"ApiKeySecretArn", "NotificationTopicArn"}:
            assert value == {"Ref": re.sub(r"(Arn|(?<!Bus)Name|Url)$", "", name)}


def test_the_schedule_is_the_users_and_starts_on_time_or_within_the_hour() -> None:
    schedule = MACHINES["BatchStateMachine"]["Events"]["Schedule"]["Properties"]
    for field, parameter in (
        ("ScheduleExpression", "ScheduleExpression"),
        ("ScheduleExpressionTimezone", "ScheduleTimezone"),
        ("State", "ScheduleState"),
    ):
        assert schedule[field] == {"Ref": parameter}
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 3600,
        "MaximumRetryAttempts": 10,
    }


def test_somebody_looks_each_day_after_there_was_time_for_a_key_unless_nothing_is_expected() -> (
    None
):
    look = FUNCTIONS["CheckFreshnessFunction"]["Events"]["Daily"]["Properties"]
    # rate(...) would look while the stack is made.
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", look["ScheduleExpression"])
    assert look["ScheduleExpressionTimezone"] == {"Ref": "ScheduleTimezone"}
    assert look["State"] == {"Fn::If": ["LookDaily", "ENABLED", "DISABLED"]}
    assert look["Input"] == '{"scheduledTime": "<aws.scheduler.scheduled-time>"}'
    variables = _variables("CheckFreshnessFunction")
    assert variables["SCHEDULE_ARN"] == {"Fn::GetAtt": ["BatchStateMachineSchedule", "Arn"]}
    assert variables["DEAD_LETTER_QUEUE_URL"] == {"Ref": "DeadLetterQueue"}


def test_the_default_freshness_is_the_longest_month_and_two_days_for_the_batch() -> None:
    parameters = TEMPLATE["Parameters"]
    assert parameters["ScheduleExpression"]["Default"] == "cron(0 6 2 * ? *)"
    assert parameters["FreshnessHours"]["Default"] == (31 + 2) * 24


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://app.harness.io/prod1/sei/api/", True),
        ("http://localhost:8080/sei/", True),
        ("http://127.0.0.1:8080", True),
        ("http://app.harness.io/prod1/sei/api/", False),
        ("http://localhost.example.org/", False),
        ("https://user@app.harness.io/", False),
        ("https://app.harness.io/?a=b", False),
    ],
)
def test_the_key_never_goes_in_the_clear_but_to_this_machine(url: str, *, taken: bool) -> None:
    pattern = TEMPLATE["Parameters"]["HarnessBaseUrl"]["AllowedPattern"]
    assert (re.search(pattern, url) is not None) is taken
