"""A server that takes what it knows of a request, and ignores the rest without a word."""

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue

from local.simulator.reports.legacy import REPORT_NAMES

type Handler = Callable[[Request], Coroutine[object, object, Response]]
type _Place = tuple[int | str, ...]

_UNKNOWN = frozenset({"extra_forbidden", "literal_error"})


def ignoring_unknown(handle: Handler, body: JsonValue) -> Handler:
    """Return a handler that sees nothing of a request's unknown fields, parameters and values.

    Args:
        handle: refuses what it does not know.
        body: the request's.
    """

    async def lenient(request: Request) -> Response:
        try:
            return await handle(request)
        except RequestValidationError as error:
            places = [
                tuple(mistake["loc"]) for mistake in error.errors() if mistake["type"] in _UNKNOWN
            ]
            if not places:
                raise
        # Once more only: what is wrong without them is wrong.
        return await handle(_without(request, body, places))

    return lenient


def _without(request: Request, body: JsonValue, places: Iterable[_Place]) -> Request:
    """Return the request without what is at some places of its query and body."""
    rest = json.loads(json.dumps(body))
    query = dict(request.query_params)
    # From the back, as what is taken out of a list moves the rest of it.
    for part, *path in sorted(places, key=_from_the_back, reverse=True):
        if part == "query":
            query.pop(str(path[0]), None)
        else:
            _take_out(rest, [step for step in path if step not in REPORT_NAMES])
    content = json.dumps(rest).encode()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    scope: Mapping[str, Any] = request.scope
    return Request({**scope, "query_string": urlencode(query).encode()}, receive)


def _from_the_back(place: _Place) -> list[str]:
    return [f"{step:09d}" if isinstance(step, int) else step for step in place]


def _take_out(value: Any, path: list[int | str]) -> None:  # noqa: ANN401 - JSON of any form
    *outer, last = path
    for step in outer:
        value = value[step]
    del value[last]
