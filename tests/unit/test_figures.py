"""Figures of a landed export, as CloudWatch gets them."""

import json
from collections.abc import Iterator

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import SchemaValidationError

from sei_export.figures import add_figures
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.samples import manifest, request_of

LANDED = manifest(
    request_of("sprint"), sizeBytes=5358, csvBytes=33497, rows=120, durationSeconds=61.25, polls=7
).to_json()


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    # Metrics of one name and namespace share what they hold until it is cleared.
    metrics = Metrics(namespace="SeiExport", service="test")
    metrics.clear_metrics()
    yield metrics
    metrics.clear_metrics()


def _emitted(metrics: Metrics, landed: JsonObject) -> JsonObject:
    add_figures(metrics, landed)
    emitted: JsonObject = json.loads(json.dumps(metrics.serialize_metric_set()))
    return emitted


def _definition(emitted: JsonObject) -> JsonObject:
    described = emitted["_aws"]
    assert isinstance(described, dict)
    definitions = described["CloudWatchMetrics"]
    assert isinstance(definitions, list)
    (definition,) = definitions
    assert isinstance(definition, dict)
    return definition


def test_a_manifests_figures_are_emitted_with_their_units(metrics: Metrics) -> None:
    emitted = _emitted(metrics, LANDED)
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


def test_figures_are_told_apart_by_report(metrics: Metrics) -> None:
    emitted = _emitted(metrics, LANDED)
    assert emitted["report"] == "sprint"
    dimensions = _definition(emitted)["Dimensions"]
    assert isinstance(dimensions, list)
    assert all(isinstance(names, list) and "report" in names for names in dimensions)


def test_warnings_are_counted_by_code(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    codes = ("noRows", "notOver", "noRows")
    warned: list[JsonValue] = [{"code": code, "message": "Look."} for code in codes]
    emitted = _emitted(metrics, {**LANDED, "warnings": warned})
    assert "code" not in emitted
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(it["code"], it["Warnings"]) for it in lines] == [("noRows", [1]), ("notOver", [1])]
    for line in lines:
        assert (line["report"], line["service"]) == ("sprint", "test")
        definition = _definition(line)
        assert definition["Namespace"] == "SeiExport"
        assert definition["Metrics"] == [{"Name": "Warnings", "Unit": "Count"}]
        assert definition["Dimensions"] == [["report", "code", "service"]]


def test_a_newer_files_warnings_are_not_counted_twice(
    metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    warned: list[JsonValue] = [{"code": "noRows", "message": "Look."}]
    _emitted(metrics, {**LANDED, "warnings": warned, "superseded": True})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("rows", [0, 1])
def test_a_small_files_figures_are_emitted_too(metrics: Metrics, rows: int) -> None:
    assert _emitted(metrics, {**LANDED, "rows": rows})["RowsLanded"] == [float(rows)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({**LANDED, "durationSeconds": None}, id="a figure that is no number"),
        pytest.param({"finished": False, "receivedBytes": 1, "totalBytes": 2}, id="unfinished"),
        pytest.param({}, id="nothing"),
    ],
)
def test_of_what_is_no_manifest_no_figure_is_emitted(metrics: Metrics, content: JsonObject) -> None:
    add_figures(metrics, content)
    with pytest.raises(SchemaValidationError, match="at least one metric"):
        metrics.serialize_metric_set()
    # Nor does a dimension stay for what comes next.
    assert "report" not in metrics.dimension_set


def test_a_figure_that_is_refused_lets_nothing_fail(
    metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(29):
        metrics.add_dimension(f"d{number}", "x")
    add_figures(metrics, LANDED)
    assert "figures of a landed export are not told" in caplog.text
