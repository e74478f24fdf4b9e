"""One item of a batch, and its form in files and in the state machine."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import keys
from sei_export.batch.item import FIRST_ROUND, Item
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject
from sei_export.orgtree import TreeName
from sei_export.request.reports import REPORTS, Report
from tests.fakes.batch_items import RUN, cut, expanded, expansion
from tests.fakes.request_strategies import requests
from tests.fakes.samples import (
    asked,
    least,
    outdated,
    request,
    request_of,
)


def test_an_items_name_is_an_executions() -> None:
    [item] = expanded(asked())
    assert re.fullmatch(r"[0-9a-f]{8}-r1-[0-9a-f]{16}", item.name)
    assert item.name.endswith(item.id)
    [of_another_run] = expansion(asked(), run="another").items
    assert of_another_run == replace(item, name=of_another_run.name)
    assert of_another_run.name != item.name


def test_another_try_is_the_same_item_in_another_execution() -> None:
    [item] = expanded(asked())
    again = item.retried(RUN, 3)
    assert again == replace(item, tries=2, name=item.name.replace("-r1-", "-r3-"))
    assert again.retried(RUN, 4).tries == 3


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=20)
@given(data=st.data())
def test_an_item_comes_back_from_its_file(report: Report, data: st.DataObject) -> None:
    for item in expanded(data.draw(requests(report)), cut("top")):
        tried = item.retried(RUN, 2)
        for each in (item, tried, replace(item, replaces="0123")):
            again = Item.from_json(json.loads(json.dumps(each.to_json())))
            assert again == each
            assert again.to_json() == each.to_json()


def test_the_form_in_files_is_this() -> None:
    [item] = expanded(cut(["Solo"]))
    assert item.to_json() == {
        "id": item.id,
        "name": item.name,
        "input": item.request.canonical(),
        "entry": 0,
        "tree": "Engineering",
        "team": "7",
        "teamName": "Solo",
        "key": item.key,
        "tries": 1,
        "replaces": None,
        "notBefore": None,
        "listed": True,
        "legacy": False,
    }


def test_an_item_tells_whether_it_is_of_the_legacy_api() -> None:
    [item] = expanded(least("team-report"), tree=None)
    assert item.to_json()["legacy"] is True


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"id": None}, "id is missing", id="id"),
        pytest.param({"name": 7}, "name is missing", id="name"),
        pytest.param({"input": []}, "input is not an object", id="input"),
        pytest.param({"entry": -1}, "entry is missing", id="entry"),
        pytest.param({"tree": 7}, "tree is missing", id="tree"),
        pytest.param({"teamName": []}, "teamName is missing", id="team's name"),
        pytest.param({"tries": "1"}, "tries is missing", id="tries"),
        pytest.param({"replaces": 1}, "replaces is missing", id="replaces"),
    ],
)
def test_what_is_no_such_form_is_refused(changes: JsonObject, told: str) -> None:
    [item] = expanded(asked())
    with pytest.raises(InvalidRequestError, match=told) as caught:
        Item.from_json(item.to_json() | changes)
    assert caught.value.remedy == BY_HAND


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"team": ""}, id="team"),
        pytest.param({"key": None}, id="key"),
        pytest.param({"legacy": True}, id="legacy"),
    ],
)
def test_what_follows_from_the_request_is_not_read(changes: JsonObject) -> None:
    [item] = expanded(asked())
    again = Item.from_json(item.to_json() | changes)
    assert again == item
    assert (again.team, again.key) == ("456", keys.request_key(request()))


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="item is not an object"):
        Item.from_json("x")


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        pytest.param(
            outdated(request().canonical()),
            'input: options.granularity is "hourly": allowed are weekly, monthly, quarterly.',
            id="a word that the table has no longer",
        ),
        pytest.param(
            request().canonical() | {"report": "dora"},
            f'input: report is "dora": allowed are {", ".join(REPORTS)}.',
            id="a report that the table has no longer",
        ),
        pytest.param(
            request().canonical() | {"dateRange": {"trailingDays": 7}},
            'input: dateRange is {"trailingDays": 7}: only a range of start and end is allowed.',
            id="made by hand",
        ),
    ],
)
def test_given_a_request_of_another_table_then_the_batch_is_to_be_started_again(
    stored: JsonObject, problem: str
) -> None:
    [item] = expanded(asked())
    with pytest.raises(InvalidRequestError) as caught:
        Item.from_json(item.to_json() | {"input": stored})
    assert caught.value.problems == (problem,)
    # Of its other items some have landed by now.
    assert "nothing was sent" not in str(caught.value)
    assert caught.value.remedy == (
        "Start the batch again with a plan that this version of the stack allows: what has landed "
        f"is found unchanged. {BY_HAND}"
    )


@pytest.mark.parametrize("report", REPORTS)
def test_team_key_and_tree_are_those_of_the_request(report: str) -> None:
    one = request_of(report)
    item = Item.of(one, 3, "Other", "Platform", RUN)
    assert (item.id, item.entry, item.tries, item.replaces) == (one.fingerprint[:16], 3, 1, None)
    assert (item.team, item.team_name, item.key) == (one.team, "Platform", keys.request_key(one))
    assert item.tree_name == TreeName(one.org, one.project, "Other")
    assert Item.of(one, 3, None, None, RUN).tree_name is None


def test_in_another_round_only_the_name_is_another() -> None:
    [item] = expanded(asked())
    assert item.in_round(RUN, FIRST_ROUND) == item
    assert item.in_round(RUN, 12) == replace(item, name=item.name.replace("-r1-", "-r12-"))
