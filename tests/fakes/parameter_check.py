"""Requests of CloudFormation for the check of parameters."""

import json

from local.paths import ROOT
from sei_export.jsontypes import JsonObject

EVENT: JsonObject = json.loads((ROOT / "events" / "check_parameters.json").read_text())


def given(**settings: str) -> JsonObject:
    """A stack's properties, with some settings replaced."""
    usual = EVENT["ResourceProperties"]
    assert isinstance(usual, dict)
    return {**usual, "ServiceTimeout": "120", **settings}


def deploys(_: str) -> bool:
    """No stack rolls back."""
    return False
