"""The orders of tests and people under `/_sim/`, which need no key."""

from collections.abc import Awaitable, Callable
from typing import Self

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field, JsonValue, ValidationError
from starlette.background import BackgroundTask

from local.simulator.control.seeding import Seeding, seed
from local.simulator.data.orgtrees import OrgTree
from local.simulator.delivery.sending import order_of
from local.simulator.models import Answer, Strict
from local.simulator.world import lifecycle
from local.simulator.world.exports import Export
from local.simulator.world.journal import Call
from local.simulator.world.scenario import Scenario
from local.simulator.world.spool import content
from local.simulator.world.state import simulator_of

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
    def of(cls, export: Export, creates: int) -> Self:
        """Return what there is to say about an export."""
        return cls(
            export_id=export.id,
            request=export.request.body,
            org=export.owner.org,
            project=export.owner.project,
            created_at=lifecycle.timestamp(export.created_at),
            creates=creates,
        )


class Outage(Strict):
    """For how long nothing listens on the port."""

    seconds: float = Field(gt=0)


class Limit(Strict):
    """How many calls a key may make in a minute, counted from now."""

    calls: int = Field(ge=0)


def admin_router(stop_listening: StopListening) -> APIRouter:
    """Return the admin routes; `stop_listening` closes the port for a number of seconds."""
    router = APIRouter(prefix="/_sim", include_in_schema=False)
    _add_scenarios(router)
    _add_exports(router)
    _add_world(router)

    @router.post("/outage")
    async def outage(order: Outage) -> Response:
        # Background tasks run once the answer is sent.
        return JSONResponse({}, background=BackgroundTask(stop_listening, order.seconds))

    return router


def _add_scenarios(router: APIRouter) -> None:
    @router.put("/scenarios/{selector}", status_code=204)
    async def put_scenario(request: Request, selector: str, scenario: Scenario) -> None:
        simulator_of(request).scenarios.put(selector, scenario)

    @router.delete("/scenarios/{selector}", status_code=204)
    async def delete_scenario(request: Request, selector: str) -> None:
        simulator_of(request).scenarios.remove(selector)

    @router.get("/requests")
    async def requests(request: Request, selector: str | None = None) -> list[Call]:
        return simulator_of(request).journal.calls(selector)


def _add_exports(router: APIRouter) -> None:
    @router.get("/exports")
    async def exports(request: Request, selector: str | None = None) -> list[CreatedExport]:
        store = simulator_of(request).exports
        return [
            CreatedExport.of(export, store.creates(export))
            for export in store
            if selector in {None, export.request.selector}
        ]

    @router.post("/exports", status_code=201)
    async def seed_exports(request: Request, seeding: Seeding) -> list[CreatedExport]:
        return [CreatedExport.of(export, 0) for export in seed(simulator_of(request), seeding)]

    @router.get("/content/{export_id}")
    async def export_content(request: Request, export_id: str) -> Response:
        simulator = simulator_of(request)
        export = simulator.exports.get(export_id)
        if export is None:
            raise HTTPException(404, "No such export")
        chunks = content(order_of(simulator, export))
        return StreamingResponse(chunks, media_type="application/octet-stream")


def _add_world(router: APIRouter) -> None:
    @router.put("/org-trees", status_code=204)
    async def put_org_trees(request: Request, trees: tuple[OrgTree, ...]) -> None:
        simulator_of(request).trees.replace(trees)

    @router.put("/rate-limit", status_code=204)
    async def put_rate_limit(request: Request, limit: Limit) -> None:
        limiter = simulator_of(request).limiter
        limiter.limit = limit.calls
        limiter.clear()

    @router.put("/dialect", status_code=204)
    async def put_dialect(request: Request, switches: dict[str, str]) -> None:
        dialect = simulator_of(request).dialect
        try:
            dialect.current = dialect.usual.changed(switches)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error

    @router.delete("", status_code=204)
    async def reset(request: Request) -> None:
        simulator_of(request).reset()
