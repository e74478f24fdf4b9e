"""docs/reliability.md names tests that there are."""

import ast
import re
from pathlib import Path

import pytest

from local.paths import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text()
FAULTS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Faults")[2].partition("## Figures")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| fault |")
]
TESTS = ROOT / "tests"


def _functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


DEFINED = {name for file in TESTS.rglob("test_*.py") for name in _functions(file)}


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row[0])
def test_each_fault_has_tests_that_exist(row: list[str]) -> None:
    _, _, shown_by = row
    named = re.findall(r"`([^`]+)`", shown_by)
    assert named
    for name in named:
        assert (ROOT / name).is_file() if "/" in name else name in DEFINED, name


def test_the_page_has_faults() -> None:
    assert len(FAULTS) >= 25
