"""What happens to every call before its handler: record, check, and misbehave if asked to.

The order is the API's: the key, then the query parameters, then the body.
"""

import asyncio
from collections.abc import Callable, Coroutine

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from pydantic import JsonValue
from starlette.exceptions import HTTPException

from local.simulator.delivery.wire import NoResponse
from local.simulator.errors import ApiError
from local.simulator.reports.legacy import REPORT_NAMES
from local.simulator.routes.auth import check_key, check_legacy_keys, refuse_credentials
from local.simulator.routes.leniency import Handler, ignoring_unknown
from local.simulator.world.journal import Call
from local.simulator.world.scenario import (
    CutFault,
    DelayFault,
    DisconnectFault,
    Scenario,
    StatusFault,
    Step,
)
from local.simulator.world.state import Simulator, simulator_of

_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


class GatedRoute(APIRoute):
    """A route of the API, named after its step."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """Return the handler, behind the gate."""
        handle = super().get_route_handler()

        async def gated(request: Request) -> Response:
            simulator = simulator_of(request)
            call = await simulator.journal.open(self.name, request)
            request.state.call = call
            request.state.cut = None
            lenient = simulator.dialect.current.unknown == "ignored"
            taken = ignoring_unknown(handle, call.body) if lenient else handle
            try:
                response = await _answer(simulator, request, call, taken)
            except ApiError as error:
                response = _refusal(simulator, error)
            except RequestValidationError as error:
                response = _refusal(simulator, ApiError(400, _explained(error)))
            except HTTPException as error:  # a body that is no text
                response = _refusal(simulator, ApiError(error.status_code, error.detail))
            call.status = None if isinstance(response, NoResponse) else response.status_code
            return response

        return gated


def _refusal(simulator: Simulator, error: ApiError) -> Response:
    return error.response(simulator.dialect.current.error_shape)


async def _answer(simulator: Simulator, request: Request, call: Call, handle: Handler) -> Response:
    call.export_id, call.selector = _subject(simulator, request, call)
    if call.step == "signed":
        refuse_credentials(request)
    else:
        _admit(simulator, request, call)
        _require_identifiers(request)
    scenario = simulator.scenarios.of(call.selector)
    step = _step(call, scenario)
    if step is None:
        if call.step == "signed":
            request.state.cut = simulator.scenarios.next_cut(call.selector)
        return await handle(request)
    sends_file = step != "download" or scenario.link != "redirect"
    match simulator.scenarios.next_fault(call.selector, step, sends_file=sends_file):
        case StatusFault(status=status, headers=headers):
            shape = simulator.dialect.current.error_shape
            return JSONResponse({shape: "Simulated fault"}, status, headers)
        case DisconnectFault():
            return NoResponse(request.state.wire)
        case DelayFault(delay_seconds=seconds):
            await asyncio.sleep(seconds)
        case CutFault() as cut:
            request.state.cut = cut
    if step in scenario.html:
        return HTMLResponse(_LOGIN_PAGE)
    if step in scenario.not_found:
        raise ApiError(404, f"Not found: {call.export_id or call.selector}")
    return await handle(request)


def _subject(simulator: Simulator, request: Request, call: Call) -> tuple[str | None, str | None]:
    """Return the export id and the selector of a call, as far as they are known."""
    match call.step:
        case "create":
            return None, _selector(call.body)
        case "report":
            return None, _text(call.body, "collectionId")
    export_id = request.path_params.get("exportId")
    token = request.path_params.get("token")
    store = simulator.exports
    export = store.by_token(token) if token else store.get(export_id) if export_id else None
    return (export.id, export.request.selector) if export else (export_id, None)


def _selector(body: JsonValue) -> str | None:
    """Return the selector of a body that is not checked yet."""
    scope = body.get("scope") if isinstance(body, dict) else None
    return _text(scope, "teamId") or _text(scope, "orgTreeName")


def _text(fields: JsonValue, name: str) -> str | None:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else None


def _step(call: Call, scenario: Scenario) -> Step | None:
    """Return the step that a scenario's misbehaviour knows this call by."""
    match call.step:
        case "create" | "status" | "download" | "report":
            return call.step
        case "signed" if scenario.link == "signed":
            return "download"
        case _:  # a redirected download had its share before the redirect, but for cuts
            return None


def _admit(simulator: Simulator, request: Request, call: Call) -> None:
    """Check the key of a call, and count it."""
    known = simulator.settings.api_key
    if call.step != "report":
        simulator.limiter.count(check_key(request, simulator.dialect.current.auth, known))
        return
    for header, key in check_legacy_keys(request, known).items():
        limiter = simulator.legacy_limiter if header == "x-api-key" else simulator.limiter
        limiter.count(key)


def _require_identifiers(request: Request) -> None:
    for name in ("orgIdentifier", "projectIdentifier"):
        if not request.query_params.get(name):
            raise ApiError(400, f"Missing query parameter: {name}")


def _explained(error: RequestValidationError) -> str:
    """Return one sentence for each mistake, with the path of the field."""
    return "; ".join(
        f"{_path(mistake['loc'][1:]) or 'body'}: {mistake['msg']}" for mistake in error.errors()
    )


def _path(parts: tuple[int | str, ...]) -> str:
    # Which of two reports a legacy body asks for is no part of the path.
    return ".".join(str(part) for part in parts if part not in REPORT_NAMES)
