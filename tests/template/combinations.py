"""What switches the template's conditions: each pair of values is in one of the combinations."""

import re
from itertools import combinations, product

from local.gates.template import Tree
from tests.template.deployed import ACCOUNT

SWITCHES: dict[str, list[str]] = {
    "ApiKeySecretArn": ["", f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:key-AbCdEf"],
    "KmsKeyArn": [
        "",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-0123456789ab",
    ],
    "ReaderPrincipals": [
        "",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:root, arn:aws:iam::444455556666:role/reader",
    ],
    "NotificationTopicArn": ["", f"arn:aws:sns:eu-central-1:{ACCOUNT}:told"],
    "NotificationEmail": ["", "team@example.com"],
    "FreshnessHours": ["792", "0"],
    "Architecture": ["arm64", "x86_64"],
}
"""Values of each parameter that a condition looks at: both sides, and a list of more than one."""

GIVEN = {"HarnessProjectIdentifier": "demo", "OrgTreeName": "Engineering"}
"""What has no default."""

type _Values = tuple[str, ...]


def _paired() -> list[_Values]:
    """Of all combinations the first, the last, and as many as bring pairs that were not there."""
    every = list(product(*SWITCHES.values()))
    chosen = [every[0], every[-1]]
    seen = {pair for each in chosen for pair in _pairs(each)}
    while best := max(every, key=lambda each: len(_pairs(each) - seen)):
        if not _pairs(best) - seen:
            break
        chosen.insert(-1, best)
        seen |= _pairs(best)
    return chosen


def _pairs(values: _Values) -> set[object]:
    return set(combinations(enumerate(values), 2))


COMBINATIONS = [GIVEN | dict(zip(SWITCHES, each, strict=True)) for each in _paired()]

ENDS = COMBINATIONS[0], COMBINATIONS[-1]
"""Each condition both ways."""


def looked_at(template: Tree) -> set[str]:
    """The parameters that conditions look at."""
    return set(re.findall(r"'Ref': '(\w+)'", str(template.get("Conditions", {}))))
