"""Which refusals say that an option is unknown, and which say something else."""

import json

import pytest

from sei_export.api.unknown import is_unknown
from sei_export.jsontypes import JsonValue

UNKNOWN: list[JsonValue] = [
    {"message": "options.metricLevel: Extra inputs are not permitted"},
    {"error": "Unknown option: metricLevel"},
    {"error": "Unknown option 'METRICLEVEL'"},
    {"message": 'json: unknown field "metricLevel"'},
    {"message": "Invalid option metricLevel"},
    {"message": "Invalid request field(s): options.metricLevel."},
    {"message": "metricLevel is not a known option. Known are aggregationLevel, granularity."},
    {"message": "metricLevel is not a valid option"},
    {"message": "Bad options: 'metricLevel' is unknown, granularity is required"},
    {"message": '"options.metricLevel" is not allowed'},
    {"message": "Additional properties are not allowed ('metricLevel' was unexpected)"},
    {"message": ["property metricLevel should not exist"]},
    {"message": "options.metricLevel: unrecognised property"},
    {"message": "Team 456 was found. Unexpected key `metricLevel` in options"},
    {
        "code": 400,
        "message": "Unable to process JSON",
        "details": 'Unrecognized field "metricLevel" (class io.harness.sei.Options), not marked as '
        'ignorable (3 known properties: "aggregationLevel", "granularity", "format"])\n at '
        '[Source: (byte[]); line: 1, column: 10] (through reference chain: Options["metricLevel"])',
    },
    {
        "detail": [
            {
                "type": "extra_forbidden",
                "loc": ["body", "options", "metricLevel"],
                "msg": "Extra inputs are not permitted",
                "input": "developer",
            }
        ]
    },
    {"errors": [{"field": "options.metricLevel", "message": "unknown field"}]},
    {"errors": [{"path": "/options/metricLevel", "reason": "is not allowed"}]},
    {"errors": [{"path": "/options/metriclevel", "reason": "must not be present"}]},
    {"message": "Unsupported option: metricLevel."},
    {"message": "options.metricLevel: unsupported option"},
    {"message": "metricLevel is not a supported option. It takes granularity."},
    {"message": "metricLevel is unknown for productivity"},
    # What says so says it of a name, not of the value beside.
    {"field": "options.metricLevel", "rejectedValue": "developer", "message": "unknown field"},
    # The same word, but in a name.
    {"message": 'Unrecognized field "metricLevel" (class io.harness.sei.developer.Options)'},
    {"message": 'Unrecognized field "metricLevel" (class developer.sei.Options)'},
    {"message": "Unknown field metricLevel (com.acme.Developer)", "class": "com.acme.Developer"},
    # Its value, but in the request, said back.
    {"message": "metricLevel is not allowed", "request": {"options": {"metricLevel": "developer"}}},
]

OTHERWISE: list[JsonValue] = [
    {"message": "Unknown team 456"},
    {"message": "Bad Request"},
    {"message": "metricLevel is required"},
    # Of the value.
    {"message": "metricLevel developer is not allowed"},
    {"message": "metricLevel 'developer' is not supported"},
    {"message": "Unknown value for option metricLevel"},
    {"message": "Unknown metricLevel: org"},
    {"message": "Invalid option metricLevel: developer"},
    {"message": "Unknown option metricLevel=developer"},
    {"message": "Invalid option 'metricLevel': must be one of team, org"},
    {"message": "Invalid option for metricLevel"},
    {"message": "Invalid metricLevel"},
    {"message": "metricLevel is invalid"},
    {"message": "metricLevel: not an allowed value"},
    {"message": '"metricLevel" must be one of [team, org]'},
    {
        "message": 'Cannot deserialize from String "developer": not one of the values accepted for '
        'Enum class: [TEAM] (through reference chain: Options["metricLevel"])'
    },
    {"errors": [{"field": "options.metricLevel", "message": "unknown value"}]},
    {"errors": [{"field": "options.metricLevel", "message": "invalid"}]},
    {"errors": [{"field": "options.metricLevel", "message": "developer is not allowed"}]},
    {
        "errors": [
            {
                "field": "options.metricLevel",
                "rejectedValue": "developer",
                "defaultMessage": "not supported",
            }
        ]
    },
    {"field": "options.metricLevel", "input": "Developer", "message": "unknown"},
    {"field": "options.metricLevel", "input": "developer", "message": "Unknown option"},
    {"message": "metricLevel is not supported", "rejected": "developer"},
    {"message": "metricLevel is not supported", "detail": "Allowed values: team, org"},
    {"message": "metricLevel is not supported. It must be one of team, org."},
    {"message": "metricLevel is not recognized for level developer."},
    # Of the value perhaps, or of its circumstances.
    {"message": "Invalid parameter: metricLevel"},
    {"message": "Illegal argument metricLevel"},
    {"message": "Invalid input: options.metricLevel"},
    {"error": "Invalid parameter", "parameter": "metricLevel"},
    {"message": "metricLevel is not a valid argument"},
    {"message": "metricLevel is an invalid parameter"},
    {"message": "metricLevel is not allowed without granularity"},
    {"message": "metricLevel not supported for this org tree"},
    {"message": "metricLevel is unsupported for this org tree"},
    {"message": "metricLevel is unexpected for this org tree"},
    {"message": "Unsupported option metricLevel for this org tree"},
    {"message": "Invalid option metricLevel, expected a text"},
    {"message": "metricLevel must not be present without granularity"},
    {"errors": [{"field": "options.metricLevel", "message": "is not supported for this tree"}]},
    # Of another option, beside which this one is named.
    {"message": 'Unrecognized field "granularty" (2 known properties: "metricLevel", "format")'},
    {"message": "Unknown option granularty. Did you mean granularity? Known are metricLevel."},
    {"message": "Unknown option: metricLevels"},
    {"message": "Unknown option: myMetricLevel"},
    {"message": "options.aggregationLevel: Extra inputs are not permitted"},
    {"errors": [{"field": "options.format", "message": "unknown field"}]},
    {"errors": [{"field": "scope.teamId", "message": "unknown"}, {"field": "options.metricLevel"}]},
    # The request, said back.
    {"message": "Unknown team", "request": {"options": {"metricLevel": "developer"}}},
    {"message": "Unknown field", "request": '{"options": {"metricLevel": "developer"}}'},
    {},
    [],
    "metricLevel",
]


@pytest.mark.parametrize("answer", UNKNOWN, ids=json.dumps)
def test_an_option_is_unknown_where_it_is_named_right_beside_what_says_so(
    answer: JsonValue,
) -> None:
    assert is_unknown("metricLevel", "developer", answer, json.dumps(answer))
    assert not is_unknown("aggregationLevel", "developer", answer, json.dumps(answer))


@pytest.mark.parametrize("answer", OTHERWISE, ids=json.dumps)
def test_a_refusal_of_the_value_or_of_anything_else_is_another(answer: JsonValue) -> None:
    assert not is_unknown("metricLevel", "developer", answer, json.dumps(answer))


def test_an_answer_that_is_no_json_is_read_as_it_is() -> None:
    assert is_unknown(
        "metricLevel", "team", None, "<p>Unknown field <b>x</b>: unknown option metricLevel</p>"
    )
    assert not is_unknown("metricLevel", "team", None, "<p>Unknown team in metricLevel</p>")


def test_an_answer_of_any_size_and_depth_is_read_at_once() -> None:
    deep: JsonValue = "unknown option metricLevel"
    for _ in range(50_000):
        deep = [deep]
    assert is_unknown("metricLevel", "team", deep, "")
    for long in ("unknown " * 10**5, "a." * 10**5, "unknown option " + "a" * 10**6, "'" * 10**6):
        assert not is_unknown("metricLevel", "team", {"message": long}, long)
        assert not is_unknown("metricLevel", "team", [long[:100]] * 10**4, long)
