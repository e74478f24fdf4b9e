"""Where things are kept in the bucket."""

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sei_export import keys
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.input.kinds import Field, Group, Word
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import check_length, landed_key, series_key
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import PRODUCTIVITY, REPORTS, SPRINT, Report
from tests.fakes.request_strategies import few_names, names, requests
from tests.fakes.samples import parsed, problems, request, request_of


def data_key(asked: ExportRequest) -> str:
    return keys.data_key(Export.of(asked, "exp_1", "", reused=False))


def manifest_key(asked: ExportRequest) -> str:
    return keys.manifest_key(Export.of(asked, "exp_1", "", reused=False))


def _shape(**fields: JsonValue) -> str:
    return data_key(request(**fields)).split("/")[2]


def _values(key: str) -> dict[str, str]:
    """The `name=value` parts of a key."""
    return dict(part.split("=", 1) for part in key.split("/")[1:-1])


# The fingerprint is spelled out: if it changes, every file in users' buckets moves.
def test_a_requests_files_are_exactly_here() -> None:
    full = request(
        metricGroups=["activity", "velocity"],
        options={"metricLevel": "developer", "granularity": "monthly"},
    )
    folder = (
        "report=productivity/shape=developer-monthly-2ccebb06/org=acme/project=metrics/"
        "tree=Engineering/team=456/start=2024-01-01/end=2024-12-31"
    )
    assert data_key(full) == f"exports/{folder}/export.csv.gz"
    assert manifest_key(full) == f"manifests/{folder}/manifest.json"


def test_absent_parts_are_an_underscore() -> None:
    key = data_key(request(scope={"orgTreeName": "Engineering"}))
    assert re.fullmatch(
        r"exports/report=productivity/shape=_-_-[0-9a-f]{8}/org=acme/project=metrics/"
        r"tree=Engineering/team=_/start=2024-01-01/end=2024-12-31/export\.csv\.gz",
        key,
    )


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        pytest.param("R&D / Platform", "R%26D%20%2F%20Platform", id="slash and space"),
        pytest.param("Köln", "K%C3%B6ln", id="unicode"),
        pytest.param("100%", "100%25", id="percent"),
        pytest.param("a=b", "a%3Db", id="equals sign"),
        pytest.param("a+b", "a%2Bb", id="plus"),
        pytest.param("_", "%5F", id="the mark of an absent part"),
        pytest.param("a_b-c.d~e", "a_b-c.d~e", id="left as they are"),
        pytest.param("..", "..", id="dots, which are no path after an equals sign"),
        pytest.param("../../x", "..%2F..%2Fx", id="path upwards"),
        pytest.param("a\\b", "a%5Cb", id="backslash"),
    ],
)
def test_a_value_is_percent_encoded(name: str, encoded: str) -> None:
    named = request(
        scope={"orgTreeName": name, "teamId": name}, orgIdentifier=name, projectIdentifier=name
    )
    values = _values(data_key(named))
    assert [values[part] for part in ("org", "project", "tree", "team")] == [encoded] * 4


@given(org=names, project=names, tree=names, team=names)
def test_whatever_the_names_a_key_is_one_path_that_tells_them_apart(
    org: str, project: str, tree: str, team: str
) -> None:
    named = request(
        scope={"orgTreeName": tree, "teamId": team}, orgIdentifier=org, projectIdentifier=project
    )
    for key in (data_key(named), manifest_key(named)):
        assert key.isascii()
        parts = key.split("/")
        assert len(parts) == 10
        assert all(part not in {"", ".", ".."} for part in parts)
        values = _values(key)
        decoded = [unquote(values[part]) for part in ("org", "project", "tree", "team")]
        assert decoded == [name.strip() for name in (org, project, tree, team)]
        assert "_" not in values.values()


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
        pytest.param({"aggregationLevel": "team"}, "shape=team-_-", id="level by its old name"),
        pytest.param({"granularity": "Weekly"}, "shape=_-weekly-", id="granularity"),
    ],
)
def test_a_shape_begins_with_level_and_granularity(options: JsonValue, start: str) -> None:
    assert _shape(options=options).startswith(start)


def _tree_that_makes_manifest_keys_of(size: int) -> str:
    return "t" * (size - len(manifest_key(request(scope={"orgTreeName": "t"}))) + 1)


def test_the_longest_key_that_s3_takes_is_made() -> None:
    longest = request(scope={"orgTreeName": _tree_that_makes_manifest_keys_of(1024)})
    check_length(longest)
    assert len(manifest_key(longest)) == 1024
    assert len(data_key(longest)) <= 1024


def test_a_longer_one_is_refused() -> None:
    too_long = request(scope={"orgTreeName": _tree_that_makes_manifest_keys_of(1025)})
    with pytest.raises(InvalidRequestError) as caught:
        check_length(too_long)
    assert caught.value.problems == (
        "scope and identifiers make an S3 key of 1001 bytes: at most 1000 fit.",
    )


def test_the_limit_counts_encoded_bytes() -> None:
    with pytest.raises(InvalidRequestError, match="S3 key of"):
        check_length(request(scope={"orgTreeName": "é" * 200}))


@pytest.mark.parametrize(
    ("asked", "folder"),
    [
        pytest.param(
            request_of("sprint", scope={"teamId": "9"}),
            r"report=sprint/shape=_-sprint-\w{8}/org=acme/project=metrics/tree=_/team=9/",
            id="a team alone",
        ),
        pytest.param(
            request_of("time-in-status", options={"metricLevel": "sprint"}),
            r"report=time-in-status/shape=sprint-_-\w{8}/org=acme/project=metrics/"
            r"tree=Engineering/team=_/",
            id="the level's other name",
        ),
        pytest.param(
            request_of("team-report", granularity="weekly"),
            r"report=team-report/shape=_-weekly-\w{8}/org=acme/project=metrics/tree=_/team=6036/",
            id="a legacy report's collection is its team",
        ),
        pytest.param(
            request_of("team-report", collectionId="Platform", teamRefId=77),
            r"report=team-report/shape=_-_-\w{8}/org=acme/project=metrics/"
            r"tree=_/team=Platform%3A77/",
            id="a legacy report's two names of its team",
        ),
        pytest.param(
            request_of("contributor-report", granularity="monthly"),
            r"report=contributor-report/shape=_-monthly-\w{8}/org=acme/project=metrics/"
            r"tree=_/team=1/",
            id="the API's upper case",
        ),
    ],
)
def test_every_report_has_the_same_layout(asked: ExportRequest, folder: str) -> None:
    days = "start=2024-01-01/end=2024-12-31"
    assert re.fullmatch(rf"exports/{folder}{days}/export\.csv\.gz", data_key(asked))
    assert re.fullmatch(rf"manifests/{folder}{days}/manifest\.json", manifest_key(asked))


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
        value = values.get(field.name)
        if isinstance(field, Group) and isinstance(value, dict):
            value = _unpacked(field.fields, value) or None
        if value is not None and not (isinstance(field, Word) and not field.shapes):
            kept[field.name] = value
    return kept


def _asks_for(asked: ExportRequest) -> str:
    """Equal for requests whose files have the same in them."""
    return replace(asked, fields=_unpacked(asked.report.fields, asked.fields)).fingerprint


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@given(data=st.data())
def test_two_requests_share_a_key_only_if_they_differ_in_the_packing_alone(
    report: Report, data: st.DataObject
) -> None:
    one, other = data.draw(_alike(report))
    assert (data_key(one) == data_key(other)) is (_asks_for(one) == _asks_for(other))


def test_the_packing_is_format_and_compression() -> None:
    options: JsonObject = {"granularity": "MONTHLY", "format": "csv", "compression": "gzip"}
    packed = request_of("efficiency", options=options)
    least = request_of("efficiency")
    assert data_key(packed) == data_key(least)
    assert packed.fingerprint != least.fingerprint


def test_given_an_export_that_somebody_else_created_its_files_are_kept_by_its_id() -> None:
    export = Export("exp_7a8b", SPRINT, "acme", "metrics", None, reused=True, created_at="")
    folder = "report=sprint/shape=harvested/export=exp_7a8b"
    assert keys.data_key(export) == f"exports/{folder}/export.csv.gz"
    assert keys.manifest_key(export) == f"manifests/{folder}/manifest.json"


def test_requests_that_differ_in_their_days_only_are_one_series() -> None:
    one = series_key(request_of("sprint", scope={"teamId": "9"}))
    assert re.fullmatch(
        r"manifests/report=sprint/shape=_-sprint-\w{8}/org=acme/project=metrics/tree=_/team=9/"
        r"series\.json",
        one,
    )
    other_days: JsonValue = {"period": "previous-month"}
    assert series_key(request_of("sprint", scope={"teamId": "9"}, dateRange=other_days)) == one
    assert series_key(request_of("sprint", scope={"teamId": "8"})) != one


def test_the_mark_of_a_landed_export_is_known_from_report_and_id_alone() -> None:
    assert landed_key(SPRINT, "exp_7a8b") == "landed/report=sprint/export=exp_7a8b.json"
    assert landed_key(PRODUCTIVITY, "exp_7a8b") != landed_key(SPRINT, "exp_7a8b")


def test_an_id_read_from_a_manifest_cannot_lead_a_mark_elsewhere() -> None:
    assert landed_key(SPRINT, "../x") == "landed/report=sprint/export=..%2Fx.json"
