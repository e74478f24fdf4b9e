"""The package's rooms: arrows point down only, and each rule about them bites."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT

PACKAGE = ROOT / "layers" / "sei_export" / "sei_export"


def _check(folder: Path) -> subprocess.CompletedProcess[str]:
    """`make check`'s part about imports, on a package in some folder."""
    command = (ROOT / ".venv/bin/lint-imports", "--no-cache", "--config", ROOT / "pyproject.toml")
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package in a folder of its own, to be spoilt."""
    shutil.copytree(PACKAGE, tmp_path / "sei_export", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_package_keeps_all_its_contracts() -> None:
    done = _check(PACKAGE.parent)
    assert done.returncode == 0, done.stdout
    assert "Contracts: 3 kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract", "arrow"),
    [
        pytest.param(
            "bucket/refusals.py",
            "from sei_export.landing import land",
            "rooms, from the roof down",
            "sei_export.bucket.refusals -> sei_export.landing.land",
            id="an arrow that points up",
        ),
        pytest.param(
            "api/urls.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from sei_export.steps import check_export",
            "rooms, from the roof down",
            "sei_export.api.urls -> sei_export.steps.check_export",
            id="an arrow that points up, for a type only",
        ),
        pytest.param(
            "landing/verified.py",
            "from sei_export.download import validators",
            "rooms, from the roof down",
            "sei_export.landing.verified -> sei_export.download.validators",
            id="a flow that knows another",
        ),
        pytest.param(
            "steps/check_export.py",
            "from sei_export.steps import create_export",
            "no step knows another",
            "sei_export.steps.check_export -> sei_export.steps.create_export",
            id="a step that knows another",
        ),
        pytest.param(
            "batch/cuts.py",
            "import requests",
            "pure rooms",
            "sei_export.batch.cuts -> requests",
            id="HTTP in a pure room",
        ),
        pytest.param(
            "request/path.py",
            "import botocore.session",
            "pure rooms",
            "sei_export.request.path -> botocore",
            id="AWS's SDK in a pure room",
        ),
    ],
)
def test_given_a_seeded_violation_then_its_contract_is_broken(
    copy: Path, module: str, line: str, contract: str, arrow: str
) -> None:
    spoilt = copy / "sei_export" / module
    spoilt.write_text(f"{spoilt.read_text()}\n{line}\n")
    done = _check(copy)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
    assert arrow in done.stdout


def test_given_a_new_module_without_a_place_then_the_contract_is_broken(copy: Path) -> None:
    (copy / "sei_export" / "attic.py").write_text('"""A module that no layer names."""\n')
    done = _check(copy)
    assert done.returncode == 1
    assert "sei_export.attic" in done.stdout
