"""The template in every combination of its conditions: nothing refers to what is not there."""

import json
from collections.abc import Iterator
from itertools import combinations

import pytest
from cfnlint import api
from cfnlint.config import ManualArgs

from local.gates.template import Tree, translated
from tests.template.combinations import COMBINATIONS, ENDS, SWITCHES, looked_at
from tests.template.deployed import Deployed, deploy

TEMPLATE = translated()
PAIRS = COMBINATIONS
"""Of any two switches, each side of the one with each side of the other."""


def problems(deployed: Deployed) -> list[str]:
    """What CloudFormation or a service would refuse of a template whose conditions are decided."""
    found = list(deployed.problems)
    for name, item in deployed.resources.items():
        found += [f"{name}{path} is empty" for path in _empty(item["Properties"])]
    for name, output in deployed.outputs.items():
        found += [f"the output {name}{path} is empty" for path in _empty(output)]
    return found


def _empty(value: object, path: str = "") -> Iterator[str]:
    if value in ("", [], {}):
        yield path
    elif isinstance(value, dict):
        for key, it in value.items():
            yield from _empty(it, f"{path}.{key}")
    elif isinstance(value, list):
        for it in value:
            yield from _empty(it, f"{path}[]")


def _linted(deployed: Deployed) -> list[str]:
    """What cfn-lint says of a template that has no functions any more."""
    text = json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": deployed.resources,
            "Outputs": deployed.outputs,
        }
    )
    # That ARNs are written out is the point here; the others are advice about other templates:
    # a context for programs that read it, and what is to outlive its stack.
    ignored = ["I3042", "I4010", "I3011"]
    options = ManualArgs(include_checks=["I"], ignore_checks=ignored, regions=["us-east-1"])
    return [f"{it.rule.id} {it.message}" for it in api.lint(text, config=options)]


def test_the_combinations_have_each_parameter_that_a_condition_looks_at() -> None:
    assert set(SWITCHES) == looked_at(TEMPLATE)


def test_the_combinations_have_each_condition_both_ways() -> None:
    decided = [deploy(TEMPLATE, given).conditions for given in ENDS]
    assert decided[0]
    for name in decided[0]:
        assert {each[name] for each in decided} == {True, False}


def test_of_any_two_switches_each_side_meets_each_of_the_other() -> None:
    for one, other in combinations(SWITCHES, 2):
        sides = [(it[one] != SWITCHES[one][0], it[other] != SWITCHES[other][0]) for it in PAIRS]
        assert len(set(sides)) == 4


@pytest.mark.parametrize("given", COMBINATIONS, ids=str)
def test_in_no_combination_anything_is_missing_or_empty(given: dict[str, str]) -> None:
    assert problems(deploy(TEMPLATE, given)) == []


@pytest.mark.parametrize("given", PAIRS, ids=str)
def test_what_is_left_when_conditions_are_decided_is_as_aws_describes_it(
    given: dict[str, str],
) -> None:
    assert _linted(deploy(TEMPLATE, given)) == []


QUEUE: Tree = {"Type": "AWS::SQS::Queue", "Condition": "Wanted", "Properties": {}}


def _bad(properties: Tree, **more: object) -> Tree:
    return {
        "Parameters": {"Given": {"Type": "String", "Default": ""}},
        "Conditions": {"Wanted": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Given"}, ""]}]}},
        "Resources": {
            "Queue": {**QUEUE, "Properties": {"DelaySeconds": 1}},
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties, **more},
        },
    }


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (_bad({"BucketName": {"Ref": "Queue"}}), "Bucket refers to Queue, which is not there"),
        (
            _bad({"BucketName": {"Fn::GetAtt": ["Queue", "QueueName"]}}),
            "Bucket refers to Queue, which is not there",
        ),
        (
            _bad({"BucketName": {"Fn::Sub": "a-${Queue.QueueName}"}}),
            "Bucket refers to Queue, which is not there",
        ),
        (
            _bad({"BucketName": "a"}, DependsOn="Queue"),
            "Bucket refers to Queue, which is not there",
        ),
        (
            _bad({"Tags": [{"Fn::If": ["Wanted", "x", {"Ref": "AWS::NoValue"}]}]}),
            "Bucket.Tags is empty",
        ),
        (_bad({"BucketName": {"Ref": "Given"}}), "Bucket.BucketName is empty"),
        (
            _bad({"BucketName": "a"})
            | {"Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Queue", "QueueUrl"]}}}},
            "the output Url refers to Queue, which is not there",
        ),
        (
            _bad({"BucketName": "a"}) | {"Outputs": {"Given": {"Value": {"Ref": "Given"}}}},
            "the output Given.Value is empty",
        ),
    ],
)
def test_what_a_decided_condition_leaves_behind_is_found(template: Tree, problem: str) -> None:
    assert problem in problems(deploy(template, {}))
    # With the condition the other way all is well.
    assert problems(deploy(template, {"Given": "a"})) == []


def test_an_attribute_that_a_type_has_not_is_found() -> None:
    bad = _bad({"BucketName": {"Fn::GetAtt": ["Queue", "Url"]}})
    assert problems(deploy(bad, {"Given": "a"})) == ["Bucket: AWS::SQS::Queue has no attribute Url"]


def test_what_aws_does_not_describe_is_found_by_cfn_lint() -> None:
    bad = deploy(_bad({"BucketName": "UPPER", "LifecycleConfiguration": {"Rules": "none"}}), {})
    told = "\n".join(_linted(bad))
    assert "'UPPER' does not match" in told
    assert "'none' is not of type 'array'" in told
