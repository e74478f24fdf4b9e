"""Ids of teams and org trees, as the API writes them and as people do."""

import pytest

from sei_export.input.ids import MAX_EXACT, read_id, read_team_id
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonValue


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param(7, "7", id="a number"),
        pytest.param(0, "0", id="zero"),
        pytest.param("203758", "203758", id="digits"),
        pytest.param("007", "007", id="digits, as they are"),
        pytest.param(10**20 - 1, "9" * 20, id="the largest number"),
        pytest.param(10**20, None, id="a larger number"),
        pytest.param("1" * 20, "1" * 20, id="the most digits"),
        pytest.param("1" * 21, None, id="more digits"),
        pytest.param(-1, None, id="below zero"),
        pytest.param("-1", None, id="a sign"),
        pytest.param(7.0, None, id="a fraction"),
        pytest.param(True, None, id="true"),
        pytest.param("", None, id="empty"),
        pytest.param("٣", None, id="other digits"),
        pytest.param("²", None, id="no digit"),
        pytest.param("1/2", None, id="a path"),
        pytest.param(None, None, id="null"),
        pytest.param([7], None, id="a list"),
    ],
)
def test_an_id_of_a_tree_or_team_is_a_number_or_digits(given: JsonValue, read: str | None) -> None:
    assert read_id(given) == read


@pytest.mark.parametrize(
    ("given", "team_id"),
    [
        pytest.param(200123, "200123", id="a number"),
        pytest.param(0, "0", id="zero"),
        pytest.param(MAX_EXACT, "9007199254740991", id="the largest number that all write alike"),
        pytest.param("200123", "200123", id="a text"),
        pytest.param(" 007 ", "007", id="digits, as they are"),
        pytest.param("9" * 20, "9" * 20, id="the most digits"),
    ],
)
def test_a_teams_id_is_a_text_or_a_number(given: JsonValue, team_id: str) -> None:
    problems = Problems()
    assert read_team_id("teamId", given, problems, "names go elsewhere") == team_id
    assert problems.found == []


FORM = "a team's id, as text or as a whole number, is allowed."
NAME = "a team's id is a number of at most 20 digits, such as 203758; names go elsewhere."


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param(True, f"teamId is true: {FORM}", id="true"),
        pytest.param(-1, f"teamId is -1: {FORM}", id="below zero"),
        pytest.param(4.0, f"teamId is 4.0: {FORM}", id="a fraction"),
        pytest.param(None, f"teamId is null: {FORM}", id="null"),
        pytest.param([4], f"teamId is [4]: {FORM}", id="a list"),
        pytest.param(" ", f'teamId is " ": {FORM}', id="blank"),
        pytest.param("Platform", f'teamId is "Platform": {NAME}', id="a name"),
        pytest.param("Squad 7", f'teamId is "Squad 7": {NAME}', id="a name with a number"),
        pytest.param("-1", f'teamId is "-1": {NAME}', id="a sign"),
        pytest.param("4.5", f'teamId is "4.5": {NAME}', id="a point"),
        pytest.param("٣", f'teamId is "٣": {NAME}', id="other digits"),
        pytest.param("1" * 21, f'teamId is "{"1" * 21}": {NAME}', id="too many digits"),
        pytest.param(
            MAX_EXACT + 1,
            "teamId is 9007199254740992: a number so large may arrive changed: give it as a text.",
            id="a number that others round",
        ),
    ],
)
def test_what_is_no_teams_id_is_told_with_what_to_do(given: JsonValue, problem: str) -> None:
    problems = Problems()
    assert read_team_id("teamId", given, problems, "names go elsewhere") == ""
    assert problems.found == [problem]
