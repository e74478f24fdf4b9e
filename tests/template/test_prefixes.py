"""Whatever the code keeps in the bucket has its days there, and roles that write and read it."""

import re
from collections.abc import Iterator

import pytest

from local.gates.template import Tree, load_template
from sei_export import keys
from tests.template.template import of_type, resource

TEMPLATE = load_template()
PREFIXES = {value: name for name, value in vars(keys).items() if name.endswith("_PREFIX")}
NEVER_EXPIRE = {
    keys.MARK_PREFIX: "a mark keeps a harvest from landing again what has expired",
    keys.BATCH_PREFIX: "a list holds only what is in it; who expires files sees them gone there",
    keys.CUT_PREFIX: "which teams are too large is known for as long as anybody asks",
}


def _days() -> dict[str, Tree]:
    rules = resource(TEMPLATE, "ExportBucket")["LifecycleConfiguration"]["Rules"]
    return {rule["Prefix"]: rule for rule in rules if "Prefix" in rule}


def _granted() -> Iterator[tuple[str, str]]:
    """Actions on objects, with the prefix that each is about."""
    for role in of_type(TEMPLATE, "AWS::IAM::Role").values():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield from _of_statement(statement)


def _of_statement(statement: Tree) -> Iterator[tuple[str, str]]:
    if "Action" not in statement:
        return
    actions, resources = statement["Action"], statement["Resource"]
    for each in resources if isinstance(resources, list) else [resources]:
        found = re.fullmatch(
            r"\$\{ExportBucket\.Arn\}/(.+/)\*",
            str(each.get("Fn::Sub")) if isinstance(each, dict) else "",
        )
        if found:
            for action in [actions] if isinstance(actions, str) else actions:
                yield action, found[1]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_has_its_days(prefix: str) -> None:
    if prefix in NEVER_EXPIRE:
        assert prefix not in _days()
        return
    rule = _days()[prefix]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject"])
def test_a_prefix_has_roles_that_write_and_read_it(prefix: str, action: str) -> None:
    assert (action, prefix) in set(_granted())


READABLE = {
    *(keys.DATA_PREFIX, keys.HARVEST_PREFIX, keys.MANIFEST_PREFIX, keys.BATCH_PREFIX),
}


def test_readers_get_the_files_and_what_is_said_of_them_and_nothing_else() -> None:
    policy = resource(TEMPLATE, "ExportBucketPolicy")["PolicyDocument"]
    conditional = [each["Fn::If"] for each in policy["Statement"] if "Fn::If" in each]
    assert {condition for condition, _, _ in conditional} == {"HasReaders"}
    get, listing = (statement for _, statement, _ in conditional)
    assert get["Principal"] == listing["Principal"] == {"AWS": {"Ref": "ReaderPrincipals"}}
    assert get["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    places = {each["Fn::Sub"].removeprefix("${ExportBucket.Arn}/") for each in get["Resource"]}
    assert places == {f"{prefix}*" for prefix in READABLE} | {"runs/*/manifest.json"}
    assert listing["Action"] == "s3:ListBucket"
    shown = listing["Condition"]["StringLike"]["s3:prefix"]
    assert set(shown) == {f"{prefix}*" for prefix in READABLE}


def test_nothing_is_granted_or_deleted_below_a_prefix_that_nobody_uses() -> None:
    assert {prefix for _, prefix in _granted()} == set(PREFIXES)
    assert set(_days()) <= set(PREFIXES)
