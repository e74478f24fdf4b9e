"""The reference JSONata evaluates what the machines ask for as the port in Python does."""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import cast

import pytest

from sei_export.jsontypes import JsonValue
from tests.statemachine import hostile, machine, reference
from tests.statemachine.bus import Bus
from tests.statemachine.engine import Engine
from tests.statemachine.jsonata_of_aws import Evaluation, Jsonata, StateError
from tests.statemachine.mutations import GONE, VALUES, mutations
from tests.statemachine.walks import CHILD, DEFINITIONS, EXPORT, SCRIPTS, Run, given_to, named

EACH_RUN = 200
"""Evaluations at its beginning that are compared, whatever they are."""

SIXTEEN = "sixteen digits"
"""As a text they have another notation; counts and milliseconds have fewer."""

OWN_CLOCK = "Set by the machine from its own clock: never further than a year away."
NAMED = "Step Functions gives every execution a name."
HASHED = "Half a character each: how many _ stand for it is no matter, since a hash follows."
GROWS = "Set by the machine: a text that begins with / and only grows."
HARMLESS = {
    ("createdMillis", "far below zero"): OWN_CLOCK,
    ("reuseEndsMillis", "fifteen digits"): OWN_CLOCK,
    ("states.context.Execution.Name", "null"): NAMED,
    ("states.context.Execution.Name", "wide characters"): HASHED,
    ("failedIds", "null"): GROWS,
}
"""Of what is replaced by what, why it does not matter that the port takes it otherwise."""


def _runs() -> Iterator[Run]:
    for name, _, script in named():
        for refusals in (0, 1, 2):
            yield Run(name, script, given_to(name), Bus(refusals))
    for name, task in (("export", "CreateExport"), ("harvest", "ListExports")):
        for answer in (*hostile.ANSWERS.values(), *hostile.FAILURES.values()):
            yield Run(name, {task: [answer]})
    yield Run("export", {"CreateExport": [EXPORT], "CheckExport": [{"status": "paused"}]})
    for title, given in hostile.INPUTS.items():
        # Neither is the same in both: half a character, and a number that is none there.
        if "half" not in title and "beyond" not in title:
            yield Run("export", SCRIPTS["export"]["is refused"], given)


def _selecting() -> Engine:
    """A batch whose items are selected for its children."""
    payload: JsonValue = {"status": "CONTINUE", "itemsKey": "key"}

    def answer(state: str, _: JsonValue) -> JsonValue:
        return [CHILD["item"]] if state == "RunExports" else {"Payload": payload}

    engine = Engine(answer, children=lambda _: {})
    engine.run(DEFINITIONS["batch"])
    return engine


@cache
def _recorded() -> tuple[Evaluation, ...]:
    """Each once for each clock and each set of variables; polls are all alike after the first."""
    found: dict[str, Evaluation] = {}
    known: set[str] = set()
    for engine in (_selecting(), *(run.engine for run in _runs())):
        for at, seen in enumerate(engine.jsonata.seen):
            if at >= EACH_RUN and seen.expression in known:
                continue
            known.add(seen.expression)
            asked = json.dumps([seen.expression, seen.bindings, seen.millis])
            found.setdefault(asked, seen)
    return tuple(found.values())


@cache
def _expressions() -> frozenset[str]:
    """All of all machines."""
    return frozenset(
        text.removeprefix("{%").removesuffix("%}").strip()
        for definition in DEFINITIONS.values()
        for text in machine.texts(definition)
        if text.startswith("{%")
    )


def _first() -> list[Evaluation]:
    """Of each expression, the first evaluation that came to something."""
    first: dict[str, Evaluation] = {}
    for seen in _recorded():
        if not seen.failed:
            first.setdefault(seen.expression, seen)
    return list(first.values())


def _differing(seen: Iterable[Evaluation]) -> list[Evaluation]:
    asked = list(seen)
    answers = reference.results(asked)
    return [
        each
        for each, answer in zip(asked, answers, strict=True)
        if answer != ([] if each.failed else [each.result])
    ]


def _version() -> str:
    return str(json.loads((reference.FOLDER / "package.json").read_text())["version"])


def _unknown(expressions: Iterable[str]) -> set[str]:
    """Names in expressions that neither JSONata nor Step Functions nor an expression knows."""
    texts = list(expressions)
    assigned = set(re.findall(r"\$(\w+) :=", "\n".join(texts)))
    variables = {"states"} | {
        name
        for definition in DEFINITIONS.values()
        for state in _states(definition)
        for entry in (state, *machine.entries(state, "Choices"), *machine.entries(state, "Catch"))
        for name in entry.get("Assign", {})
    }
    known = assigned | variables | reference.OWN | {""}
    asked = sorted(reference.variables(texts) - known)
    exist = reference.results(
        Evaluation(f"$exists(${it})", {}, 0, None, failed=False) for it in asked
    )
    missing = {name for name, answer in zip(asked, exist, strict=True) if answer != [True]}
    return missing | (set(asked) & reference.LACKING)


def _states(definition: JsonValue) -> Iterator[machine.Tree]:
    for graph in machine.graphs(cast("machine.Tree", definition)):
        yield from machine.states(graph).values()


def test_the_reference_is_the_version_that_aws_runs() -> None:
    assert _version() == reference.VERSION


def test_every_expression_of_every_machine_is_evaluated_on_recorded_inputs() -> None:
    assert {seen.expression for seen in _first()} == _expressions()


def test_every_expression_has_the_same_result_in_the_reference() -> None:
    recorded = _recorded()
    assert len(recorded) > 2000
    assert [seen.expression for seen in _differing(recorded)] == []


def test_every_expression_has_the_same_result_whatever_it_reads() -> None:
    tried = list(mutations(_first()))
    assert len(tried) > 4000
    differing = {id(each) for each in _differing(each.seen for each in tried)}
    found = {
        (each.path, each.value): each.seen.expression
        for each in tried
        if id(each.seen) in differing and each.value != SIXTEEN
    }
    # Each has its reason, and what agrees needs none.
    assert found.keys() == HARMLESS.keys(), found


def test_a_result_of_the_port_alone_is_noticed() -> None:
    one = next(seen for seen in _first() if isinstance(seen.result, str))
    wrong = dataclasses.replace(one, result="something else")
    failed = dataclasses.replace(one, result=None, failed=True)
    assert _differing([one, wrong, failed]) == [wrong, failed]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param("'n' & $count", "sixteen digits", id="16 digits"),
        pytest.param("$replace($count, /[^a-z]/, '_')", "wide characters", id="half characters"),
    ],
)
def test_a_difference_to_the_port_is_found(expression: str, value: str) -> None:
    jsonata = Jsonata()
    jsonata.fill(f"{{% {expression} %}}", {"count": "x"})
    tried = list(mutations(jsonata.seen))
    assert {each.value for each in tried} == set(VALUES) - {GONE}
    found = _differing(each.seen for each in tried)
    assert [seen.bindings["count"] for seen in found] == [VALUES[value]]


def test_no_expression_uses_what_step_functions_lacks() -> None:
    assert _unknown(_expressions()) == set()


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("$eval('1')", {"eval"}),
        ("$map([1], $eval)", {"eval"}),
        ("$later(1)", {"later"}),
        ("$hash($uuid(), 'MD5') & $string($range(1, 2, 1)) & $partition([1], 1)", set()),
        ("($it := 1; $it + $random() + $parse('1') + $sum([1]))", set()),
    ],
)
def test_what_step_functions_lacks_is_found(expression: str, unknown: set[str]) -> None:
    assert _unknown([expression]) == unknown


@pytest.mark.parametrize("expression", ["$states.input ?? 1", "$states.input ?: 1"])
def test_an_operator_of_a_later_version_is_none(expression: str) -> None:
    with pytest.raises(Exception, match="returned non-zero exit status"):
        reference.variables([expression])


def test_a_failure_is_no_result() -> None:
    with pytest.raises(StateError):
        Jsonata().fill("{% $error('no') %}", {})
    failed = Evaluation("$error('no')", {}, 0, None, failed=True)
    assert reference.results([failed]) == [[]]
