"""The template, the definitions and the code in other partitions: China, GovCloud, the isolated."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.session import Session

from local.gates import template
from local.gates.template import Tree
from local.paths import ROOT
from tests.statemachine import machine

REGIONS = [
    *("us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"),
    *("eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"),
]
ACCOUNT = "111122223333"
MACHINES = {
    "ExportStateMachine": machine.EXPORT,
    "BatchStateMachine": machine.BATCH,
    "HarvestStateMachine": machine.HARVEST,
}
SERVICES = {
    f"{name}.amazonaws.com" for name in ("lambda", "states", "scheduler", "events", "cloudwatch")
}
"""Principals have this name in every partition, whatever their endpoints' names are.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""


@cache
def _pseudo(region: str) -> dict[str, str]:
    """CloudFormation's pseudo parameters, as AWS's own SDK knows the partition."""
    session = Session()
    partition = session.get_partition_for_region(region)
    [suffix] = {
        described["dnsSuffix"]
        for described in session.get_data("endpoints")["partitions"]
        if described["partition"] == partition
    }
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": f"arn:{partition}:cloudformation:{region}:{ACCOUNT}:stack/sei-export/1",
        "AWS::StackName": "sei-export",
        "AWS::URLSuffix": suffix,
    }


def _resolved(value: object, pseudo: dict[str, str]) -> object:
    """A value of the template with its pseudo parameters put in."""
    if isinstance(value, list):
        return [_resolved(each, pseudo) for each in value]
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in pseudo:
            return pseudo[value["Ref"]]
        return {key: _resolved(each, pseudo) for key, each in value.items()}
    if isinstance(value, str):
        for name, known in pseudo.items():
            value = value.replace(f"${{{name}}}", known)
    return value


@cache
def _deployed(region: str) -> Tree:
    """What CloudFormation makes there, without what only people read."""
    given = template.translated(region)
    resolved = _resolved({key: given[key] for key in ("Resources", "Outputs")}, _pseudo(region))
    assert isinstance(resolved, dict)
    return resolved


def _definition(name: str, region: str) -> Tree:
    """A machine's definition as it runs there."""
    substitutions = _deployed(region)["Resources"][name]["Properties"]["DefinitionSubstitutions"]
    text = MACHINES[name].read_text()
    for key, value in substitutions.items():
        # Numbers, names and ARNs of resources are the same text in every partition, here.
        text = text.replace(f"${{{key}}}", value if isinstance(value, str) else "1")
    return machine.parse(text)


def _foreign(text: str, region: str) -> list[str]:
    """ARNs of other partitions, and host names that are not one of this partition's."""
    pseudo = _pseudo(region)
    own = f"arn:{pseudo['AWS::Partition']}:"
    arns = [each for each in re.findall(r"arn:[^\s\"']*", text) if not each.startswith(own)]
    hosts = re.findall(r"[\w.-]*\b(?:amazonaws|aws\.amazon|amazonaws-us-gov)\.[a-z.]+", text)
    return arns + [host for host in hosts if not host.endswith(f".{pseudo['AWS::URLSuffix']}")]


@pytest.mark.parametrize("region", REGIONS)
def test_whatever_is_deployed_names_no_other_partition(region: str) -> None:
    found = [
        each
        for text in machine.texts(_deployed(region))
        if text not in SERVICES
        for each in _foreign(text, region)
    ]
    # Beside its endpoint's name, the one that is everywhere else.
    everywhere = {f"{name}.{region}.amazonaws.com" for name in ("secretsmanager", "sns")}
    assert [each for each in found if each not in everywhere] == []


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("name", MACHINES)
def test_a_task_is_of_the_partition_in_which_its_machine_runs(name: str, region: str) -> None:
    """Another one ends it: "The resource belongs to a different partition"."""
    definition = _definition(name, region)
    partition = _pseudo(region)["AWS::Partition"]
    seen = [
        place["Resource"]
        for graph in machine.graphs(definition)
        for state in machine.states(graph).values()
        for place in (state, state.get("ItemReader", {}), state.get("ResultWriter", {}))
        if "Resource" in place
    ]
    assert len(seen) >= 5
    assert all(resource.startswith(f"arn:{partition}:states:::") for resource in seen)
    assert [each for text in machine.texts(definition) for each in _foreign(text, region)] == []


@pytest.mark.parametrize("region", REGIONS)
def test_a_key_of_another_account_decrypts_by_secrets_managers_endpoint_there(region: str) -> None:
    suffix = f"{region}.{_pseudo(region)['AWS::URLSuffix']}"
    text = json.dumps(_deployed(region))
    ways = re.findall(r'"kms:ViaService": (\[[^]]*\])', text)
    assert ways
    for way in ways:
        first, *others = [each["Fn::Sub"] for each in json.loads(way)]
        assert f"{first.partition('.')[0]}.{suffix}" in [first, *others]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("parameter", "arn"),
    [
        ("ApiKeySecretArn", f"secretsmanager:REGION:{ACCOUNT}:secret:sei-AbCdEf"),
        ("KmsKeyArn", f"kms:REGION:{ACCOUNT}:key/1"),
        ("ReaderPrincipals", f"iam::{ACCOUNT}:root"),
        ("ReaderPrincipals", f"iam::{ACCOUNT}:role/reader"),
    ],
)
def test_a_parameter_takes_an_arn_of_every_partition(parameter: str, arn: str, region: str) -> None:
    pattern = template.load_template()["Parameters"][parameter]["AllowedPattern"]
    partition = _pseudo(region)["AWS::Partition"]
    assert re.search(pattern, f"arn:{partition}:{arn.replace('REGION', region)}")
    assert not re.search(pattern, f"arn:azure:{arn.replace('REGION', region)}")


def _texts_of_code(file: Path) -> Iterator[str]:
    """What a module says or sends: its texts, without docstrings."""
    tree = ast.parse(file.read_text())
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        said = node.value if isinstance(node, ast.Constant) else None
        if isinstance(said, str) and id(node) not in described:
            yield said


CONSOLES = ROOT / "layers" / "sei_export" / "sei_export" / "notice" / "ways.py"
"""Has the console's address in each partition, and tests of its own."""

NAMES = re.compile(
    r"arn:aws|amazonaws|console\.aws|(?<!docs\.)aws\.amazon\.com|\b(us|eu|cn|ap)-[a-z]+-\d\b"
)


@pytest.mark.parametrize("folder", ["functions", "layers"])
def test_no_code_names_a_partition_a_region_or_a_console(folder: str) -> None:
    files = [it for it in (ROOT / folder).rglob("*.py") if it != CONSOLES]
    assert files
    said = [text for file in files for text in _texts_of_code(file) if NAMES.search(text)]
    assert said == []


def test_no_command_of_the_docs_names_a_partition() -> None:
    for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for block in re.findall(r"^```sh\n(.*?)^```", file.read_text(), re.MULTILINE | re.DOTALL):
            assert not re.search(r"arn:aws|https://[^\s]*(amazonaws|console\.aws)", block), block
