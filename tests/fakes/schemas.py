"""The schemas of events, closed: published ones let fields be added, tests want to know each."""

import json
from functools import cache

from jsonschema import Draft202012Validator

from local.paths import ROOT
from sei_export.jsontypes import JsonObject, JsonValue

FOLDER = ROOT / "events" / "schemas"
SENT: JsonObject = {"id": "6f0c1d7e", "time": "2026-03-01T06:01:31Z"}
"""What EventBridge adds to an event."""


@cache
def validator(name: str) -> Draft202012Validator:
    """Check events of a detail-type, to the last field."""
    schema: JsonObject = json.loads((FOLDER / f"{name}.json").read_text())
    detail = schema["properties"]
    assert isinstance(detail, dict)
    detail["detail"] = closed(detail["detail"])
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def closed(schema: JsonValue) -> JsonValue:
    """Let no object have more than its properties."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner: JsonObject = {name: closed(value) for name, value in schema.items()}
    return inner | ({"additionalProperties": False} if "properties" in schema else {})
