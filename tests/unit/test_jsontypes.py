"""What JSON calls a whole number."""

import json

import pytest

from sei_export.jsontypes import is_count


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        pytest.param("0", True, id="zero"),
        pytest.param("7", True, id="a number"),
        pytest.param("1000000000000000000000", True, id="a number of any size"),
        pytest.param("-1", False, id="below zero"),
        pytest.param("1.0", False, id="with a point"),
        pytest.param("1e3", False, id="with an exponent"),
        pytest.param("true", False, id="true, which Python counts as 1"),
        pytest.param("false", False, id="false, which Python counts as 0"),
        pytest.param("null", False, id="null"),
        pytest.param('"1"', False, id="text"),
        pytest.param("[1]", False, id="list"),
    ],
)
def test_a_count_is_a_whole_number_from_zero_on(text: str, *, counts: bool) -> None:
    assert is_count(json.loads(text)) is counts
