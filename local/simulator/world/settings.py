"""What the command line sets, and the constants of the API."""

from dataclasses import dataclass, field

from local.simulator.world.dialect import Dialect

PREFIX = "/prod1/sei/api"
FORBIDDEN_KEY = "forbidden-key"  # known, but without the permission to export


@dataclass(frozen=True)
class Settings:
    """The service's own behaviour; durations in seconds, the limits per key and minute.

    `legacy_rate_limit` is for keys in the header `x-api-key`.
    """

    api_key: str
    queued_seconds: float = 1
    processing_seconds: float = 3
    reuse_seconds: float = 1800
    rate_limit: int = 1000
    legacy_rate_limit: int = 400
    dialect: Dialect = field(default_factory=Dialect)
