"""A month that never ran, and what would keep the next one from it, are told; on the stack."""

import json
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


def test_a_message_that_nobody_got_and_a_refused_key_are_told_once(
    stack: Harness, told: Subscriber
) -> None:
    now = dates.parse_moment(json.loads(stack.raw("batches/complete.json"))["until"])
    quiet = _look(stack, now)
    assert quiet["unknown"] == []
    queue = stack.stack.outputs["DeadLetterQueueUrl"]
    secret = stack.stack.outputs["ApiKeySecretArn"]
    key = stack.aws.secrets.get_secret_value(SecretId=secret)["SecretString"]
    stack.aws.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    stack.aws.secrets.put_secret_value(SecretId=secret, SecretString="of-another-project")
    try:
        found = _look(stack, now)
        assert found["announced"] == "ExportAtRisk"
        assert _codes(found) - _codes(quiet) >= {"ApiKeyRefused"}
        assert "DeadLetters" in _codes(found)
        assert _look(stack, now)["announced"] is None
    finally:
        stack.aws.secrets.put_secret_value(SecretId=secret, SecretString=key)
        stack.aws.sqs.purge_queue(QueueUrl=queue)
    assert len(told.find("at risk: ")) >= 1
    assert "ApiKeyRefused" not in _codes(_look(stack, now))


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
