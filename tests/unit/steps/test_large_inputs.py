"""Inputs near the limits of Step Functions are refused with a message, before any call."""

from collections.abc import Callable

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.input.payload import MAX_DEPTH, MAX_INPUT_BYTES, MAX_PLAN_BYTES
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.create_export import create_export
from sei_export.steps.list_exports import list_exports
from sei_export.steps.plan_batch import plan_batch
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import BATCH_DEFAULTS, DEFAULTS, nothing_runs
from tests.fakes.scripted_api import ScriptedApi

type Step = Callable[[JsonObject, ScriptedApi, FakeS3], object]


def _create(payload: JsonObject, api: ScriptedApi, s3: FakeS3) -> object:
    return create_export(payload, DEFAULTS, api.connect, s3.documents.read_json, dict)


def _plan(payload: JsonObject, api: ScriptedApi, s3: FakeS3) -> object:
    return plan_batch(payload, BATCH_DEFAULTS, api.connect, s3.documents, nothing_runs)


def _list(payload: JsonObject, api: ScriptedApi, s3: FakeS3) -> object:
    return list_exports(payload, HARVEST_DEFAULTS, api.connect, s3.documents)


STEPS = [
    pytest.param(_create, MAX_INPUT_BYTES, id="an export"),
    pytest.param(_plan, MAX_PLAN_BYTES, id="a batch"),
    pytest.param(_list, MAX_INPUT_BYTES, id="a harvest"),
]


def _refused(step: Step, **fields: JsonValue) -> str:
    api, s3 = ScriptedApi.answering(500, {}), FakeS3()
    payload: JsonObject = {
        "run": "weekly",
        "page": 1,
        "cursor": {},
        "executionArn": "arn:aws:states:::x",
        "startedAt": "2026-03-15T06:00:00Z",
    }
    with pytest.raises(InvalidRequestError) as caught:
        step({**payload, **fields}, api, s3)
    assert (api.http.calls, s3.calls) == ([], [])
    return caught.value.message


def _nested(levels: int, inner: JsonValue = 1) -> JsonValue:
    for _ in range(levels):
        inner = [inner] if levels % 2 else {"x": inner}
    return inner


@pytest.mark.parametrize(("step", "most"), STEPS)
def test_given_an_input_that_was_too_large_to_be_handed_over_then_its_size_is_told(
    step: Step, most: int
) -> None:
    said = _refused(step, input=None, inputBytes=most + 1)
    assert said.endswith(f"the input has {most + 1:,} bytes: at most {most:,} are allowed.")


@pytest.mark.parametrize(("step", "most"), STEPS)
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 1200, 5001])
def test_given_an_input_of_many_levels_then_it_is_refused(
    step: Step, most: int, levels: int
) -> None:
    said = _refused(step, input={"x": _nested(levels)}, inputBytes=most)
    assert "more than 50 levels" in said


@pytest.mark.parametrize(("step", "most"), STEPS)
def test_given_an_input_within_the_limits_then_its_own_problems_are_told(
    step: Step, most: int
) -> None:
    said = _refused(step, input={"reports": _nested(MAX_DEPTH - 2)}, inputBytes=most)
    assert "reports is not a field" in said
