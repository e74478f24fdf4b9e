"""An expression may take as long as a busy machine needs.

The emulator ends one after a second by the clock, and fails the state. Under load that is the
machine's doing: executions would end in a way, and lose events, as they do not on AWS.
"""

from typing import Any

from ministack.services import (  # type: ignore[import-not-found]  # of another environment
    stepfunctions as engine,
)

_MILLISECONDS = 60_000
"""Still ends what would never end."""

_compile = engine.jsonata.Jsonata.jsonata


def _compiled(expression: Any, *, timeout: int = 0) -> Any:  # noqa: ARG001 - as the emulator calls it; to check a definition, without
    return _compile(expression, timeout=_MILLISECONDS)


engine.jsonata.Jsonata.jsonata = staticmethod(_compiled)
