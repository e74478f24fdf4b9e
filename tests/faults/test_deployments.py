"""A stack of each kind is deployed, lands an export where its own settings say, and is deleted."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import deploy
from local.cloud.aws import REGION, Aws
from local.cloud.processes import free_pair
from local.cloud.stack import SIMULATOR_KEY, LocalCloud, Options, Stack
from local.paths import LOCAL
from tests.faults.conftest import Count
from tests.stack.harness import ANY_TEAM, Harness, Inbox, new_team, request_for

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from sei_export.jsontypes import JsonObject

ACCOUNT = "000000000000"
"""The emulator's own; whoever signs with another one's number is that one's root."""

READER, STRANGER = "111122223333", "222233334444"
BUS = "own-bus"
KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-0123456789ab"
GIVEN = "given"
"""Stands for the ARN of a secret that is made before the stack."""

MACHINES = deploy.machine_architecture()
OTHER = ({"arm64", "x86_64"} - {MACHINES}).pop()

SWITCHES: dict[str, tuple[str, str]] = {
    "ApiKeySecretArn": ("", GIVEN),
    "KmsKeyArn": ("", KMS_KEY),
    "EventBusName": ("default", BUS),
    "ReaderPrincipals": ("", f"arn:aws:iam::{READER}:root,arn:aws:iam::444455556666:root"),
    # Functions run as this machine's all the same; the layer is the other one.
    "Architecture": (MACHINES, OTHER),
    "ExportRetentionDays": ("730", "31"),
}

# Of any two switches, each side of the one with each side of the other: all is usual in the first
# stack, and in the others each switch is turned three times, no two of them in the same three.
STACKS = [
    {
        name: values[at in turned]
        for (name, values), turned in zip(
            SWITCHES.items(), combinations(range(1, 6), 3), strict=False
        )
    }
    for at in range(6)
]
TURNED = [
    " ".join(it for it in SWITCHES if stack[it] != SWITCHES[it][0]) or "none" for stack in STACKS
]


def test_of_any_two_switches_each_side_meets_each_of_the_other() -> None:
    for one, other in combinations(SWITCHES, 2):
        met = {(stack[one], stack[other]) for stack in STACKS}
        assert met == set(product(SWITCHES[one], SWITCHES[other]))


@pytest.fixture(scope="module")
def empty_cloud() -> Iterator[LocalCloud]:
    """A local cloud that has what a stack may be given, and no stack."""
    options = Options(
        state=LOCAL / "test-deployments",
        aws_port=free_pair(),
        stack_parameters={"LogRetentionDays": "7"},
        enforce_iam=True,
        wait_scale="0.05",
        simulator_arguments=("--queued-seconds", "0", "--processing-seconds", "0", *ANY_TEAM),
    )
    cloud = LocalCloud(options, print)
    cloud.down()
    try:
        cloud.start()
        cloud.aws.events.create_event_bus(Name=BUS)
        yield cloud
    finally:
        cloud.down()


@pytest.fixture(scope="module")
def given(empty_cloud: LocalCloud) -> str:
    """The ARN of a secret that has the key."""
    made = empty_cloud.aws.secrets.create_secret(Name="key-of-mine", SecretString=SIMULATOR_KEY)
    return made["ARN"]


@pytest.fixture(scope="module")
def inboxes(empty_cloud: LocalCloud) -> dict[str, Inbox]:
    """What each bus gets."""
    aws = empty_cloud.aws
    pattern: JsonObject = {"source": ["harness.sei.export"]}
    return {bus: Inbox.subscribe(aws, bus, f"on-{bus}", pattern) for bus in ("default", BUS)}


@pytest.mark.parametrize("chosen", STACKS, ids=TURNED)
def test_what_is_chosen_is_deployed_lands_an_export_and_is_deleted(
    chosen: dict[str, str],
    empty_cloud: LocalCloud,
    given: str,
    inboxes: dict[str, Inbox],
    count: Count,
) -> None:
    cloud = empty_cloud
    own_secret = chosen["ApiKeySecretArn"] == ""
    chosen = chosen if own_secret else chosen | {"ApiKeySecretArn": given}
    stack = cloud.deploy(**chosen)
    try:
        secret = stack.outputs["ApiKeySecretArn"]
        if own_secret:
            cloud.aws.secrets.put_secret_value(SecretId=secret, SecretString=SIMULATOR_KEY)
        else:
            assert secret == given
        key = _landed(Harness(cloud.aws, stack), inboxes, chosen["EventBusName"])
        _check_readers(cloud, stack, chosen["ReaderPrincipals"], key)
        _check_key(cloud.aws, stack, chosen)
        _check_functions(cloud.aws, stack, chosen)
    finally:
        _delete(cloud.aws, stack)
    # Files outlive the stack, and so does a secret that is not its own.
    bucket = stack.outputs["ExportBucketName"]
    assert cloud.aws.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    assert (secret in _secrets(cloud.aws)) is not own_secret
    count("kinds of stacks", landed_and_deleted=1)


def _landed(harness: Harness, inboxes: dict[str, Inbox], bus: str) -> str:
    """Run one export; its file's key."""
    run = harness.run(request_for(new_team()))
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    key = str(run.output["key"])
    assert harness.csv(key) == harness.simulator.content(str(run.output["exportId"]))
    # One on the right bus comes first, so that one on another would be there by then.
    (event,) = inboxes[bus].find("executionArn", run.arn)
    assert event["detail-type"] == "ExportCompleted"
    for other in inboxes.keys() - {bus}:
        assert inboxes[other].none("executionArn", run.arn)
    return key


def _check_readers(cloud: LocalCloud, stack: Stack, readers: str, key: str) -> None:
    bucket = stack.outputs["ExportBucketName"]
    for account in (READER, STRANGER):
        assert _reads(_s3_of(account, cloud), bucket, key) is (account in readers)
    # Nobody reads what is not told: whatever has landed has its mark there.
    (mark,) = cloud.aws.s3.list_objects_v2(Bucket=bucket, Prefix="landed/")["Contents"]
    assert not _reads(_s3_of(READER, cloud), bucket, mark["Key"])


def _check_key(aws: Aws, stack: Stack, chosen: dict[str, str]) -> None:
    """Look at what has a key, or may use it; the emulator encrypts no bucket."""
    arn = stack.outputs["DownloadExportFunctionArn"]
    role = aws.functions.get_function_configuration(FunctionName=arn)["Role"].rpartition("/")[2]
    policy = aws.iam.get_role_policy(RoleName=role, PolicyName="land")["PolicyDocument"]
    assert (KMS_KEY in str(policy)) is bool(chosen["KmsKeyArn"])
    if chosen["ApiKeySecretArn"] == "":
        secret = aws.secrets.describe_secret(SecretId=stack.outputs["ApiKeySecretArn"])
        assert secret.get("KmsKeyId", "") == chosen["KmsKeyArn"]


def _s3_of(account: str, cloud: LocalCloud) -> "S3Client":
    """What the root of an account uses, over TLS: the bucket takes nothing else."""
    return boto3.Session(account, "any", region_name=REGION).client(
        "s3",
        endpoint_url=cloud.tls_url,
        verify=str(cloud.ca_file),
        config=Config(s3={"addressing_style": "path"}),
    )


def _reads(client: "S3Client", bucket: str, key: str) -> bool:
    """Whether a file can be listed and got."""
    try:
        listed = client.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]
        return listed == 1 and client.get_object(Bucket=bucket, Key=key)["Body"].read() != b""
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"  # noqa: PT017 - not expected
        return False


def _check_functions(aws: Aws, stack: Stack, chosen: dict[str, str]) -> None:
    """Each is of the chosen processor, with its one layer; some know how long files are kept."""
    architecture, days = [chosen["Architecture"]], set[str]()
    for name, arn in stack.outputs.items():
        if name.endswith("FunctionArn"):
            told = aws.functions.get_function_configuration(FunctionName=arn)
            assert told["Architectures"] == architecture
            (layer,) = told["Layers"]
            version = aws.functions.get_layer_version_by_arn(Arn=layer["Arn"])
            assert version["CompatibleArchitectures"] == architecture
            days |= {told["Environment"]["Variables"].get("EXPORT_RETENTION_DAYS", "")}
    assert days == {"", chosen["ExportRetentionDays"]}


def _secrets(aws: Aws) -> set[str]:
    return {secret["ARN"] for secret in aws.secrets.list_secrets()["SecretList"]}


def _delete(aws: Aws, stack: Stack) -> None:
    """Delete it, and see that nothing of it is left that has its name, but for the bucket."""
    aws.cloudformation.delete_stack(StackName=stack.name)
    aws.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    groups = aws.logs.describe_log_groups()["logGroups"]
    left = [group["logGroupName"] for group in groups if stack.name in group["logGroupName"]]
    left += [machine["name"] for machine in aws.states.list_state_machines()["stateMachines"]]
    left += [function["FunctionName"] for function in aws.functions.list_functions()["Functions"]]
    left += [
        role["RoleName"] for role in aws.iam.list_roles()["Roles"] if "sei" in role["RoleName"]
    ]
    assert left == []
