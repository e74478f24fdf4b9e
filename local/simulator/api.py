"""The routes of one report's exports, and those of signed links."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, Security
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.security import APIKeyHeader

from local.simulator import lifecycle
from local.simulator.delivery import deliver
from local.simulator.errors import ApiError, ErrorBody
from local.simulator.exports import Export
from local.simulator.gate import GatedRoute
from local.simulator.listing import page_of
from local.simulator.messages import (
    ExportCreated,
    ExportPage,
    ExportStatus,
    ListQuery,
    ProjectQuery,
)
from local.simulator.reports import Report
from local.simulator.request import ExportRequest
from local.simulator.settings import PREFIX
from local.simulator.state import simulator_of

Owner = Annotated[ProjectQuery, Query()]

_ERRORS: dict[int | str, dict[str, object]] = {
    400: {"model": ErrorBody, "description": "A parameter or the body is wrong"},
    401: {"model": ErrorBody, "description": "The key is missing or wrong"},
    403: {"model": ErrorBody, "description": "The key may not do this"},
    429: {"model": ErrorBody, "description": "Too many requests; when to come back is not told"},
    "default": {"model": ErrorBody, "description": "Any other error"},
}
_NOT_FOUND: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "No such export"},
}
_KEY = APIKeyHeader(name="authorization", description="`ApiKey <key>`", auto_error=False)


def export_router(report: Report) -> APIRouter:
    """Return the create, status, download and list calls of a report."""
    router = APIRouter(
        prefix=f"{PREFIX}/v2/{report.path}",
        route_class=GatedRoute,
        tags=[report.name],
        responses=_ERRORS,
        dependencies=[Security(_KEY)],  # for the document; the gate checks it
    )
    reused: dict[int | str, dict[str, object]] = {
        200: {"model": ExportCreated, "description": "An identical export exists"},
    }

    @router.post("", name="create", status_code=202, response_model=ExportCreated, responses=reused)
    async def create(
        request: Request,
        owner: Owner,
        wanted: Annotated[ExportRequest, Depends(report.parse)],
    ) -> Response:
        """Start an export."""
        simulator = simulator_of(request)
        scenario = simulator.scenarios.of(wanted.selector)
        if scenario.create_status:
            return Response(
                scenario.create_body, scenario.create_status, media_type="application/json"
            )
        export, existed = simulator.exports.create(report, wanted, owner.owner, scenario.export_id)
        request.state.call.export_id = export.id
        simulator.spool.render(export, scenario)
        answer = ExportCreated(
            export_id=export.id,
            created_at=lifecycle.timestamp(export.created_at),
            message="Using existing export with identical parameters"
            if existed
            else "Export created successfully",
        )
        left_out = {"export_id"} if scenario.omit_export_id else None
        return JSONResponse(
            answer.model_dump(by_alias=True, exclude=left_out), 200 if existed else 202
        )

    @router.get("", name="list", response_model_exclude_none=True)
    async def list_exports(request: Request, query: Annotated[ListQuery, Query()]) -> ExportPage:
        """List the project's exports."""
        found = (
            (export, _describe(request, export))
            for export in simulator_of(request).exports
            if export.report == report
        )
        return ExportPage(content=page_of(found, query))

    @router.get(
        "/{exportId}",
        name="status",
        response_model_exclude_none=True,
        responses=_NOT_FOUND,
    )
    async def status(
        request: Request, export_id: Annotated[str, Path(alias="exportId")], owner: Owner
    ) -> ExportStatus:
        """Tell where an export stands."""
        export = simulator_of(request).exports.find(report, export_id, owner.owner)
        return _describe(request, export)

    @router.get(
        "/{exportId}/download",
        name="download",
        response_class=Response,
        responses={
            200: {"content": {"text/csv": {}}, "description": "The CSV, compressed by gzip"},
            409: {"model": ErrorBody, "description": "The export is not completed"},
            **_NOT_FOUND,
        },
    )
    async def download(
        request: Request, export_id: Annotated[str, Path(alias="exportId")], owner: Owner
    ) -> Response:
        """Send an export's file."""
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
    file = await asyncio.wrap_future(simulator.spool.render(export, scenario))
    return deliver(file, scenario, request.state.wire)


def _describe(request: Request, export: Export) -> ExportStatus:
    simulator = simulator_of(request)
    scenario = simulator.scenarios.of(export.request.selector)
    return lifecycle.describe(export, scenario, simulator.settings, time.time(), _base(request))


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
