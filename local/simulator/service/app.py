"""Puts the service's routes together."""

from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from local.simulator.control.admin import StopListening, admin_router
from local.simulator.errors import ApiError
from local.simulator.reports.catalogue import REPORTS
from local.simulator.routes.exports import export_routers, signed_router
from local.simulator.routes.legacy import legacy_router
from local.simulator.routes.orgtrees import org_tree_router
from local.simulator.world.state import Simulator


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the document, without the status that FastAPI adds and the API never has."""
        document = super().openapi()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        return document


def create_app(simulator: Simulator, stop_listening: StopListening) -> FastAPI:
    """Return the application; cut and unframed bodies need `WireProtocol` under it."""
    app = _Api(
        title="SEI simulator",
        version="1",
        description="Behaves like Harness's SEI export API.",
        redirect_slashes=False,
    )
    app.state.simulator = simulator

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> Response:  # no such path or method
        refusal = ApiError(error.status_code, error.detail)
        response = refusal.response(simulator.dialect.current.error_shape)
        response.headers.update(error.headers or {})
        return response

    for report in REPORTS:
        for router in export_routers(report):
            app.include_router(router)
    app.include_router(legacy_router())
    app.include_router(org_tree_router())
    app.include_router(signed_router())
    app.include_router(admin_router(stop_listening))
    return app
