"""Which requests' files have the same columns."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.input.kinds import Field, Flag, Group, Names, Number, Text, Word
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, Report, Scope
from tests.fakes.request_strategies import names, requests, some_names, team_ids
from tests.fakes.samples import parsed, request_of

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)

NOT_SHAPING = {"collectionId", "teamRefId", "format", "compression"}
"""Fields of bodies that say whose data or how it is packed."""


def _with(given_input: JsonObject, path: tuple[str, ...], value: JsonValue) -> JsonObject:
    name, *rest = path
    inner = given_input.get(name)
    if rest:
        value = _with(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    return {**given_input, name: value}


def _shape(given_input: JsonObject) -> str:
    return parsed(given_input).shape_fingerprint


def _values(field: Field) -> list[JsonValue]:
    """Values of a field that ask for different things."""
    match field:
        case Word():
            return list(field.allowed)
        case Names():
            one, other = some_names(field)[:2]
            return [[one], [other], [one, other]]
        case Flag():
            return [True, False]
        case Number():
            return [1, 2]
        case Text() | Group():
            return ["1", "2"]


def _paths(
    fields: tuple[Field, ...], start: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Field]]:
    for field in fields:
        if isinstance(field, Group):
            yield from _paths(field.fields, (*start, field.name))
        else:
            yield (*start, field.name), field


FIELDS = [
    pytest.param(report, path, field, id=f"{report.name} {'.'.join(path)}")
    for report in REPORTS.values()
    for path, field in _paths(report.fields)
]


@pytest.mark.parametrize(("report", "path", "field"), FIELDS)
@settings(max_examples=3)
@given(data=st.data())
def test_a_field_makes_another_request_and_if_it_shapes_the_columns_another_shape(
    report: Report, path: tuple[str, ...], field: Field, data: st.DataObject
) -> None:
    given_input = data.draw(requests(report, full=True))
    asked = [_with(given_input, path, value) for value in _values(field)]
    assert len({parsed(each).fingerprint for each in asked}) == len(asked)
    shapes = {_shape(each) for each in asked}
    assert len(shapes) == (1 if path[-1] in NOT_SHAPING else len(asked))


@EVERY_REPORT
@settings(max_examples=20)
@given(data=st.data(), org=names, project=names, days=st.integers(1, 3660))
def test_whose_data_of_which_days_makes_no_other_shape(
    report: Report, data: st.DataObject, org: str, project: str, days: int
) -> None:
    one = data.draw(requests(report))
    other: JsonObject = {**one, "dateRange": {"trailingDays": days}}
    other |= {"orgIdentifier": org, "projectIdentifier": project}
    if report.scope is Scope.COLLECTION:
        other["collectionId"] = data.draw(names)
    else:
        other["scope"] = {"teamId": data.draw(team_ids)}
    assert _shape(other) == _shape(one)


@pytest.mark.parametrize(
    ("report", "fields"),
    [
        pytest.param("productivity", {"metricGroups": ["activity"]}, id="groups"),
        pytest.param("productivity", {"options": {"aggregation": "mean"}}, id="aggregation"),
        pytest.param("efficiency", {"metrics": ["LTTC_P90"]}, id="metrics"),
        pytest.param(
            "sprint",
            {"options": {"granularity": "SPRINT", "computationMode": "TICKETS"}},
            id="computation mode",
        ),
        pytest.param("time-in-status", {"issueStatuses": ["Done"]}, id="statuses"),
        pytest.param("team-report", {"includeRatings": True}, id="ratings"),
        pytest.param("team-report", {"includeRatings": False}, id="ratings, said not to be"),
        pytest.param("team-report", {"productivity": {}}, id="all metrics of a group"),
        pytest.param("team-report", {"efficiency": {}}, id="all metrics of the other group"),
        pytest.param(
            "team-report", {"efficiency": {"calculationType": "MEAN"}}, id="calculation type"
        ),
        pytest.param("contributor-report", {"granularity": "WEEKLY"}, id="granularity"),
    ],
)
def test_what_is_said_beyond_the_least_makes_another_shape(report: str, fields: JsonObject) -> None:
    assert request_of(report, **fields).shape_fingerprint != request_of(report).shape_fingerprint


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"format": "CSV"}, id="format"),
        pytest.param({"compression": "gzip"}, id="compression"),
    ],
)
def test_how_a_file_is_packed_makes_no_other_shape(options: JsonObject) -> None:
    packed = request_of("efficiency", options={"granularity": "MONTHLY", **options})
    assert packed.shape_fingerprint == request_of("efficiency").shape_fingerprint


def test_a_metric_is_told_apart_from_a_group_of_its_name() -> None:
    metric = request_of("productivity", metrics=["activity"])
    group = request_of("productivity", metricGroups=["activity"])
    assert metric.shape_fingerprint != group.shape_fingerprint


def test_metrics_of_one_group_are_told_apart_from_those_of_another() -> None:
    one = request_of("team-report", productivity={"metrics": ["X"]}, efficiency={"metrics": ["Y"]})
    other = request_of(
        "team-report", productivity={"metrics": ["Y"]}, efficiency={"metrics": ["X"]}
    )
    assert one.shape_fingerprint != other.shape_fingerprint
