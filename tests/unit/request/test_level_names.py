"""The level has two names: each is sent as it is given, and both ask for the same."""

import json
from hashlib import sha256

import pytest

from sei_export.jsontypes import JsonObject
from sei_export.keys import request_key, series_key
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import parse_request, read_canonical
from sei_export.request.reports import REPORTS
from tests.fakes.samples import DEFAULTS, STARTED_AT, problems, request_of

GRANULARITIES = {"productivity": "monthly", "sprint": "SPRINT", "time-in-status": "weekly"}
TREE = '{"orgIdentifier":"acme","orgTreeName":"Engineering","projectIdentifier":"metrics"}'
NAMES = ("aggregationLevel", "metricLevel")

EVERY_LEVEL = pytest.mark.parametrize(
    ("report", "level"),
    [
        ("productivity", "developer"),
        ("productivity", "team"),
        ("sprint", "team"),
        ("sprint", "sprint"),
        ("time-in-status", "sprint"),
        ("time-in-status", "team"),
    ],
)


def _asked(report: str, **levels: str) -> ExportRequest:
    return request_of(report, options={**levels, "granularity": GRANULARITIES[report]})


def _levels(form: JsonObject) -> JsonObject:
    options = form["options"]
    assert isinstance(options, dict)
    return {name: value for name, value in options.items() if name.endswith("Level")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("report", "level", "options", "shaping", "scope"),
    [
        pytest.param(
            "productivity",
            "developer",
            '{"format":"csv","granularity":"monthly","metricLevel":"developer"}',
            '{"granularity":"monthly","metricLevel":"developer"}',
            '{"orgTreeName":"Engineering"}',
            id="productivity",
        ),
        pytest.param(
            "sprint",
            "team",
            '{"granularity":"SPRINT","metricLevel":"team"}',
            '{"granularity":"SPRINT","metricLevel":"team"}',
            TREE,
            id="sprint",
        ),
        pytest.param(
            "time-in-status",
            "sprint",
            '{"aggregationLevel":"sprint","granularity":"weekly"}',
            '{"aggregationLevel":"sprint","granularity":"weekly"}',
            TREE,
            id="time-in-status",
        ),
    ],
)
def test_by_either_name_the_fingerprints_are_those_of_files_that_have_landed(
    report: str, level: str, options: str, shaping: str, scope: str, name: str
) -> None:
    one = _asked(report, **{name: level})
    asked_for = (
        f'{{"dateRange":{{"end":"2024-12-31","start":"2024-01-01"}},"options":{options},'
        '"orgIdentifier":"acme","projectIdentifier":"metrics",'
        f'"report":"{report}","scope":{scope}}}'
    )
    shape = f'{{"options":{shaping},"report":"{report}"}}'
    assert one.fingerprint == sha256(asked_for.encode()).hexdigest()
    assert one.shape_fingerprint == sha256(shape.encode()).hexdigest()[:8]


@EVERY_LEVEL
def test_two_requests_that_differ_in_the_name_only_share_key_series_and_level(
    report: str, level: str
) -> None:
    first, second = (_asked(report, **{name: level}) for name in NAMES)
    assert (first.level, second.level) == (level, level)
    assert first.is_aggregated is second.is_aggregated
    assert request_key(first) == request_key(second)
    assert series_key(first) == series_key(second)


@EVERY_LEVEL
@pytest.mark.parametrize("name", NAMES)
def test_the_name_that_is_given_is_in_body_and_canonical_form_and_survives_a_round_trip(
    report: str, level: str, name: str
) -> None:
    one = _asked(report, **{name: level})
    assert one.level_name == name
    assert _levels(one.body()) == _levels(one.canonical()) == {name: level}
    assert one.canonical() == {
        **request_of(report, options={"granularity": GRANULARITIES[report]}).canonical(),
        "options": one.body()["options"],
    }
    again = read_canonical(json.loads(json.dumps(one.canonical())))
    assert again == one
    assert again.canonical() == one.canonical()


@EVERY_LEVEL
@pytest.mark.parametrize("name", NAMES)
def test_by_the_other_name_nothing_else_of_the_request_differs(
    report: str, level: str, name: str
) -> None:
    one = _asked(report, **{name: level})
    (other,) = {*NAMES} - {name}
    assert one.with_other_level_name() == _asked(report, **{other: level})
    assert one.with_other_level_name().with_other_level_name() == one


@EVERY_LEVEL
def test_by_both_names_alike_the_reports_own_is_sent(report: str, level: str) -> None:
    own = REPORTS[report].level[-1]
    one = _asked(report, metricLevel=level.upper(), aggregationLevel=f" {level} ")
    assert one == _asked(report, **{own: level})


@pytest.mark.parametrize(
    ("report", "levels"),
    [
        ("productivity", ("developer", "team")),
        ("sprint", ("team", "sprint")),
        ("time-in-status", ("sprint", "team")),
    ],
)
def test_by_both_names_with_two_values_it_is_refused_and_both_fields_are_named(
    report: str, levels: tuple[str, str]
) -> None:
    first, second = levels
    granularity = GRANULARITIES[report]
    [problem] = problems(
        {
            "report": report,
            "dateRange": {"period": "previous-month"},
            "options": {
                "metricLevel": first,
                "aggregationLevel": second,
                "granularity": granularity,
            },
        }
    )
    assert "options.metricLevel" in problem
    assert "options.aggregationLevel" in problem
    assert problem.endswith("are two names of one option and differ: give one of them.")


@pytest.mark.parametrize("report", [*REPORTS])
def test_a_request_that_says_no_level_has_no_name_of_it(report: str) -> None:
    one = request_of(report)
    assert (one.level, one.level_name) == (None, None)
    assert one == parse_request(one.canonical(), DEFAULTS, STARTED_AT)
