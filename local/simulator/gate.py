"""What happens to every call before its handler: record, check, and misbehave if asked to.

The order is the API's: the key, then the query parameters, then the body.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from pydantic import JsonValue
from starlette.exceptions import HTTPException

from local.simulator.errors import ApiError
from local.simulator.journal import Call
from local.simulator.scenario import DelayFault, DisconnectFault, Scenario, StatusFault, Step
from local.simulator.settings import FORBIDDEN_KEY
from local.simulator.state import Simulator, simulator_of
from local.simulator.wire import NoResponse

_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
_CREDENTIALS = frozenset({"authorization", "x-api-key", "sei_api_key", "sei-api-key"})

type _Handler = Callable[[Request], Coroutine[object, object, Response]]


class GatedRoute(APIRoute):
    """A route of the API, named after its step."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """Return the handler, behind the gate."""
        handle = super().get_route_handler()

        async def gated(request: Request) -> Response:
            simulator = simulator_of(request)
            call = await simulator.journal.open(self.name, request)
            request.state.call = call
            try:
                response = await _answer(simulator, request, call, handle)
            except ApiError as error:
                response = error.response()
            except RequestValidationError as error:
                response = ApiError(400, _explained(error)).response()
            except HTTPException as error:  # a body that is no text
                response = ApiError(error.status_code, error.detail).response()
            call.status = None if isinstance(response, NoResponse) else response.status_code
            return response

        return gated


async def _answer(simulator: Simulator, request: Request, call: Call, handle: _Handler) -> Response:
    call.export_id, call.selector = _subject(simulator, request, call)
    if call.step == "signed":
        _refuse_credentials(request)
    else:
        simulator.limiter.count(_authorized_key(simulator, request))
        _require_identifiers(request)
    scenario = simulator.scenarios.of(call.selector)
    step = _step(call, scenario)
    if step is None:
        return await handle(request)
    match simulator.scenarios.next_fault(call.selector, step):
        case StatusFault(status=status, headers=headers):
            return JSONResponse({"message": "Simulated fault"}, status, headers)
        case DisconnectFault():
            return NoResponse(request.state.wire)
        case DelayFault(delay_seconds=seconds):
            await asyncio.sleep(seconds)
    if step in scenario.html:
        return HTMLResponse(_LOGIN_PAGE)
    if step in scenario.not_found:
        raise ApiError(404, f"Export not found: {call.export_id}")
    return await handle(request)


def _subject(simulator: Simulator, request: Request, call: Call) -> tuple[str | None, str | None]:
    """Return the export id and the selector of a call, as far as they are known."""
    if call.step == "create":
        return None, _selector(call.body)
    export_id = request.path_params.get("exportId")
    token = request.path_params.get("token")
    store = simulator.exports
    export = store.by_token(token) if token else store.get(export_id) if export_id else None
    return (export.id, export.request.selector) if export else (export_id, None)


def _selector(body: JsonValue) -> str | None:
    """Return the selector of a body that is not checked yet."""
    scope = body.get("scope") if isinstance(body, dict) else None
    if not isinstance(scope, dict):
        return None
    name = scope.get("teamId") or scope.get("orgTreeName")
    return name if isinstance(name, str) else None


def _step(call: Call, scenario: Scenario) -> Step | None:
    """Return the step that a scenario's misbehaviour knows this call by."""
    match call.step:
        case "create" | "status" | "download":
            return call.step
        case "signed" if scenario.link == "signed":
            return "download"
        case _:  # a redirected download had its share before the redirect
            return None


def _authorized_key(simulator: Simulator, request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "apikey" or not key:
        raise ApiError(401, "Authentication required: authorization: ApiKey <key>")
    if key == FORBIDDEN_KEY:
        raise ApiError(403, "This API key may not export")
    if not secrets.compare_digest(key.encode(), simulator.settings.api_key.encode()):
        raise ApiError(401, "Invalid API key")
    return key


def _refuse_credentials(request: Request) -> None:
    # The storage behind a real signed link also refuses a request with two kinds of credentials.
    if sent := sorted(_CREDENTIALS & set(request.headers)):
        raise ApiError(400, f"A signed link takes no credentials: {', '.join(sent)}")


def _require_identifiers(request: Request) -> None:
    for name in ("orgIdentifier", "projectIdentifier"):
        if not request.query_params.get(name):
            raise ApiError(400, f"Missing query parameter: {name}")


def _explained(error: RequestValidationError) -> str:
    """Return one sentence for each mistake, with the path of the field."""
    return "; ".join(
        f"{'.'.join(str(part) for part in mistake['loc'][1:]) or 'body'}: {mistake['msg']}"
        for mistake in error.errors()
    )
