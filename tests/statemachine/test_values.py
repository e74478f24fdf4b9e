"""What the machines make of names, sizes and numbers."""

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.input.payload import MAX_INPUT_BYTES, MAX_PLAN_BYTES
from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import machine
from tests.statemachine.engine import Engine, size_of
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import DEFINITIONS, EXPORT, LANDED, PAGE, Run, definition_of

NAMES = st.text(
    st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1, max_size=80
)


# --- a batch's run ---


def _run_of(name: str) -> str:
    engine = Engine(lambda *_: None, name=name)
    engine.run(DEFINITIONS["batch"])
    return str(engine.variables["run"])


def test_a_runs_name_is_the_start_and_the_executions_name() -> None:
    name = "6793909b-76db-4613-8ebb-214cd765e827"
    assert _run_of(name) == f"20260301T060000-{name}"
    assert re.fullmatch(r"20260301T060000-a_b\.[0-9a-f]{16}", _run_of("a.b"))


@pytest.mark.parametrize("names", [("a.b", "a_b", "a+b", "a=b", "a b"), ("é", "è", "_"), ("", "-")])
def test_executions_of_one_second_have_runs_of_their_own(names: tuple[str, ...]) -> None:
    assert len({_run_of(name) for name in names}) == len(names)


@given(st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_no_two_names_make_one_run(names: list[str]) -> None:
    one, other = (_run_of(name) for name in names)
    assert one != other
    for run in (one, other):
        assert re.fullmatch(r"[A-Za-z0-9_.-]{16,113}", run)


# --- an input's size ---


def _handed(name: str, given_input: JsonValue) -> JsonObject:
    """What the first function of a machine is given."""
    handed: list[JsonValue] = []

    def answer(_: str, arguments: JsonValue) -> JsonValue:
        handed.append(arguments)
        raise StateError("StorageError", "Enough.")

    Engine(answer, given_input, name="n" * 80).run(DEFINITIONS[name])
    first = cast("JsonObject", handed[0])
    return cast("JsonObject", first["Payload"])


@pytest.mark.parametrize(
    ("name", "most"),
    [("export", MAX_INPUT_BYTES), ("harvest", MAX_INPUT_BYTES), ("batch", MAX_PLAN_BYTES)],
)
def test_an_input_is_handed_over_up_to_its_limit_and_its_size_beyond(name: str, most: int) -> None:
    around = len('{"x":""}')
    fits: JsonValue = {"x": "x" * (most - around)}
    assert size_of(fits) == most
    payload = _handed(name, fits)
    assert (payload["input"], payload["inputBytes"]) == (fits, most)
    payload = _handed(name, {"x": "x" * (most - around + 1)})
    assert (payload["input"], payload["inputBytes"]) == (None, most + 1)
    # The largest that an execution may be started with.
    payload = _handed(name, {"x": "x" * (262_144 - around)})
    assert (payload["input"], payload["inputBytes"]) == (None, 262_144)


WIDE = ("é", "漢", "😀", "a", "aé漢😀")


@pytest.mark.parametrize("name", ["export", "harvest", "batch"])
@pytest.mark.parametrize("wide", WIDE)
def test_wide_characters_are_counted_in_bytes(name: str, wide: str) -> None:
    fits: JsonValue = {"x": wide * (90_000 // len(wide.encode()))}
    payload = _handed(name, fits)
    assert (payload["input"], payload["inputBytes"]) == (fits, size_of(fits))
    large: JsonValue = {"x": wide * (251_000 // len(wide.encode()))}
    payload = _handed(name, large)
    assert (payload["input"], payload["inputBytes"]) == (None, size_of(large))


@pytest.mark.parametrize("name", ["export", "harvest"])
@pytest.mark.parametrize("wide", WIDE)
def test_wide_characters_of_an_events_request_are_counted_in_bytes(name: str, wide: str) -> None:
    fits: JsonValue = {"x": wide * ((100_000 - len('{"x":""}')) // len(wide.encode()))}
    assert Run(name, {}, fits).bus.details[0]["request"] == fits
    large: JsonValue = {"x": wide * (100_000 // len(wide.encode()))}
    assert Run(name, {}, large).bus.details[0]["request"] is None


# --- figures in sentences ---


@pytest.mark.parametrize(
    ("minutes", "expected", "said"),
    [
        pytest.param("1", 0, "after 1 minute and 10 polls.", id="one minute"),
        pytest.param("1", 600, "after 1 minute and 1 poll.", id="one poll"),
        pytest.param("2", 0, "after 2 minutes and 14 polls.", id="two minutes"),
    ],
)
def test_minutes_and_polls_are_counted_as_people_do(minutes: str, expected: int, said: str) -> None:
    definition = definition_of("export", ExportTimeoutMinutes=minutes)
    created: JsonValue = EXPORT | {"expectedSeconds": expected}
    script = {"CreateExport": created, "CheckExport": {"status": "queued"}}
    engine = Engine(lambda state, _: {"Payload": cast("JsonValue", script.get(state))})
    assert said in engine.run(definition).cause


@pytest.mark.parametrize(
    ("landing", "pages", "landed"),
    [
        pytest.param([], 786, 0, id="pages"),
        pytest.param([1], 785, 1, id="one export"),
        pytest.param([2], 784, 2, id="two exports"),
        pytest.param([50] * 16, 16, 800, id="many exports"),
    ],
)
def test_a_harvest_that_is_too_long_is_closed_and_says_that_there_is_more(
    landing: list[int], pages: int, landed: int
) -> None:
    more: JsonObject = PAGE | {"exports": [], "cursor": {"report": "sprint"}}
    each: JsonValue = {"exportId": "exp_1", "report": "sprint"}
    first: list[JsonValue | StateError] = [more | {"exports": [each] * it} for it in landing]
    run = Run("harvest", {"ListExports": [*first, more], "LandExport": [LANDED]})
    assert run.end.error == "HarvestIncompleteError"
    (closing,) = (given for asked, given in run.asked if asked == "CloseHarvest")
    told = cast("JsonObject", cast("JsonObject", closing)["Payload"])
    assert (told["pages"], told["more"], told["failure"]) == (pages, True, None)
    assert run.engine.variables["landed"] == landed


def test_a_harvest_whose_one_page_is_too_much_is_closed_after_it() -> None:
    more: JsonValue = PAGE | {"unusable": 50, "exports": [], "cursor": {"report": "sprint"}}
    run = Run("harvest", {"ListExports": [more]})
    assert [state for state in run.engine.visited if state in {"ListExports", "CloseHarvest"}] == [
        *("ListExports", "CloseHarvest"),
    ]


# --- one way of taking errors apart ---


def test_every_machine_takes_an_error_apart_in_the_same_way() -> None:
    states = {
        (file.stem, name): state
        for file in machine.ALL
        for graph in machine.graphs(machine.load(file))
        for name, state in machine.states(graph).items()
        if name.startswith("Describe")
    }
    assert len(states) == 4
    expressions = {
        str({**state.get("Assign", {}), **state.get("Output", {})}["failure"])
        .replace("$states.input.", "$failure.")
        .partition("$after :=")[0]
        for state in states.values()
    }
    assert len(expressions) == 1
