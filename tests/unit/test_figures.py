"""Figures of a landed export, as CloudWatch gets them."""

import json

import pytest
from aws_lambda_powertools import Metrics

from sei_export.figures import add_figures
from sei_export.jsontypes import JsonObject

RESULT: JsonObject = {
    "report": "sprint",
    "sizeBytes": 5358,
    "csvBytes": 33497,
    "rows": 120,
    "durationSeconds": 61.25,
    "polls": 7,
}


def _emitted(result: JsonObject) -> JsonObject:
    # Metrics of one name and namespace share what they hold until it is cleared.
    metrics = Metrics(namespace="SeiExport", service="test")
    metrics.clear_metrics()
    add_figures(metrics, result)
    emitted: JsonObject = json.loads(json.dumps(metrics.serialize_metric_set()))
    metrics.clear_metrics()
    return emitted


def _definition(emitted: JsonObject) -> JsonObject:
    described = emitted["_aws"]
    assert isinstance(described, dict)
    definitions = described["CloudWatchMetrics"]
    assert isinstance(definitions, list)
    (definition,) = definitions
    assert isinstance(definition, dict)
    return definition


def test_given_a_result_then_its_figures_are_emitted_with_their_units() -> None:
    emitted = _emitted(RESULT)
    assert {name: emitted[name] for name in emitted if name[0].isupper()} == {
        "BytesLanded": [5358.0],
        "CsvBytes": [33497.0],
        "RowsLanded": [120.0],
        "ExportDuration": [61.25],
    }
    described = _definition(emitted)["Metrics"]
    assert isinstance(described, list)
    units = {(metric["Name"], metric["Unit"]) for metric in described if isinstance(metric, dict)}
    assert units == {
        ("BytesLanded", "Bytes"),
        ("CsvBytes", "Bytes"),
        ("RowsLanded", "Count"),
        ("ExportDuration", "Seconds"),
    }


def test_given_a_result_then_its_figures_are_told_apart_by_report() -> None:
    emitted = _emitted(RESULT)
    assert emitted["report"] == "sprint"
    dimensions = _definition(emitted)["Dimensions"]
    assert isinstance(dimensions, list)
    assert all(isinstance(names, list) and "report" in names for names in dimensions)


@pytest.mark.parametrize("rows", [0, 1])
def test_given_a_small_file_then_its_figures_are_emitted_too(rows: int) -> None:
    assert _emitted({**RESULT, "rows": rows})["RowsLanded"] == [float(rows)]


def test_given_a_figure_that_is_no_number_then_the_others_are_emitted() -> None:
    emitted = _emitted({**RESULT, "durationSeconds": None})
    assert "ExportDuration" not in emitted
    assert emitted["RowsLanded"] == [120.0]
