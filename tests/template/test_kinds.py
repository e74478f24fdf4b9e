"""References give what their place takes: an ARN, an address or a name, as AWS's schemas tell."""

import re
from collections.abc import Iterator

import pytest

from local.gates.template import Tree, translated
from tests.template.combinations import COMBINATIONS
from tests.template.deployed import Deployed, deploy, texts

TEMPLATE = translated()
_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+")


def mistaken(deployed: Deployed) -> Iterator[str]:
    """Values that are of another kind than the name of their place says."""
    content = {
        **{name: item["Properties"] for name, item in deployed.resources.items()},
        **{name: {name: output["Value"]} for name, output in deployed.outputs.items()},
    }
    for path, value in texts(content):
        name = path.removesuffix("[]").rpartition(".")[2]
        is_arn, is_url = bool(_ARN.fullmatch(value)), value.startswith("https://")
        if re.search(r"Arns?$|_ARN$|^Role$|^Resource$|^KMSMasterKeyID$|^ServiceToken$", name):
            right = is_arn or (name == "Resource" and value == "*")
        elif re.search(r"Urls?$|^Queues$|_URL$", name):
            right = is_url
        elif re.search(r"(?<!Policy)Name$|^Bucket$|_BUCKET$|_NAME$|^LogGroup$|^Roles$", name):
            right = not is_arn and not is_url
        else:
            continue
        if not right:
            yield f"{path}: {value}"


@pytest.mark.parametrize("given", COMBINATIONS, ids=str)
def test_in_every_combination_each_reference_is_of_the_kind_that_its_place_takes(
    given: dict[str, str],
) -> None:
    assert list(mistaken(deploy(TEMPLATE, given))) == []


def _stack(kind: str, **properties: object) -> Tree:
    others = {
        "Queue": "AWS::SQS::Queue",
        "Files": "AWS::S3::Bucket",
        "Doer": "AWS::IAM::Role",
        "Machine": "AWS::StepFunctions::StateMachine",
        "Group": "AWS::Logs::LogGroup",
    }
    made = {name: {"Type": it, "Properties": {}} for name, it in others.items()}
    return {"Resources": {**made, "It": {"Type": kind, "Properties": properties}}}


def _ref(name: str) -> Tree:
    return {"Ref": name}


def _arn(name: str) -> Tree:
    return {"Fn::GetAtt": [name, "Arn"]}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (_stack("AWS::Lambda::Function", Role=_arn("Doer")), {"Role": _ref("Doer")}),
        (_stack("AWS::SQS::QueuePolicy", Queues=[_ref("Queue")]), {"Queues": [_arn("Queue")]}),
        (_stack("AWS::S3::BucketPolicy", Bucket=_ref("Files")), {"Bucket": _arn("Files")}),
        (_stack("AWS::IAM::Policy", Roles=[_ref("Doer")]), {"Roles": [_arn("Doer")]}),
        (
            _stack("AWS::Scheduler::Schedule", Target={"Arn": _ref("Machine")}),
            {"Target": {"Arn": {"Fn::GetAtt": ["Machine", "Name"]}}},
        ),
        (
            _stack("AWS::Lambda::Function", LoggingConfig={"LogGroup": _ref("Group")}),
            {"LoggingConfig": {"LogGroup": _arn("Group")}},
        ),
        (
            _stack("AWS::Scheduler::Schedule", Target={"DeadLetterConfig": {"Arn": _arn("Queue")}}),
            {"Target": {"DeadLetterConfig": {"Arn": _ref("Queue")}}},
        ),
    ],
)
def test_a_reference_of_another_kind_is_found(right: Tree, wrong: Tree) -> None:
    assert list(mistaken(deploy(right, {}))) == []
    right["Resources"]["It"]["Properties"] |= wrong
    assert len(list(mistaken(deploy(right, {})))) == 1
