"""A record of the calls, for tests to look into. Of the headers' values it holds only Range's."""

import json
import time
from typing import Literal

from fastapi import Request
from pydantic import JsonValue, TypeAdapter

from local.simulator.models import Answer

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class Call(Answer):
    """One call, in epoch seconds of its arrival; a closed connection has no `status`.

    `sent_bytes` are those of a download's file that the connection took so far.
    """

    at: float
    step: Literal["create", "status", "download", "signed", "list", "report", "trees", "teams"]
    method: str
    path: str
    query: dict[str, str]
    body: JsonValue
    header_names: list[str]
    range: str | None = None
    status: int | None = None
    export_id: str | None = None
    selector: str | None = None
    sent_bytes: int | None = None

    @property
    def is_download(self) -> bool:
        """Whether this asks for the file of an export."""
        return self.step in {"download", "signed"}


class Journal:
    """The calls in the order of their arrival."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    async def open(self, step: str, request: Request) -> Call:
        """Record a call at its arrival; the caller fills in what it learns later."""
        call = Call.model_validate(
            {
                "at": time.time(),
                "step": step,
                "method": request.method,
                "path": request.url.path,
                "query": dict(request.query_params),
                "body": _json(await request.body()),
                "header_names": sorted(set(request.headers)),
                "range": request.headers.get("range"),
            }
        )
        self._calls.append(call)
        return call

    def calls(self, selector: str | None) -> list[Call]:
        """Return the calls about one selector's exports, or all."""
        return [call for call in self._calls if selector in {None, call.selector}]

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()


def _json(body: bytes) -> JsonValue:
    try:
        # What no JSON text can be made of, such as half a character, becomes a question mark.
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return _JSON.validate_python(json.loads(text.encode(errors="replace")))
    except (ValueError, RecursionError):  # nested too deeply is no JSON either
        return None
