"""All that the service knows, in one place that its routes share."""

from dataclasses import dataclass
from typing import Self

from fastapi import Request

from local.simulator.data.orgtrees import OrgTrees
from local.simulator.world.dialect import DialectSwitch
from local.simulator.world.exports import ExportStore
from local.simulator.world.journal import Journal
from local.simulator.world.ratelimit import RateLimiter
from local.simulator.world.scenario import ScenarioBook
from local.simulator.world.settings import Settings
from local.simulator.world.spool import Spool


@dataclass(frozen=True)
class Simulator:
    """The service's parts; used from the event loop only, so none of them needs a lock."""

    settings: Settings
    spool: Spool
    dialect: DialectSwitch
    limiter: RateLimiter
    legacy_limiter: RateLimiter
    exports: ExportStore
    trees: OrgTrees
    scenarios: ScenarioBook
    journal: Journal

    @classmethod
    def start(cls, settings: Settings, spool: Spool) -> Self:
        """Return a service that knows nothing yet."""
        return cls(
            settings,
            spool,
            DialectSwitch(settings.dialect),
            RateLimiter(settings.rate_limit),
            RateLimiter(settings.legacy_rate_limit),
            ExportStore(),
            OrgTrees(),
            ScenarioBook(),
            Journal(),
        )

    def reset(self) -> None:
        """Forget everything but the settings."""
        self.dialect.reset()
        self.trees.reset()
        self.exports.clear()
        self.scenarios.clear()
        self.journal.clear()
        self.limiter.limit = self.settings.rate_limit
        self.limiter.clear()
        self.legacy_limiter.clear()
        self.spool.clear()


def simulator_of(request: Request) -> Simulator:
    """Return the service that a request came to."""
    simulator: Simulator = request.app.state.simulator
    return simulator
