"""What a run left behind: the file, its manifest, the event, and what to do next."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.filesize import decimal
from rich.highlighter import JSONHighlighter
from rich.rule import Rule
from rich.text import Text

from local.demo.preview import read_preview

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_EVENT_FIELDS = (
    *("version", "dedupeId", "stack", "exportId", "status"),
    *("bucket", "key", "rows", "changed"),
)
"""Of a detail; the others are told in one line."""

_NEXT = """\
make up       runs the same stack until make down, and writes .local/stack.json.
              SEI_BASE_URL and SEI_API_KEY, if set, replace the simulator.

Then start an export of your own; events/ has more inputs:

.venv/bin/python - <<'END'
import boto3, json
stack = json.load(open(".local/stack.json"))
session = boto3.Session("test", "test", region_name=stack["region"])
states = session.client("stepfunctions", endpoint_url=stack["endpointUrl"])
print(states.start_execution(
    stateMachineArn=stack["outputs"]["ExportStateMachineArn"],
    input=open("events/demo.json").read())["executionArn"])
END

A batch: likewise, with BatchStateMachineArn and events/demo-batch.json.

make deploy   deploys to AWS; README.md, Deploy, has what it asks for.
"""


def show_intent(console: Console) -> None:
    """What is about to happen."""
    title = "One export of Harness SEI metrics, from request to event; then a batch of exports."
    console.print(Text(title, "bold"))
    console.print("The real template in a local AWS; needs no account and no API key.\n")


def show_landed(console: Console, s3: "S3Client", result: Mapping[str, object]) -> None:
    """The file's key, size and first rows, and its manifest.

    Args:
        console: Where to.
        s3: boto3's client.
        result: The execution's output.

    Raises:
        RuntimeError: The file in S3 is not the one that the result describes.
    """
    bucket, key = str(result["bucket"]), str(result["key"])
    preview = read_preview(s3, bucket, key)
    if preview.sha256 != result["contentSha256"]:
        raise RuntimeError(f"The content of s3://{bucket}/{key} has SHA-256 {preview.sha256}.")
    heading(console, "The file in S3")
    line(console, f"s3://{bucket}/{key}")
    csv, stored = decimal(int(str(result["csvBytes"]))), decimal(int(str(result["sizeBytes"])))
    line(
        console,
        f"{result['rows']} rows; {csv} of CSV, {stored} as gzip; its SHA-256 is the manifest's",
    )
    table, missing = preview.table(console.width)
    console.print(table)
    if missing:
        console.print(f"and {len(missing)} more columns: {', '.join(missing)}", style="dim")

    manifest_key = str(result["manifestKey"])
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=manifest_key)["Body"].read())
    heading(console, "Its manifest")
    line(console, f"s3://{bucket}/{manifest_key}")
    _json(console, manifest)


def show_event(
    console: Console, event: Mapping[str, object], manifest: Mapping[str, object]
) -> None:
    """The event as a listener's queue received it.

    Args:
        console: Where to.
        event: The message's body.
        manifest: Fields of the detail that are the same here are not shown again.
    """
    detail = event["detail"]
    if not isinstance(detail, dict):
        raise TypeError("The event's detail is not an object.")
    repeated = [
        name
        for name, value in detail.items()
        if name not in _EVENT_FIELDS and name in manifest and manifest[name] == value
    ]
    shown = {name: value for name, value in detail.items() if name not in repeated}
    heading(console, "The event, as a listener's queue received it")
    envelope = {name: event[name] for name in ("source", "detail-type", "time")}
    _json(console, {**envelope, "detail": shown})
    if repeated:
        console.print(
            f"and {len(repeated)} more fields of the detail, the same as in the manifest",
            style="dim",
        )


def show_failure(console: Console, error: str, cause: str) -> None:
    """How an execution or the demo itself failed.

    Args:
        console: Where to.
        error: The error's name, or what failed.
        cause: Its message; a remedy in it gets a line of its own.
    """
    message, found, remedy = cause.rpartition(" Remedy: ")
    message = message if found else cause
    console.print()
    console.print(Text.assemble((error, "bold red"), f": {message}"), soft_wrap=True)
    if found:
        console.print(Text.assemble(("Remedy: ", "bold"), remedy), soft_wrap=True)


def show_next(console: Console) -> None:
    """What to run next."""
    heading(console, "What to run next")
    line(console, _NEXT.rstrip())


def compact_json(value: object, room: int, indent: str = "") -> str:
    """JSON with a line for each field, except that what fits into one line stays in one.

    Args:
        value: To write.
        room: Cells of a line.
        indent: Before the lines after the first.
    """
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and len(indent) + len(flat) <= room):
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        parts: list[str] = []
        for item in value:
            part = compact_json(item, room, deeper)
            # Short ones side by side.
            if parts and len(deeper) + len(parts[-1]) + len(part) + len(", ,") <= room:
                parts[-1] += f", {part}"
            else:
                parts.append(part)
        left, right = "[]"
    else:
        parts = [
            f"{json.dumps(name)}: " + compact_json(item, room - len(name) - len('"": ,'), deeper)
            for name, item in value.items()
        ]
        left, right = "{}"
    inner = ",\n".join(deeper + part for part in parts)
    return f"{left}\n{inner}\n{indent}{right}"


def heading(console: Console, title: str) -> None:
    """A rule with a title, and a blank line before it."""
    console.print()
    console.print(Rule(Text(title, "bold"), align="left", style="dim"))


def line(console: Console, text: str) -> None:
    """A line as it stands."""
    # Long keys are left to the terminal to wrap, so that they can be copied.
    console.print(text, markup=False, soft_wrap=True)


def _json(console: Console, value: object) -> None:
    text = Text(compact_json(value, console.width))
    JSONHighlighter().highlight(text)
    console.print(text, soft_wrap=True)
