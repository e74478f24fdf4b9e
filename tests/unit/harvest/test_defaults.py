"""What a harvest takes from the stack where its input is silent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.harvest.filters import parse_harvest
from sei_export.jsontypes import JsonObject
from sei_export.steps.list_exports import list_exports
from tests.fakes.harvests import HARVEST_DEFAULTS, list_entry
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import STARTED_AT
from tests.fakes.scripted_api import ScriptedApi


@pytest.mark.parametrize(
    ("given_input", "project"),
    [
        pytest.param({}, ("acme", "metrics"), id="the stack's"),
        pytest.param({"orgIdentifier": " other "}, ("other", "metrics"), id="another organization"),
        pytest.param({"projectIdentifier": "else"}, ("acme", "else"), id="another project"),
    ],
)
def test_organization_and_project_are_the_stacks_unless_the_input_says(
    given_input: JsonObject, project: tuple[str, str]
) -> None:
    harvest = parse_harvest(given_input, HARVEST_DEFAULTS, STARTED_AT)
    assert (harvest.org, harvest.project) == project


def test_an_identifier_of_the_stack_that_is_none_is_told_as_one_of_the_input() -> None:
    broken = replace(HARVEST_DEFAULTS, org_identifier="a\tb")
    with pytest.raises(InvalidRequestError) as caught:
        parse_harvest({}, broken, STARTED_AT)
    assert caught.value.problems == (
        r'orgIdentifier is "a\tb": a non-empty string without control characters is allowed.',
    )


@pytest.mark.parametrize(
    ("hours", "pending"),
    [pytest.param(1, 0, id="shorter than its age"), pytest.param(3, 1, id="longer than its age")],
)
def test_an_export_is_left_to_its_execution_for_as_long_as_the_stack_allows_one(
    hours: int, pending: int
) -> None:
    defaults = replace(HARVEST_DEFAULTS, export_time=timedelta(hours=hours))
    payload: JsonObject = {"input": {"report": "sprint"}, "startedAt": "2026-03-15T06:00:00Z"}
    payload |= {"run": "r.harvest", "page": 1}
    s3 = FakeS3()
    api = ScriptedApi.answering(200, [list_entry("exp_1", createdAt="2026-03-15T04:00:00Z")])
    page = list_exports(payload, defaults, api.connect, s3.documents)
    assert page["pending"] == pending
