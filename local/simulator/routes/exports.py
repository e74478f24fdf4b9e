"""The routes of one report's exports, and those of signed links."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, Security
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.security import APIKeyHeader

from local.simulator.delivery.sending import deliver, order_of
from local.simulator.errors import ApiError
from local.simulator.reports.catalogue import Report
from local.simulator.reports.request import ExportRequest
from local.simulator.routes import creation
from local.simulator.routes.gate import GatedRoute
from local.simulator.routes.listing import page_of, shaped
from local.simulator.routes.responses import CONFLICT, CSV, ERRORS, NOT_FOUND, Responses
from local.simulator.world import lifecycle
from local.simulator.world.exports import Export, Wanted
from local.simulator.world.messages import (
    ExportCreated,
    ExportStatus,
    ListQuery,
    Page,
    ProjectQuery,
)
from local.simulator.world.settings import PREFIX
from local.simulator.world.state import simulator_of

Owner = Annotated[ProjectQuery, Query()]
ExportId = Annotated[str, Path(alias="exportId", examples=["exp_7a8b9c0d"])]

# For the document; the gate checks it.
KEY = Security(APIKeyHeader(name="authorization", description="`ApiKey <key>`", auto_error=False))
_REUSED: Responses = {200: {"model": ExportCreated, "description": "An identical export exists"}}
_REDIRECTED: Responses = {302: {"description": "The file is elsewhere; no key is needed there"}}


def export_routers(report: Report) -> tuple[APIRouter, APIRouter]:
    """Return the create call of a report, and its status, download and list calls."""
    return _create_router(report), _export_router(report)


def _router(report: Report, path: str) -> APIRouter:
    return APIRouter(
        prefix=f"{PREFIX}/v2/{path}",
        route_class=GatedRoute,
        tags=[report.name],
        responses=ERRORS,
        dependencies=[KEY],
    )


def _create_router(report: Report) -> APIRouter:
    router = _router(report, report.create_path)

    @router.post(
        "",
        name="create",
        status_code=202,
        response_model=ExportCreated,
        responses=_REUSED | CONFLICT,
    )
    async def create(
        request: Request,
        owner: Owner,
        wanted: Annotated[ExportRequest, Depends(report.parse)],
    ) -> Response:
        """Start an export."""
        simulator = simulator_of(request)
        simulator.dialect.current.check_spelling(report.name, wanted.body)
        creation.check_scope(simulator, wanted)
        scenario = simulator.scenarios.of(wanted.selector)
        if scenario.create_status:
            return Response(
                scenario.create_body, scenario.create_status, media_type="application/json"
            )
        export, existed = creation.create(simulator, Wanted(report, wanted, owner.owner))
        request.state.call.export_id = export.id
        simulator.spool.render(order_of(simulator, export))
        answer = creation.answer(simulator, export, existed=existed)
        left_out = {"export_id"} if scenario.omit_export_id else None
        return JSONResponse(
            answer.model_dump(by_alias=True, exclude=left_out, exclude_none=True),
            200 if existed else 202,
        )

    return router


def _export_router(report: Report) -> APIRouter:
    router = _router(report, report.path)

    @router.get("", name="list", response_model=Page[ExportStatus] | list[ExportStatus])
    async def list_exports(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
        """List the project's exports; which of its forms the answer has is not documented."""
        simulator = simulator_of(request)
        found = (
            (export, _describe(request, export))
            for export in simulator.exports
            if export.report == report
        )
        scenario = simulator.scenarios.of(query.team_id)
        page = page_of(found, query, scenario.paging)
        shape = simulator.dialect.current.list_shape
        return JSONResponse(shaped(page, shape, scenario.promised))

    @router.get(
        "/{exportId}",
        name="status",
        response_model_exclude_none=True,
        responses=NOT_FOUND,
    )
    async def status(request: Request, export_id: ExportId, owner: Owner) -> ExportStatus:
        """Tell where an export stands."""
        export = simulator_of(request).exports.find(report, export_id, owner.owner)
        return _describe(request, export)

    @router.get(
        "/{exportId}/download",
        name="download",
        response_class=Response,
        responses=CSV | NOT_FOUND | CONFLICT | _REDIRECTED,
    )
    async def download(request: Request, export_id: ExportId, owner: Owner) -> Response:
        """Send an export's file, which may be compressed by gzip."""
        simulator = simulator_of(request)
        export = simulator.exports.find(report, export_id, owner.owner)
        if simulator.scenarios.of(export.request.selector).link == "redirect":
            return RedirectResponse(lifecycle.signed_url(export, _base(request)), 302)
        return await _send(request, export)

    return router


def signed_router() -> APIRouter:
    """Return the links that need no key, as a cloud's object store has them."""
    router = APIRouter(prefix="/signed", route_class=GatedRoute, include_in_schema=False)

    @router.get("/{token}", name="signed")
    async def signed(request: Request, token: str) -> Response:
        export = simulator_of(request).exports.by_token(token)
        if export is None:
            raise ApiError(404, "No such link")
        return await _send(request, export)

    return router


async def _send(request: Request, export: Export) -> Response:
    simulator = simulator_of(request)
    scenario = simulator.scenarios.of(export.request.selector)
    if lifecycle.state(export, scenario, simulator.settings, time.time()) != "completed":
        raise ApiError(409, f"Export is not completed: {export.id}")
    return await deliver(request, order_of(simulator, export))


def _describe(request: Request, export: Export) -> ExportStatus:
    simulator = simulator_of(request)
    scenario = simulator.scenarios.of(export.request.selector)
    return lifecycle.describe(export, scenario, simulator.settings, time.time(), _base(request))


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
