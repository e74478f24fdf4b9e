"""Names: none that another stack would have, none too long, none that has to be acknowledged."""

import json
import tomllib
from collections.abc import Iterator

import pytest

from local.gates.template import Tree, load_template, translated
from local.paths import ROOT
from tests.template.combinations import ENDS
from tests.template.deployed import Deployed, Place, deploy, identifier, schema_of

TEMPLATE = translated()
HERE = Place()
LONGEST = Place(stack="s" * 128)
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


def _named(deployed: Deployed) -> Iterator[tuple[str, str, str]]:
    """Resources whose name the template gives: type, property and name; and exports."""
    for item in deployed.resources.values():
        kind, properties = item["Type"], item["Properties"]
        schema = {} if kind.startswith("Custom::") else schema_of(kind)
        names = {identifier(kind), *(key for key in properties if key.endswith("Name"))}
        read = {path.rpartition("/")[2] for path in schema.get("readOnlyProperties", [])}
        fixed = {path.rpartition("/")[2] for path in schema.get("createOnlyProperties", [])}
        # What names another resource, such as a policy's bucket, is that one's name.
        others = {"Bucket"} if kind == "AWS::Lambda::Function" else {"Bucket", "FunctionName"}
        for name in sorted((names & fixed & set(properties)) - read - others):
            yield kind, name, str(properties[name])
    for output in deployed.outputs.values():
        if "Export" in output:
            yield "export", "Name", str(output["Export"]["Name"])


def clashes(template: Tree, one: Place, other: Place) -> set[str]:
    """Names that two stacks of a template would both have."""
    names = [
        {it for given in ENDS for it in _named(deploy(template, given, place))}
        for place in (one, other)
    ]
    found = names[0] & names[1]
    if one.region != other.region:
        # Of the same name, only what a whole account or all accounts have one of.
        found = {each for each in found if each[0].startswith(("AWS::IAM::", "AWS::S3::Bucket"))}
    return {f"{kind} {name}: {value}" for kind, name, value in found}


def test_a_second_stack_has_no_name_of_the_first() -> None:
    assert {kind for kind, _, _ in _named(deploy(TEMPLATE, ENDS[0]))} == {
        "AWS::Lambda::LayerVersion",
        "AWS::Logs::LogGroup",
    }
    assert clashes(TEMPLATE, HERE, Place(stack="sei-export-prod")) == set()


def test_a_stack_of_the_same_name_in_another_region_has_no_name_of_the_first() -> None:
    assert clashes(TEMPLATE, HERE, Place(region="us-east-1")) == set()


def _stack(kind: str, **properties: object) -> Tree:
    return {"Resources": {"It": {"Type": kind, "Properties": properties}}}


ROLE: Tree = {"AssumeRolePolicyDocument": {"Statement": []}}
FIXED = [
    _stack("AWS::Logs::LogGroup", LogGroupName="/aws/lambda/export"),
    _stack("AWS::S3::Bucket", BucketName="exports"),
    _stack("AWS::IAM::Role", RoleName="exporter", **ROLE),
    _stack("AWS::Lambda::Function", FunctionName="export"),
    _stack("AWS::StepFunctions::StateMachine", StateMachineName="export"),
    _stack("AWS::Scheduler::Schedule", Name="monthly"),
    _stack("AWS::SQS::Queue", QueueName="dead"),
    _stack("AWS::Lambda::LayerVersion", LayerName="package"),
    _stack("AWS::SecretsManager::Secret", Name="key"),
    {
        **_stack("AWS::SQS::Queue"),
        "Outputs": {"It": {"Value": "a", "Export": {"Name": "sei-export-queue"}}},
    },
]


@pytest.mark.parametrize("template", FIXED, ids=json.dumps)
def test_a_name_without_the_stacks_in_it_clashes(template: Tree) -> None:
    assert len(clashes(template, HERE, Place(stack="other"))) == 1


@pytest.mark.parametrize(
    ("template", "count"),
    [
        (_stack("AWS::IAM::Role", RoleName={"Ref": "AWS::StackName"}, **ROLE), 1),
        (_stack("AWS::S3::Bucket", BucketName={"Ref": "AWS::StackName"}), 1),
        (_stack("AWS::S3::Bucket", BucketName={"Fn::Sub": "a-${AWS::Region}"}), 0),
        (_stack("AWS::SQS::Queue", QueueName={"Ref": "AWS::StackName"}), 0),
    ],
    ids=json.dumps,
)
def test_between_regions_only_global_names_clash(template: Tree, count: int) -> None:
    assert len(clashes(template, HERE, Place(region="us-east-1"))) == count


def too_long(template: Tree) -> list[str]:
    """Names that the longest name of a stack makes longer than AWS takes."""
    found: list[str] = []
    named = {it for given in ENDS for it in _named(deploy(template, given, LONGEST))}
    for kind, name, value in sorted(named):
        limit = 255 if kind == "export" else schema_of(kind)["properties"][name].get("maxLength")
        if limit is None or len(value) > limit:
            found.append(f"{kind} {name}: {len(value)} characters, {limit} fit")
    return found


def test_the_longest_stacks_name_makes_no_name_too_long() -> None:
    assert too_long(TEMPLATE) == []


@pytest.mark.parametrize(
    "template",
    [
        _stack("AWS::IAM::Role", RoleName={"Fn::Sub": "${AWS::StackName}-role"}, **ROLE),
        _stack("AWS::Logs::LogGroup", LogGroupName={"Fn::Sub": f"{'x' * 400}${{AWS::StackName}}"}),
        _stack("AWS::Scheduler::Schedule", Name={"Ref": "AWS::StackName"}),
    ],
    ids=["role", "log group", "schedule"],
)
def test_a_name_that_the_longest_stacks_name_makes_too_long_is_found(template: Tree) -> None:
    assert len(too_long(template)) == 1


def capabilities(source: Tree, translated_template: Tree) -> set[str]:
    """What whoever deploys has to acknowledge.

    The transform of SAM alone needs no CAPABILITY_AUTO_EXPAND: `sam deploy` makes a change set.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
    """
    needed: set[str] = set()
    for item in translated_template["Resources"].values():
        kind, properties = item["Type"], item.get("Properties", {})
        if kind.startswith("AWS::IAM::"):
            # An inline policy has to have a name, which is the role's own matter.
            own = f"{kind.rpartition('::')[2]}Name"
            named = own in properties and own != "PolicyName"
            needed.add("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
        if kind in {"AWS::CloudFormation::Stack", "AWS::Serverless::Application"}:
            needed.add("CAPABILITY_AUTO_EXPAND")
    transforms = source.get("Transform", [])
    for transform in [transforms] if isinstance(transforms, str) else transforms:
        if transform != "AWS::Serverless-2016-10-31":
            needed.add("CAPABILITY_AUTO_EXPAND")
    if "Fn::Transform" in json.dumps(source):
        needed.add("CAPABILITY_AUTO_EXPAND")
    return needed - ({"CAPABILITY_IAM"} if "CAPABILITY_NAMED_IAM" in needed else set())


@pytest.mark.parametrize("environment", ["default", "prod", "local"])
def test_deploying_acknowledges_what_the_template_needs_and_no_more(environment: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    told = config[environment]["deploy"]["parameters"]["capabilities"].split()
    assert set(told) == capabilities(load_template(), TEMPLATE)


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        (_stack("AWS::SQS::Queue"), set()),
        (_stack("AWS::IAM::Role", **ROLE), {"CAPABILITY_IAM"}),
        (_stack("AWS::IAM::Policy", PolicyName="p"), {"CAPABILITY_IAM"}),
        (_stack("AWS::IAM::Role", RoleName="r", **ROLE), {"CAPABILITY_NAMED_IAM"}),
        (_stack("AWS::IAM::ManagedPolicy", ManagedPolicyName="p"), {"CAPABILITY_NAMED_IAM"}),
        (_stack("AWS::CloudFormation::Stack"), {"CAPABILITY_AUTO_EXPAND"}),
        (
            {"Transform": "AWS::LanguageExtensions", **_stack("AWS::SQS::Queue")},
            {"CAPABILITY_AUTO_EXPAND"},
        ),
        (_stack("AWS::SQS::Queue", **{"Fn::Transform": {}}), {"CAPABILITY_AUTO_EXPAND"}),
    ],
)
def test_what_a_template_needs_is_told_by_what_it_has(template: Tree, needed: set[str]) -> None:
    assert capabilities(template, template) == needed
