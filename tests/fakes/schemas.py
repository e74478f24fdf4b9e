"""The published schemas, closed: those let fields be added, tests want to know each.

What is put on a bus or into a bucket is compared with them where it comes in: by the fakes of both,
by `tests/statemachine/bus.py` and by `tests/stack/harness.py`.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from local.paths import ROOT
from sei_export.jsontypes import JsonObject, JsonValue

FOLDER = ROOT / "events" / "schemas"
DOCUMENTS = {
    "Manifest": re.compile(r"manifests/.+\.json"),
    "BatchManifest": re.compile(r"runs/[^/]+(?<!\.harvest)/manifest\.json"),
    "HarvestManifest": re.compile(r"runs/[^/]+\.harvest/manifest\.json"),
    "Progress": re.compile(r"runs/[^/]+/progress\.json"),
    "Latest": re.compile(r"batches/[^/]+/[^/]+\.json"),
}
"""By schema, the keys of what it is about."""


type Schema = dict[str, Any]
"""A JSON schema; its form is JSON Schema's own."""


def published(name: str, folder: Path = FOLDER) -> Schema:
    """A schema as consumers have it, or had it."""
    schema: Schema = json.loads((folder / f"{name}.json").read_text())
    return schema


@cache
def validator(name: str) -> Draft202012Validator:
    """Check events of a detail-type, or documents of a kind, to the last field."""
    schema = published(name)
    if "detail" in schema["properties"]:
        # What is around it is EventBridge's, and it adds fields of its own.
        schema["properties"]["detail"] = closed(schema["properties"]["detail"])
    else:
        schema = closed(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check_document(key: str, content: str | bytes) -> bool:
    """Check what was written into the bucket; whether there is a schema for it.

    Args:
        key: Where it was written.
        content: What was written, JSON.
    """
    for name, keys in DOCUMENTS.items():
        if keys.fullmatch(key):
            validator(name).validate(json.loads(content))
            return True
    return False


def check_event(entry: Mapping[str, JsonValue], detail: JsonValue) -> JsonObject:
    """Check an event as its consumers get it.

    Args:
        entry: Of PutEvents.
        detail: Its detail, read.

    Returns:
        The whole event.
    """
    event: JsonObject = {
        "id": "6f0c1d7e",
        "time": "2026-03-01T06:01:31Z",
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "resources": entry["Resources"],
        "detail": detail,
    }
    validator(str(entry["DetailType"])).validate(event)
    return event


def closed(schema: Schema) -> Schema:
    """Let no object have more than its properties, and no text be another than the examples."""

    def inside(value: Any) -> Any:  # noqa: ANN401 - whatever a schema has
        if isinstance(value, list):
            return [inside(each) for each in value]
        return closed(value) if isinstance(value, dict) else value

    own = {"additionalProperties": False} if "properties" in schema else {}
    listed = {"enum": schema["examples"]} if isinstance(schema.get("examples"), list) else {}
    return {name: inside(value) for name, value in schema.items()} | own | listed
