"""The CLI's `aws`, as far as the docs use it: any operation of any service, by boto3.

Started as a program, so that a shell runs the docs' lines as they stand.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.model import ListShape, Shape, StructureShape

_SECONDS_BETWEEN_LOOKS = 1
"""Of a waiter; AWS's own are for AWS."""


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option with the words behind it."""
    name, values = "", list[str]()
    for word in words:
        if word.startswith("--"):
            yield name, values
            name, values = word.removeprefix("--"), []
        else:
            values.append(word)
    yield name, values


def _value(shape: Shape, text: str) -> object:
    """Read one word: JSON, the CLI's shorthand, or what a file has."""
    if text.startswith(("{", "[")) and shape.type_name in {"structure", "list", "map"}:
        return json.loads(text)
    if isinstance(shape, ListShape):
        return [_value(shape.member, text)]
    if isinstance(shape, StructureShape):
        pairs = dict(pair.split("=", 1) for pair in text.split(","))
        return {name: _value(shape.members[name], it) for name, it in pairs.items()}
    if shape.type_name == "boolean":
        return text == "true"
    if shape.type_name in {"integer", "long"}:
        return int(text)
    return Path(text.removeprefix("file://")).read_text() if text.startswith("file://") else text


def _read(shape: Shape, words: list[str]) -> object:
    """Read an option's words, and take them off; an option without any is a flag."""
    if not words:
        return True
    if isinstance(shape, ListShape) and len(words) > 1:
        read = [_value(shape.member, word) for word in words]
        words.clear()
        return read
    return _value(shape, words.pop(0))


def _text(found: object) -> str:
    """Write what `--output text` writes: rows in lines, cells with tabs between."""
    if isinstance(found, list):
        ends = "\n" if any(isinstance(it, list) for it in found) else "\t"
        return ends.join(_text(it) for it in found)
    return str(found)


def _copy(source: str, target: str) -> None:
    """`aws s3 cp s3://… -`."""
    assert target == "-", target
    bucket, _, key = source.removeprefix("s3://").partition("/")
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    sys.stdout.write(body.decode())


_BY_OTHER_NAME = {"Endpoint": "notification-endpoint"}
"""Of an option of `sns subscribe`, whose own name is one of every command's."""


def _wait(client: Any, condition: str, options: dict[str, list[str]]) -> None:  # noqa: ANN401 - whichever it is
    """`aws <service> wait <condition>`."""
    waiter = client.get_waiter(condition.replace("-", "_"))
    given = {it.title().replace("-", ""): words[0] for it, words in options.items()}
    waiter.wait(**given, WaiterConfig={"Delay": _SECONDS_BETWEEN_LOOKS})


def _call(client: Any, operation: str, options: dict[str, list[str]]) -> dict[str, Any]:  # noqa: ANN401 - whichever it is
    """Call an operation; what it streams goes into the file that is named behind the options."""
    name = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
    members = model.input_shape.members
    named = {_BY_OTHER_NAME.get(it, xform_name(it, "-")): it for it in members}
    arguments = {named[it]: _read(members[named[it]], words) for it, words in options.items()}
    answer: dict[str, Any] = getattr(client, name)(**arguments)
    if model.has_streaming_output:
        (file,) = (word for words in options.values() for word in words)
        Path(file).write_bytes(answer.pop("Body").read())
    return answer


def main() -> None:
    """Call one operation, and print what `--query` asks for."""
    service, operation, *words = sys.argv[1:]
    (_, free), *rest = _options(words)
    options = dict(rest)
    (query,), (form,) = options.pop("query", ["@"]), options.pop("output", ["json"])
    options.pop("region", None)
    if service == "s3":
        _copy(*free)
        return
    client = boto3.client("s3" if service == "s3api" else service)  # type: ignore[call-overload]  # whichever it is
    if operation == "wait":
        _wait(client, free[0], options)
    else:
        found = jmespath.search(query, _call(client, operation, options))
        shown = _text(found) if form == "text" else json.dumps(found, default=str)
        sys.stdout.write(f"{shown}\n")


if __name__ == "__main__":
    main()
