"""The template as CloudFormation makes resources of it: parameters put in, conditions decided.

What a reference gives is made from AWS's own descriptions, which cfn-lint brings: `Ref` is the
type's primary identifier, and an ARN has the form that IAM knows for it.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint.data.AdditionalSpecs
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from local.gates.template import Tree

ACCOUNT = "123456789012"
_SPECS = Path(str(cfnlint.data.AdditionalSpecs.__file__)).with_name("Policies.json")
_KINDS = {
    "AWS::IAM::Role": ("iam", "role"),
    "AWS::Lambda::Function": ("lambda", "function"),
    "AWS::Lambda::LayerVersion": ("lambda", "layerversion"),
    "AWS::Logs::LogGroup": ("logs", "log-group"),
    "AWS::S3::Bucket": ("s3", "bucket"),
    "AWS::Events::Rule": ("events", "rule-on-default-event-bus"),
    "AWS::SNS::Topic": ("sns", "topic"),
    "AWS::Scheduler::Schedule": ("scheduler", "schedule"),
    "AWS::SQS::Queue": ("sqs", "queue"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret"),
    "AWS::StepFunctions::StateMachine": ("states", "statemachine"),
}
"""What IAM calls the types of which the template takes ARNs."""

_GROUPS = {"AWS::Scheduler::Schedule": "default/"}
"""What AWS puts before a name: the schedule's group."""

_ENDS = {
    "AWS::Lambda::LayerVersion": ":1",
    "AWS::Logs::LogGroup": ":*",
    "AWS::SecretsManager::Secret": "-AbCdEf",
}
"""What AWS puts behind a name."""

_FUNCTIONS: dict[str, Callable[[Any], object]] = {
    "Fn::And": all,
    "Fn::Equals": lambda given: given[0] == given[1],
    "Fn::Join": lambda given: given[0].join(given[1]),
    "Fn::Not": lambda given: not given[0],
    "Fn::Or": any,
}
"""Those that look at values alone; another one is a KeyError, until it is written here."""

_NOTHING = object()


@cache
def services() -> Tree:
    """Each service's actions, and the ARNs of its resources, in small letters."""
    found: Tree = json.loads(_SPECS.read_text())
    return found


def schema_of(kind: str) -> Tree:
    """What AWS says of a type of resource; nothing of a custom one."""
    if kind.startswith("Custom::"):
        return {"primaryIdentifier": ["/properties/Id"], "readOnlyProperties": ["/properties/Id"]}
    found: Tree = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return found


def identifier(kind: str) -> str:
    """The property that `Ref` gives."""
    first, *_ = schema_of(kind)["primaryIdentifier"]
    return str(first).rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack is, and its name."""

    stack: str = "sei-export"
    region: str = "eu-central-1"
    partition: str = "aws"

    @property
    def pseudo(self) -> dict[str, object]:
        """The parameters that CloudFormation gives."""
        arn = f"arn:{self.partition}:cloudformation:{self.region}:{ACCOUNT}"
        suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NOTHING,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": f"{arn}:stack/{self.stack}/11111111-2222-3333-4444-555555555555",
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": suffix,
        }


@dataclass(slots=True)
class Deployed:
    """What becomes of a template.

    Attributes:
        resources: By logical id, with plain values.
        outputs: The same.
        conditions: How each was decided.
        problems: What CloudFormation would refuse: references to what is not there.
    """

    resources: dict[str, Tree] = field(default_factory=dict)
    outputs: dict[str, Tree] = field(default_factory=dict)
    conditions: dict[str, bool] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def deploy(template: Tree, given: dict[str, str], place: Place | None = None) -> Deployed:
    """Put parameters into a translated template.

    Args:
        template: As CloudFormation gets it.
        given: Values of parameters; the others have their defaults.
        place: Where to.
    """
    return _Engine(template, given, place or Place()).run()


class _Engine:
    def __init__(self, template: Tree, given: dict[str, str], place: Place) -> None:
        self._template = template
        self._place = place
        self._known = dict(place.pseudo)
        for name, spec in template.get("Parameters", {}).items():
            value = given.get(name, str(spec.get("Default", "")))
            lists = spec["Type"] == "CommaDelimitedList" or spec["Type"].startswith("List<")
            # As CloudFormation does it: a list of nothing is a list of one empty text.
            self._known[name] = [it.strip() for it in value.split(",")] if lists else value
        self._done = Deployed()

    def run(self) -> Deployed:
        done, template = self._done, self._template
        for name in template.get("Conditions", {}):
            done.conditions[name] = self._decide(name)
        there = {
            name: item
            for name, item in template["Resources"].items()
            if done.conditions.get(item.get("Condition", ""), True)
        }
        self._there: dict[str, Tree] = there
        for name, item in there.items():
            needed = item.get("DependsOn", [])
            for other in [needed] if isinstance(needed, str) else needed:
                self._resource(other, name)
            properties = self._value(item.get("Properties", {}), name)
            kept = {key: it for key, it in item.items() if key not in {"Condition", "Properties"}}
            done.resources[name] = {**kept, "Properties": properties}
        for name, output in template.get("Outputs", {}).items():
            if done.conditions.get(output.get("Condition", ""), True):
                plain = {key: it for key, it in output.items() if key != "Condition"}
                done.outputs[name] = self._value(plain, f"the output {name}")
        return done

    def _decide(self, name: str) -> bool:
        if name not in self._done.conditions:
            value = self._value(self._template["Conditions"][name], f"the condition {name}")
            self._done.conditions[name] = bool(value)
        return self._done.conditions[name]

    def _value(self, value: Any, place: str) -> Any:  # noqa: ANN401  # any JSON
        if isinstance(value, list):
            items = [self._value(it, place) for it in value]
            return [it for it in items if it is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name in {"Ref", "Condition"} and isinstance(given, str):
                return self._decide(given) if name == "Condition" else self._ref(given, place)
            if name.startswith("Fn::"):
                return self._function(name, given, place)
        plain = {key: self._value(it, place) for key, it in value.items()}
        return {key: it for key, it in plain.items() if it is not _NOTHING}

    def _function(self, name: str, given: Any, place: str) -> Any:  # noqa: ANN401  # any JSON
        match name:
            case "Fn::If":
                condition, yes, no = given
                return self._value(yes if self._decide(condition) else no, place)
            case "Fn::GetAtt":
                resource, attribute = given if isinstance(given, list) else given.split(".", 1)
                return self._attribute(resource, attribute, place)
            case "Fn::Sub":
                text, more = given if isinstance(given, list) else (given, {})
                return self._sub(text, self._value(more, place), place)
        # The others take values: what is inside comes first.
        return _FUNCTIONS[name](self._value(given, place))

    def _sub(self, text: str, more: dict[str, str], place: str) -> str:
        def put(match: re.Match[str]) -> str:
            name = match[1]
            if name in more:
                return more[name]
            if "." in name:
                resource, attribute = name.split(".", 1)
                return self._attribute(resource, attribute, place)
            return str(self._ref(name, place))

        return re.sub(r"\$\{([^!}][^}]*)\}", put, text).replace("${!", "${")

    def _resource(self, name: str, place: str) -> str | None:
        """A resource's type, if it is there."""
        if name in self._there:
            return str(self._there[name]["Type"])
        self._done.problems.append(f"{place} refers to {name}, which is not there")
        return None

    def _ref(self, name: str, place: str) -> Any:  # noqa: ANN401  # a list, or nothing, or a text
        if name in self._known:
            return self._known[name]
        kind = self._resource(name, place)
        if kind is None:
            return f"no {name}"
        return self._told(name, kind, identifier(kind))

    def _attribute(self, name: str, attribute: str, place: str) -> str:
        kind = self._resource(name, place)
        if kind is None:
            return f"no {name}"
        known = PROVIDER_SCHEMA_MANAGER.get_type_getatts(kind, "us-east-1")
        if attribute not in known:
            self._done.problems.append(f"{place}: {kind} has no attribute {attribute}")
        return self._told(name, kind, attribute)

    def _told(self, name: str, kind: str, attribute: str) -> str:
        """What AWS tells of a resource: an ARN, an address or a name."""
        properties = self._there[name].get("Properties", {})
        # As CloudFormation makes a name: the stack's is what is cut.
        own = f"{self._place.stack}-{name}-1A2B3C4D5E6F"[-64:]
        for given in (attribute, "LogGroupName"):
            if given in properties:
                own = str(self._value(properties[given], name))
        if kind == "AWS::S3::Bucket":
            own = own.lower()[-63:].strip("-")
        arn = attribute.endswith("Arn") or (kind, attribute) == (
            "AWS::SecretsManager::Secret",
            "Id",
        )
        if attribute.endswith("Url"):
            return f"https://sqs.{self._place.region}.amazonaws.com/{ACCOUNT}/{own}"
        return self._arn(kind, own) if arn else own

    def _arn(self, kind: str, name: str) -> str:
        service, word = _KINDS[kind]
        form = str(services()[service]["Resources"][word]["ARNFormats"][0])
        for what, value in (
            ("Partition", self._place.partition),
            ("Region", self._place.region),
            ("Account", ACCOUNT),
        ):
            form = form.replace(f"${{{what}}}", value)
        return form.removesuffix(".*") + _GROUPS.get(kind, "") + name + _ENDS.get(kind, "")


def texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document, with its way to it."""
    if isinstance(value, dict):
        for key, it in value.items():
            yield from texts(it, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for it in value:
            yield from texts(it, f"{path}[]")
    elif isinstance(value, str):
        yield path, value
