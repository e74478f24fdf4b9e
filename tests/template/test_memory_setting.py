"""The template's memory settings follow from the benchmark's figures."""

import pytest

from benchmarks.bench import results
from benchmarks.race import memory_setting
from local.gates.template import load_template
from tests.template.template import resource

TEMPLATE = load_template()
MEASURED = results.load()["memory_setting"]


@pytest.mark.parametrize("name", ["DownloadExportFunction", "FetchReportFunction"])
def test_functions_that_move_files_have_the_memory_that_costs_least(name: str) -> None:
    assert resource(TEMPLATE, name)["MemorySize"] == memory_setting.chosen(MEASURED)["memory"]


def test_a_transfer_takes_at_most_half_of_that_memory() -> None:
    memory = memory_setting.chosen(MEASURED)["memory"]
    peaks = [row["rss"] for rows in memory_setting.grouped(MEASURED) for row in rows]
    assert isinstance(memory, int)
    for peak in peaks:
        assert isinstance(peak, int | float)
        assert peak < memory * 2**20 / 2
