"""How long the last export took makes polling cheaper; nothing about it stops an export."""

import pytest

from sei_export import keys
from sei_export.jsontypes import JsonObject
from sei_export.steps.create_export import create_export
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import raising
from tests.fakes.samples import DEFAULTS, asked, parsed
from tests.fakes.scripted_api import ScriptedApi

PAYLOAD: JsonObject = {
    "input": asked(),
    "executionArn": "arn:aws:states:::x",
    "startedAt": "2026-03-15T06:00:00Z",
}


def _created(s3: FakeS3) -> JsonObject:
    api = ScriptedApi.answering(202, {"exportId": "exp_1"})
    return create_export(PAYLOAD, DEFAULTS, api.connect, s3.documents.read_json, dict)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("9" * 400, id="beyond a float"),
        pytest.param("Infinity", id="without end"),
        pytest.param("NaN", id="not a number"),
        pytest.param("[" * 100_000, id="too deep to be read"),
    ],
)
def test_given_an_odd_duration_when_created_then_nothing_is_expected(content: str) -> None:
    s3 = FakeS3()
    s3.add(keys.series_key(parsed(asked())), f'{{"seconds": [{content}]}}'.encode())
    assert _created(s3)["expectedSeconds"] == 0.0


@pytest.mark.parametrize("error", [RuntimeError("odd"), OSError("gone"), MemoryError()])
def test_given_whatever_goes_wrong_in_reading_it_when_created_then_nothing_is_expected(
    error: Exception,
) -> None:
    s3 = FakeS3()
    s3.before("get_object", raising(error))
    assert _created(s3)["expectedSeconds"] == 0.0
