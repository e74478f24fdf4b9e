"""Invokes functions one after the other in one process, as Lambda does, and prints what they print.

AWS is in memory. What the API answers, and of which keys S3 refuses calls, is read from stdin.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from local.paths import ROOT
from sei_export import aws
from sei_export.errors import SeiExportError
from sei_export.jsontypes import JsonObject
from tests.fakes.events import FakeEvents
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import refusal

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    # Not at run time: it changes the log of whichever process imports it.
    from sei_export.handler import Handler

ENDED = "ended"
"""The one field of the line that follows those of an invocation: how it ended."""


class World:
    """What functions talk to."""

    def __init__(self) -> None:
        self.s3, self.events = RefusingS3(), FakeEvents()
        self.answers: list[Answer] = []

    def answer(self, _: Received) -> Answer:
        """The API's answers in turn, the last one again and again."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def take_over(self) -> None:
        """Stand in AWS's place."""
        secrets = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": "pat.1"})
        for name, client in (("s3", self.s3), ("events", self.events), ("secrets", secrets)):
            setattr(aws, name, lambda *_, client=client: client)


class RefusingS3(FakeS3):
    """A bucket that may refuse what concerns keys with one of some beginnings."""

    refused: tuple[str, ...] = ()

    def _begin(
        self, operation: str, name: str, given: Mapping[str, object], where: str = "Key"
    ) -> str:
        key = super()._begin(operation, name, given, where)
        if key.startswith(self.refused or "-"):
            raise refusal("AccessDenied", 403)
        return key


def _handler(function: str) -> "Handler":
    file = ROOT / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(function, file)
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    return cast("Handler", app.handler)


def _reply(given: JsonObject) -> bytes:
    """An answer: a text as it is, anything else as JSON."""
    body = given.get("body", "")
    content = body.encode() if isinstance(body, str) else body
    return reply(**given | {"body": content})  # type: ignore[arg-type]  # the words of `reply`


def _invoke(world: World, given: JsonObject) -> str:
    context = SimpleNamespace(
        function_name=given["function"],
        memory_limit_in_mb=128,
        invoked_function_arn="arn:f",
        aws_request_id="request-1",
        get_remaining_time_in_millis=lambda: 60_000,
    )
    answers, refused = given["answers"], given["refused"]
    assert isinstance(answers, list)
    assert isinstance(refused, list)
    world.answers = [_reply(answer) for answer in answers if isinstance(answer, dict)]
    world.s3.refused = tuple(map(str, refused))
    try:
        _handler(str(given["function"]))(
            cast("JsonObject", given["event"]), cast("LambdaContext", context)
        )
    except SeiExportError as error:
        return type(error).__name__
    return "answered"


def main() -> None:
    """Invoke what stdin says."""
    world = World()
    world.take_over()
    with Loopback(world.answer) as api:
        os.environ["HARNESS_BASE_URL"] = f"{api.origin}/sei/api/"
        for given in json.load(sys.stdin):
            print(json.dumps({ENDED: _invoke(world, given)}))  # noqa: T201 - as functions do


if __name__ == "__main__":
    main()
