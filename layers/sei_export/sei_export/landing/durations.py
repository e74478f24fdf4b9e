"""Remembering how long an export took, for the next one of its kind: only a hint."""

import logging

from sei_export import keys
from sei_export.bucket.documents import Documents
from sei_export.export import Export
from sei_export.input.run import ExportRun
from sei_export.series import Series

logger = logging.getLogger(__name__)


def remember(notes: Documents, export: Export, run: ExportRun) -> None:
    """Add an export to what is known of its series, whatever stands in the way of that.

    One that was handed out again had begun before, and of a harvested one nobody saw the beginning.
    """
    if export.request is None or run.took_seconds is None or export.reused:
        return
    key = keys.series_key(export.request)
    try:
        known = Series.from_json(notes.read_json(key).content)
        notes.write_json(key, known.after(run.took_seconds).to_json())
    except Exception as error:  # noqa: BLE001 - the export has landed, whatever this is
        logger.warning("How long it took was not written down: %s", error)
