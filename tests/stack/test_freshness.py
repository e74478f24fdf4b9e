"""A month that never ran, and what would keep the next one from it, are told; on the stack."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sei_export import dates
from sei_export.jsontypes import JsonObject
from tests.stack.harness import Harness
from tests.stack.subscriber import Subscriber

MONTH = timedelta(days=33)


def test_a_month_skipped_is_told_once_and_so_is_the_next_one(
    stack: Harness, told: Subscriber
) -> None:
    # The stack's own plan, as its schedule starts it.
    run = stack.run({}, stack.batch_machine)
    assert run.status == "SUCCEEDED"
    complete = json.loads(stack.raw("batches/complete.json"))
    assert complete["until"] == min(complete["scheduledTime"], complete["closedAt"])
    last = dates.parse_moment(complete["until"])
    early = _look(stack, last + MONTH - timedelta(hours=1))
    assert (early["isOverdue"], early["lastCompleteAt"]) == (False, complete["until"])
    expected = f"overdue since {dates.format_moment(last + MONTH)}"
    assert _look(stack, last + MONTH, dryRun=True)["announced"] is None
    assert _look(stack, last + MONTH)["announced"] == "ExportOverdue"
    for hours in range(1, 4):
        assert _look(stack, last + MONTH + timedelta(hours=hours))["announced"] is None
    (text,) = told.find(expected)
    said = json.dumps(text)
    assert f"No run of the stack's plan has become complete since {complete['until']}" in said
    assert f"start-execution --state-machine-arn {stack.batch_machine}" in said
    # Another month, another text.
    assert _look(stack, last + 2 * MONTH)["announced"] == "ExportOverdue"
    assert len(told.find(f"overdue since {dates.format_moment(last + 2 * MONTH)}")) == 1
    assert len(told.find(expected)) == 1


def test_a_schedule_that_is_off_and_a_refused_key_that_is_old_are_told_once(
    stack: Harness, told: Subscriber
) -> None:
    now = dates.parse_moment(json.loads(stack.raw("batches/complete.json"))["until"])
    quiet = _look(stack, now)
    # Whether there are dead letters, and what the API says to the key, the role lets it ask.
    assert quiet["unknown"] == []
    secret = stack.stack.outputs["ApiKeySecretArn"]
    key = stack.aws.secrets.get_secret_value(SecretId=secret)["SecretString"]
    stack.aws.secrets.put_secret_value(SecretId=secret, SecretString="0")
    try:
        # The stack's schedule is off, as the parameter says; here it says otherwise.
        with _told_otherwise(stack, SCHEDULE_STATE="ENABLED", KEY_MAX_AGE_DAYS="1"):
            found = _look(stack, now + timedelta(days=2))
            again = _look(stack, now + timedelta(days=2))
    finally:
        stack.aws.secrets.put_secret_value(SecretId=secret, SecretString=key)
    codes = {"ScheduleDisabled", "ApiKeyOld", "ApiKeyRefused"}
    assert _codes(found) - _codes(quiet) == codes
    assert (found["announced"], again["announced"], found["unknown"]) == ("ExportAtRisk", None, [])
    (text,) = told.find("at risk: ScheduleDisabled, ApiKeyOld, ApiKeyRefused")
    said = json.dumps(text)
    assert "is DISABLED, although ScheduleState is ENABLED" in said
    assert "answered 401" in said
    assert not codes & _codes(_look(stack, now + timedelta(days=2)))


@contextmanager
def _told_otherwise(stack: Harness, **variables: str) -> Iterator[None]:
    """Have the function be told other parameters for a while."""
    functions, name = stack.aws.functions, stack.stack.outputs["CheckFreshnessFunctionArn"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def tell(them: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": them})

    tell(before | variables)
    try:
        yield
    finally:
        tell(before)


def _look(stack: Harness, now: object, **more: object) -> JsonObject:
    payload = {"scheduledTime": f"{now:%Y-%m-%dT%H:%M:%SZ}", **more}
    answer = stack.aws.functions.invoke(
        FunctionName=stack.stack.outputs["CheckFreshnessFunctionArn"],
        Payload=json.dumps(payload).encode(),
    )
    result: JsonObject = json.loads(answer["Payload"].read())
    assert "FunctionError" not in dict(answer), result
    return result


def _codes(found: JsonObject) -> set[object]:
    findings = found["findings"]
    assert isinstance(findings, list)
    return {it["code"] for it in findings if isinstance(it, dict)}
