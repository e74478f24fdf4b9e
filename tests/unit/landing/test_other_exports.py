"""Exports that others created, and legacy reports: what lands with them and what does not."""

import hashlib

import pytest

from sei_export import keys
from sei_export.export import Export
from sei_export.request.reports import REPORTS
from tests.fakes.bay import Bay
from tests.fakes.samples import LEGACY, request_of
from tests.fakes.stage import CREATED_AT, CSV, OTHER_CSV

DIGEST = hashlib.sha256(CSV).hexdigest()


def test_given_an_export_of_somebody_else_then_it_lands_without_a_request() -> None:
    bay = Bay()
    theirs = Export(
        "exp 9", REPORTS["sprint"], "acme", "metrics", None, reused=True, created_at=CREATED_AT
    )
    result = bay.land_export(theirs, CSV)
    assert (result["key"], result["manifestKey"]) == (
        "harvested/report=sprint/export=exp%209.csv.gz",
        "manifests/harvested/report=sprint/export=exp%209.json",
    )
    assert (result["request"], result["requestFingerprint"]) == (None, None)
    assert (result["reused"], result["reason"]) == (True, "new")
    manifest = bay.s3.documents.read_json(str(result["manifestKey"])).content
    assert manifest == manifest | result
    version = bay.s3.current(str(result["key"]))
    assert version
    assert version.metadata == {
        "export-id": "exp%209",
        "report": "sprint",
        "created-at": CREATED_AT,
        "content-sha256": DIGEST,
    }
    [detail] = bay.events.details
    assert {name: detail[name] for name in result} == result
    # How long it took tells nothing about requests that nobody knows.
    mark = keys.landed_key(theirs.report, theirs.export_id)
    assert {*bay.s3.versions} == {result["key"], result["manifestKey"], mark}
    assert bay.s3.documents.read_json(mark).content["announced"] is True
    assert bay.land_export(theirs, CSV, "run-2")["changed"] is False
    assert bay.land_export(theirs, OTHER_CSV, "run-3")["reason"] == "restated"


@pytest.mark.parametrize("report", LEGACY)
def test_given_a_legacy_report_then_how_long_it_took_is_not_remembered(report: str) -> None:
    bay = Bay()
    legacy = Export.of(request_of(report), "exp_1", CREATED_AT, reused=False)
    result = bay.land_export(legacy, CSV)
    # It is there with the answer: there is no wait that the next one could plan.
    mark = keys.landed_key(legacy.report, legacy.export_id)
    assert {*bay.s3.versions} == {result["key"], result["manifestKey"], mark}
