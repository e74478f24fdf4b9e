"""The CLI's `aws`, as far as the docs use it: any operation of any service, by boto3.

Started as a program, so that a shell runs the docs' lines as they stand.
"""

import json
import sys

import boto3
import jmespath
from botocore import xform_name
from botocore.model import ListShape, Shape, StructureShape


def _value(shape: Shape, text: str) -> object:
    """Read an option's value: JSON, or the CLI's shorthand for a list of one."""
    if text.startswith(("{", "[")) and shape.type_name in {"structure", "list", "map"}:
        return json.loads(text)
    if isinstance(shape, ListShape):
        return [_value(shape.member, text)]
    if isinstance(shape, StructureShape):
        return dict(pair.split("=", 1) for pair in text.split(","))
    return text


def main() -> None:
    """Call one operation, and print what `--query` asks for."""
    service, operation, *options = sys.argv[1:]
    given = dict(zip(options[::2], options[1::2], strict=True))
    query, _ = given.pop("--query", "@"), given.pop("--output", "")
    client = boto3.client(service)  # type: ignore[call-overload]  # whichever it is
    name = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
    shapes = {xform_name(member, "-"): member for member in model.input_shape.members}
    members = {shapes[option.removeprefix("--")]: text for option, text in given.items()}
    shape = model.input_shape.members
    arguments = {member: _value(shape[member], text) for member, text in members.items()}
    print(jmespath.search(query, getattr(client, name)(**arguments)))  # noqa: T201 - as the CLI does


if __name__ == "__main__":
    main()
