"""The states of an export at the API."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sei_export.errors import ProtocolError
from sei_export.export import ExportStatus


@pytest.mark.parametrize(
    ("written", "status"),
    [
        pytest.param("queued", ExportStatus.QUEUED, id="lower"),
        pytest.param("PROCESSING", ExportStatus.PROCESSING, id="upper"),
        pytest.param("Completed", ExportStatus.COMPLETED, id="mixed"),
        pytest.param(" FAILED\n", ExportStatus.FAILED, id="with white space"),
        pytest.param("cancelled", ExportStatus.CANCELLED, id="cancelled"),
    ],
)
def test_a_documented_status_is_read_in_any_case(written: str, status: ExportStatus) -> None:
    assert ExportStatus.parse(written) is status


@pytest.mark.parametrize(
    ("status", "over"),
    [
        pytest.param(ExportStatus.QUEUED, False, id="queued"),
        pytest.param(ExportStatus.PROCESSING, False, id="processing"),
        pytest.param(ExportStatus.COMPLETED, True, id="completed"),
        pytest.param(ExportStatus.FAILED, True, id="failed"),
        pytest.param(ExportStatus.CANCELLED, True, id="cancelled"),
    ],
)
def test_only_queued_and_processing_can_still_change(status: ExportStatus, *, over: bool) -> None:
    assert status.is_terminal is over


@pytest.mark.parametrize(
    ("given_status", "shown"),
    [
        pytest.param("PAUSED", "'PAUSED'", id="unknown"),
        pytest.param("", "''", id="empty"),
        pytest.param(None, "None", id="absent"),
        pytest.param(3, "3", id="number"),
        pytest.param({"name": "completed"}, "{'name': 'completed'}", id="object"),
    ],
)
def test_an_undocumented_status_is_refused_by_name(given_status: object, shown: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        ExportStatus.parse(given_status)
    assert caught.value.message == (
        f"The API reports the export status {shown}; "
        "known are queued, processing, completed, failed, cancelled."
    )


@given(st.text())
def test_any_other_text_is_refused_in_a_short_message(text: str) -> None:
    assume(text.strip().lower() not in set(ExportStatus))
    with pytest.raises(ProtocolError) as caught:
        ExportStatus.parse(text)
    assert len(caught.value.message) < 250
