"""IAM is enforced in all tests of the stack; each permission is needed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.stack.harness import Harness, new_team, request_for


@pytest.mark.parametrize(
    ("function", "policy", "action", "error"),
    [
        pytest.param("DownloadExport", "land", "s3:PutObject", "StorageError", id="write"),
        pytest.param("DownloadExport", "land", "s3:GetObject", "StorageError", id="read"),
        pytest.param(
            "DownloadExport", "announce", "events:PutEvents", "ConfigurationError", id="event"
        ),
    ],
)
def test_without_one_permission_the_run_fails(
    stack: Harness, function: str, policy: str, action: str, error: str
) -> None:
    with _without(stack, function, policy, action):
        run = stack.run(request_for(new_team()))
    assert (run.status, run.error) == ("FAILED", error), run.cause
    assert "AccessDenied" in run.cause
    assert stack.run(request_for(new_team())).status == "SUCCEEDED"


def test_without_permission_to_read_the_key_the_run_fails_and_says_so(stack: Harness) -> None:
    team = new_team()
    with _without(stack, "CreateExport", "read-api-key", "secretsmanager:GetSecretValue"):
        run = stack.run(request_for(team))
    assert (run.status, run.error) == ("FAILED", "ConfigurationError")
    assert "secretsmanager:GetSecretValue" in run.cause


@contextmanager
def _without(stack: Harness, function: str, policy: str, action: str) -> Iterator[None]:
    """Take one action out of a role's policy for a while."""
    arn = stack.stack.outputs[f"{function}FunctionArn"]
    role = stack.aws.functions.get_function_configuration(FunctionName=arn)["Role"].split("/")[-1]
    document = stack.aws.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    text = json.dumps(document)
    assert text.count(f'"{action}"') == 1

    def put(content: str) -> None:
        stack.aws.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=content)

    put(text.replace(f'"{action}"', '"s3:GetObjectTorrent"'))
    try:
        yield
    finally:
        put(text)
