"""The plan of a batch: from an execution's input to the exports that it asks for."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.entry import EntryReader, PlannedExport
from sei_export.errors import InvalidRequestError
from sei_export.input.parameter import Parameter
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.machines import BATCH, check_belongs
from sei_export.request.parsing import read_input, take_anchor

MAX_ENTRIES = 500
MAX_ITEMS = 10_000
"""Of a batch. Lists of so many pass through a function's memory, and rounds through one bucket."""

MAX_ENTRY_BYTES = 90_000
"""With its defaults and dates an entry is the input of an export, which has a limit of its own."""

CONTINUE = "CONTINUE"
"""The status of a batch that has a round to run."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DEFAULT_NAME = "batch"
_OF_A_RUN = ("dryRun", "forgetCuts")
"""What may be asked for one run of the stack's own plan."""
_FIELDS: tuple[str, ...] = ("name", "exports", *_OF_A_RUN)


@dataclass(frozen=True, slots=True)
class Plan:
    """A valid plan.

    Attributes:
        name: For people and events.
        dry_run: Whether nothing is to be created.
        forgets_cuts: Whether what is known of too large teams does not count.
        anchor: The moment that relative dates are relative to.
        exports: What each entry asks for, in the plan's order.
        given: What was read: the input, or what the stack has in its place.
        parameter: What of the stack's was read; None of a plan that the input brought.
    """

    name: str
    dry_run: bool
    forgets_cuts: bool
    anchor: datetime
    exports: tuple[PlannedExport, ...]
    given: JsonObject
    parameter: Parameter | None = None


def parse_plan(
    given: JsonValue, defaults: BatchDefaults, started_at: datetime, *, look_ahead: bool = True
) -> Plan:
    """Validate a batch's input and resolve its dates.

    Args:
        given: The input: `{"name", "exports", "dryRun", "forgetCuts", "scheduledTime"}`, only
            `exports` needed. Without `exports` and `name`, such as `{}`, the console's own default
            and a schedule's input, it runs the stack's plan.
        defaults: What the stack says where the input or an entry is silent; without a plan of the
            stack's, its DefaultRequest is the plan.
        started_at: The execution's start, the anchor of relative dates without a nominal time.
        look_ahead: Whether days that are all still to come are refused.

    Raises:
        InvalidRequestError: With every problem of every entry, by path.
        ConfigurationError: The stack's plan, or its DefaultRequest, is what is wrong.
    """
    asked = read_input(given, beside=("scheduledTime", *_OF_A_RUN))
    check_belongs(asked, BATCH)
    problems = Problems()
    anchor = take_anchor(asked, started_at, problems)
    # Read before the stack's plan takes the input's place, whose problems would hide theirs.
    own: JsonObject = {name: _flag(asked, name, problems) for name in _OF_A_RUN if name in asked}
    known, entry_path = (*_FIELDS, "scheduledTime"), "exports[{}]"
    parameter: Parameter | None = None
    if not set(asked) - {*_OF_A_RUN}:
        if problems.found:
            raise InvalidRequestError(problems.found)
        # What is asked of a run is not the plan's: the schedule's own plan can be run dry.
        parameter = defaults.plan
        if plan := parameter.read():
            asked, known = plan | own, _FIELDS
            problems = Problems(prefix=f"{parameter.name}.")
        else:
            parameter = defaults.of_requests.default_request
            asked = {"name": "default", "exports": [parameter.read()], **own}
            entry_path = parameter.name
        own = {name: _flag(asked, name, problems) for name in _OF_A_RUN}
    problems.unknown_fields("", asked, known)
    name = _name(asked, problems)

    def read(where: str, entry: JsonObject, most: int) -> PlannedExport | None:
        path, entrys = f"{problems.prefix}{where}", problems.under(where)
        reader = EntryReader(defaults.of_requests, entrys, anchor, path, started_at)
        return replace(reader, looks_ahead=look_ahead).read(entry, most)

    exports = _exports(asked, entry_path, problems, read)
    if problems.found:
        raise parameter.wrong(problems.found) if parameter else InvalidRequestError(problems.found)
    return Plan(
        name=name,
        dry_run=own.get("dryRun") is True,
        forgets_cuts=own.get("forgetCuts") is True,
        anchor=anchor,
        exports=exports,
        given=asked,
        parameter=parameter,
    )


def _name(asked: JsonObject, problems: Problems) -> str:
    name = asked.get("name", _DEFAULT_NAME)
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    problems.bad_value("name", name, "a name of 1 to 64 letters, digits, - and _")
    return _DEFAULT_NAME


def _flag(asked: JsonObject, name: str, problems: Problems) -> bool:
    flag = asked.get(name, False)
    if isinstance(flag, bool):
        return flag
    problems.bad_value(name, flag, "true or false")
    return True


def _exports(
    asked: JsonObject,
    path: str,
    problems: Problems,
    read: Callable[[str, JsonObject, int], PlannedExport | None],
) -> tuple[PlannedExport, ...]:
    entries = asked.get("exports")
    if "exports" not in asked:
        problems.missing(
            "exports", 'give a list of requests, each as in {"report": "productivity"}'
        )
        return ()
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_ENTRIES:
        problems.bad_value("exports", entries, f"a list of 1 to {MAX_ENTRIES} requests")
        return ()
    found, left = list[PlannedExport](), MAX_ITEMS
    for index, entry in enumerate(entries):
        where = path.format(index)
        if not isinstance(entry, dict):
            problems.bad_value(where, entry, "a request")
            continue
        size = len(json.dumps(entry, ensure_ascii=False).encode(errors="replace"))
        if size > MAX_ENTRY_BYTES:
            problems.add(f"{where} has {size:,} bytes: at most {MAX_ENTRY_BYTES:,} are allowed.")
            continue
        # One more than fits, to show that they do not; one for the entry's own problems.
        planned = read(where, entry, max(left + 1, 1))
        if planned:
            found.append(planned)
            left -= len(planned.requests)
    if left < 0:
        problems.add(
            f"exports have more than {MAX_ITEMS} windows of time: at most so many are allowed."
        )
    return tuple(found)
