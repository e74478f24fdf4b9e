"""Puts the service's routes together."""

from fastapi import FastAPI

from local.simulator.admin import StopListening, admin_router
from local.simulator.api import export_router, signed_router
from local.simulator.reports import REPORTS
from local.simulator.state import Simulator


def create_app(simulator: Simulator, stop_listening: StopListening) -> FastAPI:
    """Return the application; it needs `WireProtocol` under it."""
    app = FastAPI(
        title="SEI simulator",
        version="1",
        description="Behaves like Harness's SEI export API.",
    )
    app.state.simulator = simulator
    for report in REPORTS:
        app.include_router(export_router(report))
    app.include_router(signed_router())
    app.include_router(admin_router(stop_listening))
    return app
