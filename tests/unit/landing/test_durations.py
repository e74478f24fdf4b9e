"""Remembering how long an export took, by the state machine's clock."""

from dataclasses import replace

import pytest

from sei_export import keys
from sei_export.export import Export
from sei_export.input.run import ExportRun
from sei_export.landing.durations import remember
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import raising
from tests.fakes.samples import request_of

REQUEST = request_of("sprint")
EXPORT = Export.of(REQUEST, "exp_1", "2026-03-15T06:00:00Z", reused=False)
RUN = ExportRun("arn:x", polls=3, attempts=1, took_seconds=61.5)
KEY = keys.series_key(REQUEST)


def _known(s3: FakeS3) -> object:
    return s3.documents.read_json(KEY).content.get("seconds")


def test_each_export_is_added_to_those_before() -> None:
    s3 = FakeS3()
    remember(s3.documents, EXPORT, RUN)
    remember(s3.documents, EXPORT, RUN._replace(took_seconds=70))
    assert _known(s3) == [61.5, 70]


def test_given_one_handed_out_again_or_not_measured_or_harvested_then_nothing_is_learned() -> None:
    s3 = FakeS3()
    remember(s3.documents, replace(EXPORT, reused=True), RUN)
    remember(s3.documents, EXPORT, RUN._replace(took_seconds=None))
    remember(s3.documents, replace(EXPORT, request=None), RUN)
    assert s3.versions == {}


def test_given_a_bucket_that_refuses_then_nothing_happens_but_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for operation in ("get_object", f"write {KEY}"):
        s3 = FakeS3()
        s3.before(operation, raising(RuntimeError("odd")))
        remember(s3.documents, EXPORT, RUN)
        assert _known(s3) is None
        [line] = caplog.messages
        assert line == "How long it took was not written down: odd"
        caplog.clear()
