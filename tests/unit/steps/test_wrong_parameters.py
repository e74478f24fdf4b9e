"""Runs of a stack whose parameters are wrong: only those that take one are told, and of it."""

from collections.abc import Iterator

import pytest

from sei_export.api.client import InProject, SeiClient
from sei_export.batch.defaults import BatchDefaults
from sei_export.bucket.documents import Document
from sei_export.errors import ConfigurationError, InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.settings import batch_defaults, request_defaults
from sei_export.steps.create_export import create_export
from sei_export.steps.plan_batch import plan_batch
from tests.fakes.batch_items import cut
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import least, nothing_runs
from tests.fakes.tree_api import TreeApi

LEGACY = least("team-report")
"""The one kind of request that CreateExport only validates."""


def _environment(batch_plan: str = "{", default_request: str = "{") -> dict[str, str]:
    return {
        "HARNESS_ORG_IDENTIFIER": "acme",
        "HARNESS_PROJECT_IDENTIFIER": "metrics",
        "ORG_TREE_NAME": "Engineering",
        "MAX_CONCURRENCY": "10",
        "BATCH_PLAN": batch_plan,
        "DEFAULT_REQUEST": default_request,
    }


def _payload(given_input: JsonValue) -> JsonObject:
    return {
        "input": given_input,
        "run": "run-1",
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:Batch:weekly",
        "startedAt": "2026-03-15T06:00:00Z",
    }


def _create(given_input: JsonValue, environment: dict[str, str]) -> JsonObject:
    def never(_: InProject) -> SeiClient:
        raise AssertionError("a call")

    defaults = request_defaults(environment)
    return create_export(_payload(given_input), defaults, never, lambda _: Document({}, None), dict)


@pytest.fixture
def api() -> Iterator[TreeApi]:
    served = TreeApi()
    with served.server:
        yield served


def _plan(api: TreeApi, given_input: JsonValue, defaults: BatchDefaults) -> JsonObject:
    return plan_batch(
        _payload(given_input), defaults, api.connect, FakeS3().documents, nothing_runs
    )


@pytest.mark.parametrize("batch_plan", ["{", "[]", '{"exports": 7}'])
@pytest.mark.parametrize("default_request", ["{", "[]", '{"report": "x"}'])
def test_a_plan_of_its_own_runs_whatever_the_parameters_are(
    api: TreeApi, batch_plan: str, default_request: str
) -> None:
    defaults = batch_defaults(_environment(batch_plan, default_request))
    planned = _plan(api, {"exports": [cut("top")]}, defaults)
    assert planned["status"] == "CONTINUE"


@pytest.mark.parametrize("default_request", ["{", "[]", " ", '{"report": "x"}'])
def test_a_request_of_its_own_runs_whatever_the_parameter_is(default_request: str) -> None:
    export = _create(LEGACY, _environment(default_request=default_request))
    assert export["report"] == "team-report"


@pytest.mark.parametrize("given_input", [{}, {"scheduledTime": "2026-03-02T06:00:00Z"}])
@pytest.mark.parametrize("default_request", ["{", '{"report": "sprint"}'])
def test_a_run_that_takes_the_default_request_is_told_of_the_parameter(
    api: TreeApi, given_input: JsonObject, default_request: str
) -> None:
    environment = _environment("{}", default_request)
    with pytest.raises(ConfigurationError) as of_export:
        _create(given_input, environment)
    with pytest.raises(ConfigurationError) as of_batch:
        _plan(api, given_input, batch_defaults(environment))
    for caught in (of_export, of_batch):
        assert caught.value.message.startswith("The parameter DefaultRequest ")
        told = "Remedy: Correct the stack's parameter DefaultRequest and deploy again."
        assert told in str(caught.value)
    assert api.calls == []


@pytest.mark.parametrize("given_input", [{}, {"dryRun": True}])
def test_what_only_the_api_knows_to_be_wrong_with_the_plan_is_told_of_the_parameter(
    api: TreeApi, given_input: JsonObject
) -> None:
    plan = (
        '{"exports": [{"report": "productivity", "dateRange": {"period": "previous-week"}, '
        '"scope": {"orgTreeName": "Enginering", "teams": "top"}}]}'
    )
    with pytest.raises(ConfigurationError) as caught:
        _plan(api, given_input, batch_defaults(_environment(plan)))
    start = 'The parameter BatchPlan has 1 problem: (1) exports[0].scope.orgTreeName is "Enginer'
    assert caught.value.message.startswith(start)
    assert "Correct the stack's parameter BatchPlan and deploy again" in caught.value.remedy
    # Of a plan that the input brought it is the input's.
    with pytest.raises(InvalidRequestError):
        _plan(api, {"exports": [cut([99])]}, batch_defaults(_environment()))


@pytest.mark.parametrize("name", ["weekly", "default"])
def test_the_stacks_plan_is_run_dry(api: TreeApi, name: str) -> None:
    request = '{"report": "productivity", "dateRange": {"period": "previous-month"}}'
    plan = f'{{"name": "weekly", "exports": [{request}]}}' if name == "weekly" else "{}"
    told = _plan(api, {"dryRun": True}, batch_defaults(_environment(plan, request)))
    assert (told["dryRun"], told["name"], told["itemCount"]) == (True, name, 1)
