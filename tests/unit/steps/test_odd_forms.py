"""DownloadExport, given ids and times in forms that no page shows."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from sei_export import keys
from sei_export.export import Export
from sei_export.jsontypes import JsonValue
from sei_export.request.reports import SPRINT
from sei_export.steps.download_export import download_export
from tests.fakes.export_ids import OPAQUE
from tests.fakes.stage import DATA_KEY, REQUEST, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.server:
        yield stage


@pytest.mark.parametrize("export_id", OPAQUE)
def test_given_an_opaque_id_when_landed_then_it_is_whole_in_what_is_told_and_quoted_elsewhere(
    stage: Stage, export_id: str
) -> None:
    result = stage.land(export_id)
    [event] = stage.events.details
    assert result["exportId"] == stage.manifest["exportId"] == event["exportId"] == export_id
    asked, downloaded = (it.path.rpartition("exports/")[2] for it in stage.server.received)
    assert unquote(asked) == export_id
    assert downloaded == f"{asked}/download"
    version = stage.s3.current(DATA_KEY)
    assert version
    # botocore refuses metadata that are not ASCII, and S3 more than 2,048 bytes of them.
    assert sum(len(name + value) for name, value in version.metadata.items()) < 1000
    assert all(value.isascii() and value.isprintable() for value in version.metadata.values())
    assert stage.s3.current(keys.landed_key(REQUEST.report, export_id))


@pytest.mark.parametrize("export_id", OPAQUE)
def test_given_an_opaque_id_that_somebody_else_got_when_landed_then_its_keys_are_safe(
    stage: Stage, export_id: str
) -> None:
    found = Export(export_id, SPRINT, "acme", "metrics", None, reused=True, created_at="")
    payload: dict[str, JsonValue] = {"export": found.to_json(), "executionArn": "arn:x"}
    result = download_export(
        payload | {"polls": 0, "attempts": 0}, stage.connect, stage.landing, stage.s3.staging
    )
    assert result["key"] == keys.data_key(found)
    parts = {key.split("export=")[1].split("/")[0] for key in stage.s3.versions}
    assert {part.removesuffix(".json").removesuffix(".csv.gz") for part in parts} == {
        keys.id_part(export_id)
    }


@pytest.mark.parametrize(
    ("created", "completed"),
    [
        pytest.param("2026-03-01T05:59:00Z", "2026-03-01T06:01:30.250Z", id="as documented"),
        pytest.param(1772344740000, 1772344890250, id="milliseconds"),
        pytest.param("1772344740000", "1772344890250", id="in digits"),
        pytest.param("2026-03-01T05:59:00", "2026-03-01 06:01:30.250", id="without a zone"),
        pytest.param("recently", 1772344890250, id="only the end"),
    ],
)
def test_given_times_in_any_form_when_a_found_export_is_landed_then_they_are_told_in_one(
    stage: Stage, created: JsonValue, completed: JsonValue
) -> None:
    stage.state |= {"createdAt": created, "completedAt": completed}
    result = stage.land(created_at="")
    begun = "2026-03-01T06:01:30Z" if created == "recently" else "2026-03-01T05:59:00Z"
    seconds = 0.25 if created == "recently" else 150.25
    assert (result["createdAt"], result["completedAt"]) == (begun, "2026-03-01T06:01:30Z")
    assert result["durationSeconds"] == seconds
