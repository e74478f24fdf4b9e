"""What AWS takes of policies, variables and definitions, with each parameter at its longest."""

import json

import pytest

from local.gates.template import Tree, translated
from sei_export.steps.check_parameters import MOST_BYTES_OF_BOTH
from tests.statemachine import machine
from tests.template import limits
from tests.template.bounds import longest
from tests.template.deployed import Deployed, Place, deploy

TEMPLATE = translated()
PLACE = Place(stack="s" * 128, region="ap-southeast-3", partition="aws-us-gov")
LONGEST = {name: longest(name, it) for name, it in TEMPLATE["Parameters"].items()}
SIZED = {"BatchPlan": "x" * (MOST_BYTES_OF_BOTH - 1200), "DefaultRequest": "x" * 1200}
"""As long as CheckParameters lets both be."""


def test_every_parameter_has_a_longest_value_and_a_short_description() -> None:
    assert list(limits.of_parameters(TEMPLATE)) == []


@pytest.mark.parametrize("own", [{}, {"ApiKeySecretArn": ""}], ids=["given", "own"])
def test_with_every_parameter_at_its_longest_everything_is_small_enough(
    own: dict[str, str],
) -> None:
    deployed = deploy(TEMPLATE, LONGEST | SIZED | own, PLACE)
    assert set(deployed.conditions.values()) == {True, False}
    assert list(limits.of_resources(deployed)) == []


def test_longer_texts_than_the_check_lets_pass_would_not_fit() -> None:
    more = {"BatchPlan": "x" * 1500, "DefaultRequest": "x" * 1200}
    found = list(limits.of_resources(deploy(TEMPLATE, LONGEST | more, PLACE)))
    assert [it.partition(",")[0] for it in found] == ["PlanBatchFunction"]


@pytest.mark.parametrize("file", machine.ALL, ids=lambda file: file.stem)
def test_a_definition_has_room_for_what_is_put_into_it(file: object) -> None:
    text = json.dumps(machine.load(file))  # type: ignore[arg-type]  # as they are listed
    # A dozen ARNs and names of at most 300 bytes.
    assert len(text.encode()) + 12 * 300 < limits.DEFINITION


def _stack(kind: str, **properties: object) -> Deployed:
    return Deployed(resources={"It": {"Type": kind, "Properties": properties}})


def _statement(count: int, **more: object) -> Tree:
    resources = [f"arn:aws:s3:::bucket/{number:04}" for number in range(count)]
    return {"Statement": [{"Effect": "Allow", "Action": "x", "Resource": resources, **more}]}


TRUSTED = {"AssumeRolePolicyDocument": _statement(1)}
TWO = [{"PolicyName": name, "PolicyDocument": _statement(200)} for name in "ab"]
BAD = [
    (_stack("AWS::IAM::Role", **TRUSTED, Policies=TWO), "It, policies"),
    (_stack("AWS::IAM::Role", AssumeRolePolicyDocument=_statement(80)), "It, trust"),
    (_stack("AWS::S3::BucketPolicy", PolicyDocument=_statement(800)), "It"),
    (_stack("AWS::SQS::QueuePolicy", PolicyDocument=_statement(400)), "It"),
    (
        _stack("AWS::SQS::QueuePolicy", PolicyDocument=_statement(1, Action=["x"] * 8)),
        "It, actions",
    ),
    # Quotes count twice, as JSON has them.
    (
        _stack("AWS::Lambda::Function", Environment={"Variables": {"A": '"' * 2045}}),
        "It, variables",
    ),
    (
        _stack("AWS::StepFunctions::StateMachine", DefinitionString="x" * 1_048_577),
        "It, definition",
    ),
]


@pytest.mark.parametrize(("deployed", "what"), BAD)
def test_what_is_too_large_is_found(deployed: Deployed, what: str) -> None:
    assert [it.partition(":")[0] for it in limits.of_resources(deployed)] == [what]


def test_a_policy_that_stands_apart_counts_for_its_role() -> None:
    roles = ["sei-export-It-1A2B3C4D5E6F"]
    apart = {"PolicyName": "c", "Roles": roles, "PolicyDocument": _statement(200)}
    deployed = _stack("AWS::IAM::Role", **TRUSTED, Policies=TWO[:1])
    assert list(limits.of_resources(deployed)) == []
    deployed.resources["Apart"] = {"Type": "AWS::IAM::Policy", "Properties": apart}
    assert [it.partition(":")[0] for it in limits.of_resources(deployed)] == ["It, policies"]


@pytest.mark.parametrize(
    ("parameter", "problem"),
    [
        ({"AllowedPattern": "^.+$"}, "It has no longest value"),
        ({"MaxLength": 9, "Description": "x" * 4001}, "It: its description is too long"),
        ({"MaxLength": 9, "Default": "界" * 1366}, "It: its default is too long"),
    ],
)
def test_a_parameter_that_cloudformation_refuses_is_found(parameter: Tree, problem: str) -> None:
    bad = {"Parameters": {"It": {"Type": "String", **parameter}}}
    assert list(limits.of_parameters(bad)) == [problem]
