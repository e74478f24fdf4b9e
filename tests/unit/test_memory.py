"""A file of any size passes through a function of one size."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sei_export import upload
from tests.unit import stream_gigabyte


def test_given_a_gigabyte_when_streamed_then_memory_grows_by_less_than_64_mib() -> None:
    # A process of its own: its peak is of nothing else.
    package = Path(upload.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, stream_gigabyte.__file__],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        check=True,
        text=True,
    )
    report = json.loads(done.stdout)
    assert report["bytes"] > 1024**3
    assert report["rows"] == stream_gigabyte.MEMBERS * stream_gigabyte.ROWS_PER_MEMBER
    assert report["parts"] == -(-report["bytes"] // upload.PART_BYTES)
    assert report["grownBytes"] < 64 * 1024 * 1024
