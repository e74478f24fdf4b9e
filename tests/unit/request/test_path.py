"""Where a request's files are, below any prefix."""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sei_export.errors import InvalidRequestError
from sei_export.input.kinds import Field, Group, Word, all_names
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import read_canonical
from sei_export.request.path import (
    ABSENT,
    MAX_PATH_BYTES,
    part,
    request_path,
    series_path,
    tree_path,
)
from sei_export.request.reports import REPORTS, Report
from tests.fakes.plans import plan_of, read_plan
from tests.fakes.request_strategies import few_names, names, requests, team_ids
from tests.fakes.samples import asked, least, parsed, problems, request, request_of


def _shape(**fields: JsonValue) -> str:
    return request_path(request(**fields)).split("/")[1]


def _values(path: str) -> dict[str, str]:
    """The `name=value` parts of a path."""
    return dict(part.split("=", 1) for part in path.split("/"))


def test_absent_parts_are_hives_null() -> None:
    assert re.fullmatch(
        r"report=productivity/shape=_-_-[0-9a-f]{8}/scope_org=acme/scope_project=metrics/"
        r"scope_tree=Engineering/scope_team=__HIVE_DEFAULT_PARTITION__/"
        r"range_start=2024-01-01/range_end=2024-12-31",
        request_path(request(scope={"orgTreeName": "Engineering"})),
    )


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        pytest.param("R&D / Platform", "R%26D%20%2F%20Platform", id="slash and space"),
        pytest.param("Köln", "K%C3%B6ln", id="unicode"),
        pytest.param("100%", "100%25", id="percent"),
        pytest.param("a=b", "a%3Db", id="equals sign"),
        pytest.param("a+b", "a%2Bb", id="plus"),
        pytest.param("_", "_", id="an underscore"),
        pytest.param(
            "__HIVE_DEFAULT_PARTITION__",
            "%5F_HIVE_DEFAULT_PARTITION__",
            id="the mark of an absent part",
        ),
        pytest.param("a_b-c.d~e", "a_b-c.d~e", id="left as they are"),
        pytest.param("..", "..", id="dots, which are no path after an equals sign"),
        pytest.param("../../x", "..%2F..%2Fx", id="path upwards"),
        pytest.param("a\\b", "a%5Cb", id="backslash"),
    ],
)
def test_a_value_is_percent_encoded(name: str, encoded: str) -> None:
    named = request(scope={"orgTreeName": name}, orgIdentifier=name, projectIdentifier=name)
    values = _values(request_path(named))
    assert [values[f"scope_{part}"] for part in ("org", "project", "tree")] == [encoded] * 3
    # A team has digits, but for that of a legacy report.
    legacy = request_of("contributor-report", collectionId=name)
    assert _values(request_path(legacy))["scope_team"] == encoded


@given(org=names, project=names, tree=names, team=team_ids)
def test_whatever_the_names_a_path_tells_them_apart(
    org: str, project: str, tree: str, team: str
) -> None:
    path = request_path(
        request(
            scope={"orgTreeName": tree, "teamId": team},
            orgIdentifier=org,
            projectIdentifier=project,
        )
    )
    assert path.isascii()
    parts = path.split("/")
    assert len(parts) == 8
    assert all(each not in {"", ".", ".."} for each in parts)
    values = _values(path)
    decoded = [unquote(values[f"scope_{name}"]) for name in ("org", "project", "tree", "team")]
    assert decoded == [name.strip() for name in (org, project, tree, team)]
    assert ABSENT not in values.values()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"scope": {"orgTreeName": "Engineering"}}, id="whole tree"),
        pytest.param({"scope": {"orgTreeName": "Sales", "teamId": "9"}}, id="another team"),
        pytest.param({"orgIdentifier": "other", "projectIdentifier": "other"}, id="project"),
        pytest.param({"dateRange": {"trailingDays": 7}}, id="dates"),
        pytest.param({"options": {"format": "CSV"}}, id="what is sent anyway"),
        pytest.param({"metricGroups": [], "metrics": []}, id="empty lists"),
    ],
)
def test_files_with_the_same_columns_have_one_shape(fields: dict[str, JsonValue]) -> None:
    assert _shape(**fields) == _shape()


def test_neither_order_nor_case_makes_another_shape() -> None:
    written = _shape(
        metricGroups=["velocity", "activity"],
        metrics=["b", "a"],
        options={"metricLevel": "team", "granularity": "weekly"},
    )
    assert written == _shape(
        metricGroups=["ACTIVITY", "Velocity", "velocity"],
        metrics=["A", "B", "b"],
        options={"granularity": "WEEKLY", "aggregationLevel": "Team"},
    )


def test_whatever_changes_the_columns_makes_another_shape() -> None:
    different: list[dict[str, JsonValue]] = [
        {},
        {"metricGroups": ["activity"]},
        {"metricGroups": ["velocity"]},
        {"metricGroups": ["activity", "velocity"]},
        {"metrics": ["PR_MERGED"]},
        {"metrics": ["ACTIVITY"]},
        {"options": {"metricLevel": "team"}},
        {"options": {"metricLevel": "developer"}},
        {"options": {"granularity": "weekly"}},
        {"options": {"granularity": "monthly"}},
        {"options": {"aggregation": "mean"}},
    ]
    fingerprints = {_shape(**fields).rsplit("-", 1)[-1] for fields in different}
    assert len(fingerprints) == len(different)


@pytest.mark.parametrize(
    ("options", "start"),
    [
        pytest.param({}, "shape=_-_-", id="neither"),
        pytest.param({"metricLevel": "TEAM"}, "shape=team-_-", id="level"),
        pytest.param({"aggregationLevel": "team"}, "shape=team-_-", id="level by its other name"),
        pytest.param({"granularity": "Weekly"}, "shape=_-weekly-", id="granularity"),
    ],
)
def test_a_shape_begins_with_level_and_granularity(options: JsonValue, start: str) -> None:
    assert _shape(options=options).startswith(start)


# --- length ---


def _asked(size: int) -> JsonObject:
    """An input whose path has so many bytes."""
    rest = len(request_path(request(scope={"orgTreeName": "t"}))) - 1
    return asked(scope={"orgTreeName": "t" * (size - rest)})


def _single(given_input: JsonObject) -> ExportRequest:
    return parsed(given_input)


def _entry(given_input: JsonObject) -> ExportRequest:
    [planned] = read_plan(plan_of(given_input)).exports
    [one] = planned.requests
    return one


def _canonical(given_input: JsonObject) -> ExportRequest:
    whole = request().canonical()
    return read_canonical(whole | {"scope": given_input["scope"]})


@pytest.mark.parametrize("read", [_single, _entry, _canonical])
def test_the_longest_path_is_taken_by_every_reader(
    read: Callable[[JsonObject], ExportRequest],
) -> None:
    assert len(request_path(read(_asked(1000)))) == MAX_PATH_BYTES == 1000


@pytest.mark.parametrize(
    ("read", "prefix"),
    [
        pytest.param(_single, "", id="a request"),
        pytest.param(_entry, "exports[0].", id="a plan's entry"),
        pytest.param(_canonical, "", id="a canonical form"),
    ],
)
@pytest.mark.parametrize(
    ("given_input", "size"),
    [
        pytest.param(_asked(MAX_PATH_BYTES + 1), 1001, id="a byte more"),
        # Six bytes in the path for each letter.
        pytest.param(asked(scope={"orgTreeName": "é" * 200}), 1369, id="letters of six bytes"),
    ],
)
def test_a_longer_path_is_refused_by_every_reader(
    read: Callable[[JsonObject], ExportRequest], prefix: str, given_input: JsonObject, size: int
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(given_input)
    assert caught.value.problems == (
        (
            f"{prefix}scope and identifiers make an S3 key of {size} bytes: at most "
            f"{MAX_PATH_BYTES} fit."
        ),
    )


def test_a_legacy_reports_path_has_the_same_limit() -> None:
    assert problems(least("team-report", collectionId="c" * 1000)) == (
        "scope and identifiers make an S3 key of 1175 bytes: at most 1000 fit.",
    )


# --- every report ---


@pytest.mark.parametrize(
    ("asked", "folder"),
    [
        pytest.param(
            request_of("sprint", scope={"teamId": "9"}),
            r"report=sprint/shape=_-sprint-\w{8}/scope_org=acme/scope_project=metrics/"
            r"scope_tree=__HIVE_DEFAULT_PARTITION__/scope_team=9/",
            id="a team alone",
        ),
        pytest.param(
            request_of("time-in-status", options={"metricLevel": "sprint"}),
            r"report=time-in-status/shape=sprint-_-\w{8}/scope_org=acme/scope_project=metrics/"
            r"scope_tree=Engineering/scope_team=__HIVE_DEFAULT_PARTITION__/",
            id="the level's other name",
        ),
        pytest.param(
            request_of("team-report", granularity="weekly"),
            r"report=team-report/shape=_-weekly-\w{8}/scope_org=acme/scope_project=metrics/"
            r"scope_tree=__HIVE_DEFAULT_PARTITION__/scope_team=6036/",
            id="a legacy report's collection is its team",
        ),
        pytest.param(
            request_of("team-report", collectionId="Platform", teamRefId=77),
            r"report=team-report/shape=_-_-\w{8}/scope_org=acme/scope_project=metrics/"
            r"scope_tree=__HIVE_DEFAULT_PARTITION__/scope_team=Platform%3A77/",
            id="a legacy report's two names of its team",
        ),
        pytest.param(
            request_of("contributor-report", granularity="monthly"),
            r"report=contributor-report/shape=_-monthly-\w{8}/scope_org=acme/scope_project=metrics/"
            r"scope_tree=__HIVE_DEFAULT_PARTITION__/scope_team=1/",
            id="the API's upper case",
        ),
    ],
)
def test_every_report_has_the_same_layout(asked: ExportRequest, folder: str) -> None:
    days = "range_start=2024-01-01/range_end=2024-12-31"
    assert re.fullmatch(f"{folder}{days}", request_path(asked))


@pytest.mark.parametrize("report", REPORTS)
def test_a_path_is_inside_that_of_its_series_and_that_inside_its_trees(report: str) -> None:
    one = request_of(report)
    assert request_path(one) == f"{series_path(one)}/range_start=2024-01-01/range_end=2024-12-31"
    assert series_path(one) == f"{tree_path(one, one.tree)}/scope_team={part(one.team)}"
    assert _values(tree_path(one, "Other"))["scope_tree"] == "Other"
    assert _values(tree_path(one, None))["scope_tree"] == ABSENT


@st.composite
def _alike(draw: st.DrawFn, report: Report) -> tuple[ExportRequest, ExportRequest]:
    """Two requests, the second like the first but for a field or two."""
    one, source = (draw(requests(report, named=few_names)) for _ in range(2))
    other = _mixed(draw, one, source)
    # Two halves may contradict each other, such as an organization and another one's scope.
    assume(not problems(other))
    return parsed(one), parsed(other)


def _mixed(draw: st.DrawFn, one: JsonObject, source: JsonObject) -> JsonObject:
    """The one with a field or two as in the source, of objects perhaps only a field of theirs."""
    mixed = {**one}
    every = sorted({*one, *source})
    for name in draw(st.lists(st.sampled_from(every), min_size=1, max_size=2)) if every else []:
        old, new = mixed.pop(name, None), source.get(name)
        if isinstance(old, dict) and isinstance(new, dict) and draw(st.booleans()):
            new = _mixed(draw, old, new)
        mixed |= {name: new} if name in source else {}
    return mixed


def _unpacked(fields: tuple[Field, ...], values: JsonObject) -> JsonObject:
    """A body's fields without those that only say how the file is packed."""
    kept: JsonObject = {}
    for field in fields:
        for name in all_names(field):
            value = values.get(name)
            if isinstance(field, Group) and isinstance(value, dict):
                value = _unpacked(field.fields, value) or None
            if value is not None and not (isinstance(field, Word) and not field.shapes):
                kept[name] = value
    return kept


def _asks_for(asked: ExportRequest) -> str:
    """Equal for requests whose files have the same in them."""
    return replace(asked, fields=_unpacked(asked.report.fields, asked.fields)).fingerprint


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@given(data=st.data())
def test_two_requests_share_a_path_only_if_they_differ_in_the_packing_alone(
    report: Report, data: st.DataObject
) -> None:
    one, other = data.draw(_alike(report))
    assert (request_path(one) == request_path(other)) is (_asks_for(one) == _asks_for(other))


def test_the_packing_is_format_and_compression() -> None:
    options: JsonObject = {"granularity": "MONTHLY", "format": "csv", "compression": "gzip"}
    packed = request_of("efficiency", options=options)
    unpacked = request_of("efficiency")
    assert request_path(packed) == request_path(unpacked)
    assert packed.fingerprint != unpacked.fingerprint
