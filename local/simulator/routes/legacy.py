"""The older Reports API: the answer of the call is the CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Request, Response, Security
from fastapi.security import APIKeyHeader

from local.simulator.delivery.sending import deliver
from local.simulator.reports.legacy import LegacyRequest
from local.simulator.routes.exports import KEY
from local.simulator.routes.gate import GatedRoute
from local.simulator.routes.responses import CSV, ERRORS, NOT_FOUND
from local.simulator.world.messages import ProjectQuery
from local.simulator.world.settings import PREFIX
from local.simulator.world.spool import Order
from local.simulator.world.state import simulator_of

_X_API_KEY = Security(APIKeyHeader(name="x-api-key", auto_error=False))


class ReportQuery(ProjectQuery):
    """The parameters of the call."""

    format: Literal["csv"]


def legacy_router() -> APIRouter:
    """Return the one call of both reports; its body decides which one it is."""
    router = APIRouter(
        prefix=f"{PREFIX}/v2/insights/teams/reports",
        route_class=GatedRoute,
        tags=["legacy"],
        responses=ERRORS | NOT_FOUND,
        dependencies=[KEY, _X_API_KEY],
    )

    @router.post("", name="report", response_class=Response, responses=CSV)
    async def report(
        request: Request,
        query: Annotated[ReportQuery, Query()],
        body: Annotated[LegacyRequest, Body()],
    ) -> Response:
        """Send a team-report or contributor-report."""
        scenario = simulator_of(request).scenarios.of(body.collection_id)
        seed = f"{query.owner} {body.model_dump_json()}"
        encoding = scenario.sent_encoding("plain")
        order = Order(body.table(), seed, scenario.rows, encoding, scenario)
        name = f'attachment; filename="{body.name}.csv"'
        return await deliver(request, order, {"content-disposition": name})

    return router
