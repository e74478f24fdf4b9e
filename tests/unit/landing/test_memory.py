"""A file of any size passes through a function of one size."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sei_export
from local.paths import ROOT
from sei_export.bucket.parts import PART_BYTES
from tests.unit.landing import stream_gigabyte


@pytest.mark.parametrize(
    ("form", "most"),
    [
        pytest.param("plain", 64, id="plain"),
        # Looked at in pieces between quotes, each an object of its own for a moment.
        pytest.param("quoted", 64, id="every field quoted"),
    ],
)
def test_given_a_gigabyte_when_streamed_then_memory_grows_by_a_few_parts(
    form: str, most: int
) -> None:
    # A process of its own: its peak is of nothing else.
    package = Path(str(sei_export.__file__)).parents[1]
    done = subprocess.run(
        [sys.executable, stream_gigabyte.__file__, form],
        env={**os.environ, "PYTHONPATH": f"{package}:{ROOT}"},
        capture_output=True,
        check=True,
        text=True,
    )
    report = json.loads(done.stdout)
    assert report["bytes"] > 1024**3
    members = stream_gigabyte.members_of(stream_gigabyte.ROWS[form])
    assert report["rows"] == members * stream_gigabyte.ROWS_PER_MEMBER
    assert report["parts"] == -(-report["bytes"] // PART_BYTES)
    assert report["grownBytes"] < most * 1024 * 1024
