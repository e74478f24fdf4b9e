"""Values of the template's parameters at their bounds: the longest that each allows."""

import re

from local.gates.template import Tree

_WIDE = "界"
"""Three bytes, which is the most that one of a text's characters, as AWS counts them, can have."""

LONGEST_VALUE = 4096
"""Bytes of any parameter's value.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


def longest(name: str, parameter: Tree) -> str:
    """The longest value of a parameter.

    Raises:
        ValueError: It is not bounded, or the longest that is made here is not allowed.
    """
    if "AllowedValues" in parameter:
        return max(map(str, parameter["AllowedValues"]), key=len)
    if parameter["Type"] == "Number":
        return str(parameter["MaxValue"])
    pattern = str(parameter.get("AllowedPattern", ""))
    length = int(parameter.get("MaxLength", _counted(pattern)))
    begin, fill, end = _FORMS.get(name, ("", _WIDE if "MaxLength" in parameter else "a", ""))
    value = begin + fill * ((length - len(begin + end)) // len(fill)) + end
    if pattern and not all(re.search(pattern, it) for it in value.split(",")):
        raise ValueError(f"{name}: {value} is not what {pattern} allows")
    return value


def _counted(pattern: str) -> int:
    """What a pattern's own count allows."""
    found = re.findall(r"\{1,(\d+)\}\$$", pattern)
    return int(found[0]) if found else LONGEST_VALUE


_KEY = "1234abcd-12ab-34cd-56ef-0123456789ab"
_FORMS = {
    "HarnessBaseUrl": ("https://", "a", "/"),
    "ApiKeySecretArn": ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:", "a", "-AbCdEf"),
    "KmsKeyArn": ("arn:aws:kms:eu-central-1:123456789012:key/", "a", ""),
    "NotificationEmail": ("", "a", "@example.com"),
    "NotificationTopicArn": ("arn:aws:sns:eu-central-1:123456789012:", "a", ""),
    "ReaderPrincipals": (
        "",
        "arn:aws:iam::111122223333:role/reader,",
        "arn:aws:iam::111122223333:root",
    ),
    "ScheduleExpression": ("cron(", "0", ")"),
}
"""How the value of a parameter begins, what is repeated, and how it ends."""
