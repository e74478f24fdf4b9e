"""All that the service knows, in one place that its routes share."""

from dataclasses import dataclass
from typing import Self

from fastapi import Request

from local.simulator.exports import ExportStore
from local.simulator.journal import Journal
from local.simulator.ratelimit import RateLimiter
from local.simulator.scenario import ScenarioBook
from local.simulator.settings import Settings
from local.simulator.spool import Spool


@dataclass(frozen=True)
class Simulator:
    """The service's parts; used from the event loop only, so none of them needs a lock."""

    settings: Settings
    exports: ExportStore
    scenarios: ScenarioBook
    journal: Journal
    limiter: RateLimiter
    spool: Spool

    @classmethod
    def start(cls, settings: Settings, spool: Spool) -> Self:
        """Return a service that knows nothing yet."""
        return cls(
            settings,
            ExportStore(settings.reuse_seconds),
            ScenarioBook(),
            Journal(),
            RateLimiter(settings.rate_limit),
            spool,
        )

    def reset(self) -> None:
        """Forget everything but the settings."""
        self.exports.clear()
        self.scenarios.clear()
        self.journal.clear()
        self.limiter.clear()
        self.spool.clear()


def simulator_of(request: Request) -> Simulator:
    """Return the service that a request came to."""
    simulator: Simulator = request.app.state.simulator
    return simulator
