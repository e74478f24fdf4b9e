"""The orders of tests and people under `/_sim/`, which need no key."""

from collections.abc import Awaitable, Callable
from typing import Self

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field, JsonValue
from starlette.background import BackgroundTask

from local.simulator import lifecycle
from local.simulator.exports import Export
from local.simulator.journal import Call
from local.simulator.models import Answer, Strict
from local.simulator.scenario import Scenario
from local.simulator.spool import content
from local.simulator.state import simulator_of

type StopListening = Callable[[float], Awaitable[None]]


class CreatedExport(Answer):
    """An export and the request that made it; `creates` counts the answers that named it."""

    export_id: str
    request: dict[str, JsonValue]
    org: str
    project: str
    created_at: str
    creates: int

    @classmethod
    def of(cls, export: Export) -> Self:
        """Return what there is to say about an export."""
        return cls(
            export_id=export.id,
            request=export.request.body,
            org=export.owner.org,
            project=export.owner.project,
            created_at=lifecycle.timestamp(export.created_at),
            creates=export.creates,
        )


class Outage(Strict):
    """For how long nothing listens on the port."""

    seconds: float = Field(gt=0)


def admin_router(stop_listening: StopListening) -> APIRouter:
    """Return the admin routes; `stop_listening` closes the port for a number of seconds."""
    router = APIRouter(prefix="/_sim", include_in_schema=False)

    @router.put("/scenarios/{selector}", status_code=204)
    async def put_scenario(request: Request, selector: str, scenario: Scenario) -> None:
        simulator_of(request).scenarios.put(selector, scenario)

    @router.delete("/scenarios/{selector}", status_code=204)
    async def delete_scenario(request: Request, selector: str) -> None:
        simulator_of(request).scenarios.remove(selector)

    @router.get("/requests")
    async def requests(request: Request, selector: str | None = None) -> list[Call]:
        return simulator_of(request).journal.calls(selector)

    @router.get("/exports")
    async def exports(request: Request, selector: str | None = None) -> list[CreatedExport]:
        return [
            CreatedExport.of(export)
            for export in simulator_of(request).exports
            if selector in {None, export.request.selector}
        ]

    @router.get("/content/{export_id}")
    async def export_content(request: Request, export_id: str) -> Response:
        simulator = simulator_of(request)
        export = simulator.exports.get(export_id)
        if export is None:
            raise HTTPException(404, "No such export")
        scenario = simulator.scenarios.of(export.request.selector)
        return StreamingResponse(content(export, scenario), media_type="application/octet-stream")

    @router.post("/outage")
    async def outage(order: Outage) -> Response:
        # Background tasks run once the answer is sent.
        return JSONResponse({}, background=BackgroundTask(stop_listening, order.seconds))

    @router.delete("", status_code=204)
    async def reset(request: Request) -> None:
        simulator_of(request).reset()

    return router
