"""Every combination of what switches the template's conditions."""

import re
from itertools import product

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
    "Architecture": ["arm64", "x86_64"],
}
"""Values of each parameter that a condition looks at: both sides, and a list of more than one."""

GIVEN = {"HarnessProjectIdentifier": "demo", "OrgTreeName": "Engineering"}
"""What has no default."""

COMBINATIONS = [
    GIVEN | dict(zip(SWITCHES, each, strict=True)) for each in product(*SWITCHES.values())
]

ENDS = COMBINATIONS[0], COMBINATIONS[-1]
"""Each condition both ways."""


def looked_at(template: Tree) -> set[str]:
    """The parameters that conditions look at."""
    return set(re.findall(r"'Ref': '(\w+)'", str(template.get("Conditions", {}))))
