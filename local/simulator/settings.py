"""What the command line sets, and the constants of the API."""

from dataclasses import dataclass

PREFIX = "/prod1/sei/api"
FORBIDDEN_KEY = "forbidden-key"  # known, but without the permission to export


@dataclass(frozen=True)
class Settings:
    """The service's own behaviour; durations in seconds, the limit per key and minute."""

    api_key: str
    queued_seconds: float = 1
    processing_seconds: float = 3
    reuse_seconds: float = 1800
    rate_limit: int = 1000
