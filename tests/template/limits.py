"""How much AWS takes of what a deployed template has."""

import json
import re
from collections.abc import Iterator

from local.gates.template import Tree
from tests.template.bounds import LONGEST_VALUE
from tests.template.deployed import Deployed
from tests.template.permissions import documents, listed

ROLE_POLICIES = 10_240
TRUST = 2_048
"""Characters of all inline policies of a role, and of who may take it; white space does not count.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

BUCKET_POLICY = 20_480
"""Bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html"""

QUEUE_POLICY = 8_192
QUEUE_ACTIONS = 7
"""Bytes, and actions of a statement.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html"""

VARIABLES = 4_096
"""Bytes of a function's variables; Lambda measures the JSON text that has them."""

DEFINITION = 1_048_576
"""Bytes. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

PARAMETER_DESCRIPTION = 4_000
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"""


def of_parameters(template: Tree) -> Iterator[str]:
    """What CloudFormation refuses of parameters, before it looks at resources."""
    for name, parameter in template["Parameters"].items():
        if len(parameter.get("Description", "")) > PARAMETER_DESCRIPTION:
            yield f"{name}: its description is too long"
        if parameter["Type"] == "String" and not _is_bounded(parameter):
            yield f"{name} has no longest value"
        if len(str(parameter.get("Default", "")).encode()) > LONGEST_VALUE:
            yield f"{name}: its default is too long"


def _is_bounded(parameter: Tree) -> bool:
    counted = re.search(r"\{1,\d+\}\$$", str(parameter.get("AllowedPattern", "")))
    return "AllowedValues" in parameter or "MaxLength" in parameter or counted is not None


def of_resources(deployed: Deployed) -> Iterator[str]:
    """What a service refuses because it is too large."""
    yield from _policies(deployed)
    for name, item in deployed.resources.items():
        properties = item["Properties"]
        match item["Type"]:
            case "AWS::Lambda::Function":
                variables = properties.get("Environment", {}).get("Variables", {})
                yield from _more(f"{name}, variables", _bytes(variables), VARIABLES)
            case "AWS::StepFunctions::StateMachine" if "DefinitionString" in properties:
                text = str(properties["DefinitionString"])
                yield from _more(f"{name}, definition", len(text.encode()), DEFINITION)


def _policies(deployed: Deployed) -> Iterator[str]:
    of_roles: dict[str, int] = {}
    for document in documents(deployed):
        size = _bytes(document.content)
        match document.kind, deployed.resources[document.owner]["Type"]:
            case "trust", _:
                yield from _more(document.place, _dense(document.content), TRUST)
            case "role", kind:
                owners = [document.owner]
                if kind == "AWS::IAM::Policy":
                    owners = deployed.resources[document.owner]["Properties"]["Roles"]
                # A policy that stands apart has the role's name, which ends in its logical id.
                for owner in (it.split("-")[-2] if "-" in it else it for it in owners):
                    of_roles[owner] = of_roles.get(owner, 0) + _dense(document.content)
            case _, "AWS::S3::BucketPolicy":
                yield from _more(document.place, size, BUCKET_POLICY)
            case _, "AWS::SQS::QueuePolicy":
                yield from _more(document.place, size, QUEUE_POLICY)
                for statement in listed(document.content["Statement"]):
                    count = len(listed(statement["Action"]))
                    yield from _more(f"{document.place}, actions", count, QUEUE_ACTIONS)
    for owner, size in of_roles.items():
        yield from _more(f"{owner}, policies", size, ROLE_POLICIES)


def _more(what: str, size: int, limit: int) -> Iterator[str]:
    if size > limit:
        yield f"{what}: {size}, {limit} fit"


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _dense(value: object) -> int:
    return len(re.sub(r"\s", "", json.dumps(value, ensure_ascii=False)))
