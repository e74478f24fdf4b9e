"""JSONata as Step Functions evaluates it: its own functions, and no result is an error."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast

import jsonata

from sei_export.jsontypes import JsonObject, JsonValue

if TYPE_CHECKING:
    from collections.abc import Callable

NULL = jsonata.utils.Utils.NULL_VALUE
QUERY_ERROR = "States.QueryEvaluationError"
HALF = 0.5
"""What chance is here."""


class StateError(Exception):
    """An error by a name that a state may catch.

    Args:
        error: Its name.
        cause: Its text; None where Step Functions tells none.
    """

    def __init__(self, error: str, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation, to compare with another engine's."""

    expression: str
    bindings: JsonObject
    millis: int
    result: JsonValue
    failed: bool


@dataclass
class Jsonata:
    """Evaluates the fields of states.

    Attributes:
        millis: The clock.
        chance: What `$random` gives, and how much of a backoff jitter leaves.
        seen: What was evaluated so far.
    """

    millis: int = 0
    chance: float = HALF
    seen: list[Evaluation] = field(default_factory=list)

    def fill(self, template: JsonValue, bindings: JsonObject) -> JsonValue:
        """A field with its expressions evaluated.

        Raises:
            StateError: One fails, or has no result.
        """
        if isinstance(template, dict):
            return {name: self.fill(each, bindings) for name, each in template.items()}
        if isinstance(template, list):
            return [self.fill(each, bindings) for each in template]
        if not isinstance(template, str) or not template.startswith("{%"):
            return template
        return self._evaluate(template.removeprefix("{%").removesuffix("%}").strip(), bindings)

    def _evaluate(self, expression: str, bindings: JsonObject) -> JsonValue:
        try:
            found, why = self._run(expression, bindings), ""
            failed = found is None and self._run(f"$exists(({expression}))", bindings) is not True
        except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever the port raises
            found, why, failed = None, repr(error), True
        result = _plain(found)
        self.seen.append(Evaluation(expression, bindings, self.millis, result, failed))
        if failed:
            raise StateError(QUERY_ERROR, f"{expression} has no result. {why}")
        return result

    def _run(self, expression: str, bindings: JsonObject) -> object:
        program = _compiled(expression)
        program.register_lambda("millis", lambda: self.millis)
        program.register_lambda("random", lambda: self.chance)
        given = {name: NULL if value is None else value for name, value in bindings.items()}
        return program.evaluate(None, given)


@cache
def _compiled(expression: str) -> jsonata.Jsonata:
    program = jsonata.Jsonata(expression)
    own: dict[str, Callable[..., object]] = {
        "parse": json.loads,
        "hash": lambda text, _: hashlib.sha256(text.encode()).hexdigest(),
        "string": _string,
    }
    for name, function in own.items():
        program.register_lambda(name, function)
    return program


def _string(value: object) -> object:
    """A value as a text; the port writes wide characters as escapes."""
    if isinstance(value, dict | list):
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return jsonata.Functions.string(value, prettify=False)


def _plain(found: object) -> JsonValue:
    if isinstance(found, dict):
        return {name: _plain(each) for name, each in found.items()}
    if isinstance(found, list):
        return [_plain(each) for each in found]
    return None if found is NULL else cast("JsonValue", found)
