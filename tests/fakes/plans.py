"""Plans of batches as they are read, and what is wrong with them."""

import json

from sei_export import dates
from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.plan import Plan, parse_plan
from sei_export.errors import InvalidRequestError
from sei_export.input.parameter import Parameter
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.defaults import RequestDefaults
from tests.fakes.samples import DEFAULTS


def read_plan(
    given_input: JsonValue,
    defaults: RequestDefaults = DEFAULTS,
    batch_plan: JsonObject | None = None,
    started_at: str = "2026-03-15T06:00:00Z",
) -> Plan:
    """The plan of an input, given what the stack says where it is silent."""
    plan = Parameter("BatchPlan", json.dumps(batch_plan or {}))
    stack = BatchDefaults(defaults, plan, max_concurrency=10)
    return parse_plan(given_input, stack, dates.parse_moment(started_at))


def plan_of(*entries: JsonValue, **fields: JsonValue) -> JsonObject:
    """An input with some entries, and some fields beside them."""
    return {"exports": [*entries], **fields}


def plan_problems(given_input: JsonValue) -> tuple[str, ...]:
    """What is wrong with an input; empty when nothing is."""
    try:
        read_plan(given_input)
    except InvalidRequestError as error:
        return error.problems
    return ()


def paths(found: tuple[str, ...]) -> list[str]:
    """The path that each problem begins with."""
    return [problem.split(" ", 1)[0] for problem in found]


def windows_of(plan: Plan) -> list[str]:
    """The days of each request of a plan's one entry."""
    [planned] = plan.exports
    return [f"{request.start}/{request.end}" for request in planned.requests]


def without_dates(entry: JsonObject, **fields: JsonValue) -> JsonObject:
    """An entry without its range, with some fields replaced or added."""
    return {name: value for name, value in entry.items() if name != "dateRange"} | fields
