"""Policies as IAM reads them: what they name exists, and what they allow has an effect."""

import copy
import re
from collections.abc import Iterator

import boto3
import pytest

from local.gates.template import Tree, translated
from tests.statemachine import machine
from tests.template import permissions
from tests.template.combinations import COMBINATIONS
from tests.template.deployed import Deployed, Place, deploy
from tests.template.permissions import action_known, documents, findings, listed

TEMPLATE = translated()
MACHINES = {
    "ExportStateMachineRole": machine.EXPORT,
    "BatchStateMachineRole": machine.BATCH,
    "HarvestStateMachineRole": machine.HARVEST,
}
OBJECTS = "arn:aws:s3:::bucket/runs/*"


@pytest.mark.parametrize("given", COMBINATIONS, ids=str)
def test_in_every_combination_each_policy_names_what_there_is(given: dict[str, str]) -> None:
    deployed = deploy(TEMPLATE, given)
    # Each role's, who takes it, the two that stand apart, the bucket's and the queue's.
    assert len(list(documents(deployed))) > 40
    assert findings(deployed) == []


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn"])
def test_in_other_partitions_too(partition: str) -> None:
    given = {
        name: value.replace("arn:aws:", f"arn:{partition}:")
        for name, value in COMBINATIONS[-1].items()
    }
    assert findings(deploy(TEMPLATE, given, Place(partition=partition))) == []


def test_a_role_has_no_two_policies_of_one_name() -> None:
    names = _names(deploy(TEMPLATE, COMBINATIONS[-1]))
    assert len(names) > 40
    assert len(set(names)) == len(names)


def _names(deployed: Deployed) -> list[tuple[str, str]]:
    """Each role with each of its policies, also with those that stand apart."""
    found: list[tuple[str, str]] = []
    for name, item in deployed.resources.items():
        properties = item["Properties"]
        if item["Type"] == "AWS::IAM::Role":
            # A role's name ends in its logical id, and a suffix.
            found += [(name, policy["PolicyName"]) for policy in properties.get("Policies", [])]
        elif item["Type"] == "AWS::IAM::Policy":
            found += [
                (role.split("-")[-2], properties["PolicyName"]) for role in properties["Roles"]
            ]
    return found


def _tasks(name: str) -> Iterator[str]:
    """The actions of what a machine calls itself: `lambda:invoke`, `aws-sdk:sqs:sendMessage`."""
    for text in machine.texts(machine.load(MACHINES[name])):
        called = re.fullmatch(r"arn:[^:]+:states:::(?:aws-sdk:)?(\w+):(\w+)(\.sync(:2)?)?", text)
        if called:
            yield f"{called[1]}:{called[2][0].upper()}{called[2][1:]}"


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_may_do_what_its_definition_calls_by_an_operation_that_there_is(
    name: str,
) -> None:
    deployed = deploy(TEMPLATE, COMBINATIONS[0])
    allowed = {
        action
        for document in documents(deployed)
        if document.kind == "role" and document.owner == name
        for statement in listed(document.content["Statement"])
        for action in listed(statement["Action"])
    }
    called = set(_tasks(name))
    assert {"lambda:Invoke", "events:PutEvents"} <= called
    for action in called:
        service, operation = action.split(":")
        assert operation in _operations(service), action
        needed = "lambda:InvokeFunction" if action == "lambda:Invoke" else action
        assert action_known(needed)
        assert needed in allowed, needed


def _operations(service: str) -> set[str]:
    client = boto3.Session(region_name="us-east-1").client(  # type: ignore[call-overload]  # any
        {"states": "stepfunctions"}.get(service, service)
    )
    return set(client.meta.service_model.operation_names)


def _with(statement: Tree, **changes: object) -> Deployed:
    """A role with one statement, which is right but for the changes."""
    right: Tree = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}
    document: Tree = {"Statement": [{**right, **statement}], **changes}
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": document}],
    }
    return Deployed(resources={"Role": {"Type": "AWS::IAM::Role", "Properties": role}})


BUS = "arn:aws:events:us-east-1:123456789012:event-bus/x"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x"
BAD = [
    ({"Action": "s3:HeadObject"}, "there is no action s3:HeadObject"),
    ({"Action": "s3:Gte*"}, "there is no action s3:Gte*"),
    ({"Action": "s4:GetObject"}, "there is no action s4:GetObject"),
    ({"Action": "s3:ListBucket"}, "s3:ListBucket takes none of"),
    ({"Resource": "arn:aws:s3:::bucket"}, "s3:GetObject takes none of"),
    ({"Resource": [OBJECTS, BUS]}, f"{BUS} is taken by none of"),
    ({"Resource": "*"}, "s3:GetObject takes resources, and has *"),
    ({"Action": "events:PutEvents", "Resource": BUS.replace("-bus/", ":")}, "takes none of"),
    ({"Action": "logs:PutLogEvents", "Resource": GROUP}, "logs:PutLogEvents takes none of"),
    ({"Action": "xray:PutTraceSegments", "Resource": BUS}, "xray:PutTraceSegments takes none of"),
    ({"Condition": {"StringEquals": {"s3:prefix": "a"}}}, "s3:GetObject has no condition key"),
    ({"Condition": {"StringEquals": {"aws:SourceAcount": "1"}}}, "has no condition key aws:Source"),
    (
        {"Condition": {"StringEqual": {"aws:SourceAccount": "1"}}},
        "there is no operator StringEqual",
    ),
    ({"Effect": "Permit"}, "the effect Permit"),
    ({"Principal": "*"}, "a principal belongs into policies of resources"),
    ({"Sid": "with-hyphen"}, "Sids are not unique letters and digits"),
]


@pytest.mark.parametrize(("statement", "problem"), BAD)
def test_a_statement_that_iam_refuses_or_never_applies_is_found(
    statement: Tree, problem: str
) -> None:
    assert findings(_with({})) == []
    assert problem in "\n".join(findings(_with(statement)))


def test_a_policy_without_a_statement_is_found() -> None:
    assert findings(_with({}, Statement=[])) == ["Role, p: no statement"]


def test_a_policy_that_has_anothers_name_is_found() -> None:
    twice = copy.deepcopy(deploy(TEMPLATE, COMBINATIONS[0]))
    twice.resources["BatchRunsPolicy"]["Properties"]["PolicyName"] = "plan"
    names = _names(twice)
    assert len(set(names)) == len(names) - 1


def test_a_condition_key_that_ends_in_a_word_of_the_users_own_is_known() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/x"
    condition = {"StringEquals": {"kms:EncryptionContext:SecretARN": "x"}}
    statement = {"Action": "kms:Decrypt", "Resource": key, "Condition": condition}
    assert findings(_with(statement)) == []
    assert permissions.action_known("kms:Decrypt")
    assert not permissions.action_known("kms:Decrypted")
