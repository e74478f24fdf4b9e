"""AWS's services with faults: before a call, after it, twice, or while its answer is read."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from sei_export.jsontypes import JsonObject
from tests.fakes.s3 import FakeS3
from tests.faults.sweep.plan import Plan
from tests.statemachine.bus import Bus
from tests.statemachine.jsonata_of_aws import StateError

KEY = "pat.Acme-1/9+Q=.0123456789abcdefXYZ"
"""Has what is written differently in URLs, in JSON and in Base64."""


@dataclass(frozen=True, slots=True)
class CallAct:
    """What goes wrong with one call of AWS's.

    Attributes:
        when: `before` it is done or `after`; `twice`: the SDK did it again, since the first answer
            never came; `cut` or `broken`: while the answer's body is read; `killed`: the
            process, before, or `killed after`.
        error: What the SDK raises then; of `killed`, the platform's name.
        answer: What the service answers instead; nothing is done.
    """

    when: str
    error: Callable[[], Exception] | str = ""
    answer: Mapping[str, object] | None = None


def faulty(
    plan: Plan, place: str, name: str, call: Callable[[], dict[str, object]]
) -> dict[str, object]:
    """Make a call, and let go wrong with it what is planned."""
    kind = plan.meet(place, name)
    if kind is None:
        return call()
    act = kind.act
    assert isinstance(act, CallAct)
    if act.when.startswith("killed"):
        if act.when == "killed after":
            # Also after a refusal.
            with suppress(ClientError):
                call()
        raise plan.kill(str(act.error))
    if act.answer is not None:
        return dict(act.answer)
    if act.when == "before":
        raise _made(act)
    if act.when == "twice":
        call()
        return call()
    answer = call()
    if act.when == "after":
        raise _made(act)
    if "Body" in answer:
        content = cast("StreamingBody", answer["Body"]).read()
        raw = _Broken(content[: len(content) // 2], None if act.when == "cut" else _made(act))
        answer["Body"] = StreamingBody(raw, len(content))
    return answer


def _made(act: CallAct) -> Exception:
    assert callable(act.error)
    return act.error()


class _Broken(io.BytesIO):
    """A body that ends early, or in an error."""

    def __init__(self, content: bytes, error: Exception | None) -> None:
        super().__init__(content)
        self._error = error

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        if not piece and self._error:
            raise self._error
        return piece


class FaultyS3:
    """A bucket in memory whose calls may go wrong, in the place of boto3's client.

    Args:
        s3: The bucket.
        plan: What goes wrong.
        place: Under which calls are counted: `hint` for those whose failure does not matter.
    """

    def __init__(self, s3: FakeS3, plan: Plan, place: str = "s3") -> None:
        self._s3 = s3
        self._plan = plan
        self._place = place

    def __getattr__(self, operation: str) -> Callable[..., dict[str, object]]:
        call = getattr(self._s3, operation)

        def calling(**given: object) -> dict[str, object]:
            is_conditional = "IfMatch" in given or "IfNoneMatch" in given
            key = f"{given['Key']}".partition("/")[0]
            name = f"{operation} {key}{' if' if is_conditional else ''}"
            return faulty(self._plan, self._place, name, lambda: call(**given))

        return calling

    def get_paginator(self, operation: str) -> "_Pages":
        """Of what is listed; all pages are one call here."""
        return _Pages(operation, self._s3, self._plan)


@dataclass(frozen=True)
class _Pages:
    operation: str
    s3: FakeS3
    plan: Plan

    def paginate(self, **given: object) -> Iterator[dict[str, object]]:
        """Every page, once the first is read."""
        paginate = self.s3.get_paginator(self.operation).paginate

        def listing() -> dict[str, object]:
            return {"Pages": list(paginate(**given))}

        place = str(given.get("Key") or given["Prefix"]).partition("/")[0]
        answer = faulty(self.plan, "s3", f"{self.operation} {place}", listing)
        yield from cast("list[dict[str, object]]", answer["Pages"])


@dataclass
class FaultySecrets:
    """Secrets Manager with one secret, in the place of boto3's client."""

    plan: Plan

    def get_secret_value(self, **_: object) -> dict[str, object]:
        """GetSecretValue."""
        return faulty(self.plan, "secret", "get", lambda: {"SecretString": KEY})


@dataclass
class FaultyEvents:
    """The bus as functions call it, in the place of boto3's client.

    Attributes:
        bus: What takes the events, as strictly as AWS's.
        plan: What goes wrong.
        s3: The bucket, to look at when an event comes.
        announced: How many exchanges there had been when each event was taken.
        premature: Events of what was not there yet, or not described.
    """

    bus: Bus
    plan: Plan
    s3: FakeS3
    announced: list[int] = field(default_factory=list)
    premature: list[JsonObject] = field(default_factory=list)

    def put_events(self, **given: object) -> dict[str, object]:
        """PutEvents."""
        return faulty(self.plan, "bus", "put_events", lambda: self._put(given))

    def _put(self, given: Mapping[str, object]) -> dict[str, object]:
        [entry] = cast("list[JsonObject]", given["Entries"])
        event: JsonObject = {**entry, "Detail": json.loads(str(entry["Detail"]))}
        try:
            self.bus.put({"Entries": [event]})
        except StateError as error:
            raise ClientError({"Error": {"Code": error.error}}, "PutEvents") from error
        self.announced.append(len(self.plan.met))
        detail = cast("JsonObject", event["Detail"])
        file, manifest = (self.s3.current(str(detail[it])) for it in ("key", "manifestKey"))
        said = json.loads(manifest.body) if manifest else {}
        if not file or (file.id, said.get("versionId")) != (detail["versionId"], file.id):
            self.premature.append(detail)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
