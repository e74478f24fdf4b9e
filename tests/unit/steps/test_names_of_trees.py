"""A look at the list of org trees when a file has no rows: one call, never a reason to fail."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.trees import first_names
from sei_export.api.urls import BaseUrl
from sei_export.errors import ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from tests.fakes.loopback import Answer, Received, reply
from tests.fakes.samples import request
from tests.fakes.stage import CSV, Stage
from tests.fakes.timing import FakeClock, FakeKey

HEADER = b"team,PR_MERGED\n"
TREES: list[JsonObject] = [{"id": 1, "name": "Sales"}, {"id": 2, "name": "engineering"}]


@dataclass
class WithTrees(Stage):
    """A stage whose API has other org trees than the one that is asked for.

    Attributes:
        trees: What it answers to the list of them.
        looks: How often that was asked for.
    """

    trees: Answer = field(default_factory=lambda: reply(200, [*TREES]))
    looks: int = 0

    def _answer(self, received: Received) -> Answer:
        if received.path.endswith("/org-trees"):
            self.looks += 1
            return self.trees
        return super()._answer(received)


@pytest.fixture
def stage() -> Iterator[WithTrees]:
    stage = WithTrees(reply(200, HEADER))
    with stage.server:
        yield stage


def test_given_no_rows_then_one_call_tells_names_near_the_trees(stage: WithTrees) -> None:
    [warning] = _warnings(stage.land())
    assert warning == {
        "code": "noRows",
        "message": "The file has a header and no rows. The first page of the API's list has no org "
        'tree "Engineering"; did you mean "engineering"?',
    }
    assert stage.looks == 1
    assert stage.manifest["warnings"] == stage.events.details[0]["warnings"] == [warning]


def test_given_rows_then_nobody_asks_for_trees(stage: WithTrees) -> None:
    stage.body = reply(200, CSV)
    assert _warnings(stage.land()) == []
    assert stage.looks == 0


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_given_a_list_that_is_refused_then_the_file_lands_all_the_same(
    stage: WithTrees, status: int
) -> None:
    stage.trees = reply(status, {"error": "no"})
    [warning] = _warnings(stage.land())
    assert warning == {"code": "noRows", "message": "The file has a header and no rows."}


def test_given_an_api_that_asks_to_wait_then_nobody_waits_for_the_list(stage: WithTrees) -> None:
    stage.trees = reply(429, {"error": "no"}, {"Retry-After": "20"})
    clock = FakeClock()
    client = _client(stage, clock, seconds=100)
    with pytest.raises(Exception, match="429"):
        first_names(client)
    assert clock.slept == []


def test_given_little_time_then_nobody_asks(stage: WithTrees) -> None:
    with pytest.raises(ServiceUnavailableError, match="no time left"):
        first_names(_client(stage, FakeClock(), seconds=29))
    assert stage.looks == 0


def test_a_hurried_client_ends_no_later_than_the_other(stage: WithTrees) -> None:
    client = _client(stage, FakeClock(), seconds=3)
    assert client.within(4).deadline.left() == pytest.approx(3)
    assert client.within(2).deadline.left() == pytest.approx(2)


def _client(stage: Stage, clock: FakeClock, seconds: float) -> SeiClient:
    asked: InProject = request()
    base = BaseUrl.parse(f"{stage.server.origin}/sei/api")
    http = HttpClient(base, FakeKey(), clock.deadline(seconds))
    return SeiClient(http, base, asked.org, asked.project)


def _warnings(result: JsonObject) -> list[object]:
    warnings = result["warnings"]
    assert isinstance(warnings, list)
    return [*warnings]
