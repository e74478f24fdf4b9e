"""JSONata that remembers: thousands of executions are alike."""

import json
import re
from dataclasses import dataclass
from functools import cache

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine.jsonata_of_aws import Jsonata


@dataclass
class RememberingJsonata(Jsonata):
    """Evaluates each expression once for the same bindings."""

    def _evaluate(self, expression: str, bindings: JsonObject) -> JsonValue:
        names = _names_of(expression)
        known = json.dumps({name: bindings[name] for name in names if name in bindings})
        key = (expression, known, self.millis if "millis" in names else 0)
        if key not in _EVALUATED:
            _EVALUATED[key] = super()._evaluate(expression, bindings)
        return _EVALUATED[key]


_EVALUATED: dict[tuple[str, str, int], JsonValue] = {}


@cache
def _names_of(expression: str) -> frozenset[str]:
    """All that an expression may look at."""
    return frozenset(re.findall(r"\$(\w+)", expression))
