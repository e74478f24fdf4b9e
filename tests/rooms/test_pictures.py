"""The pictures of the rooms show what is there, all of it and nothing else."""

import re
import subprocess

import pytest

import sei_export
from local.paths import ROOT

PACKAGE = ROOT / "layers" / "sei_export" / "sei_export"


def _block(file: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```\n(.*?)```", (ROOT / file).read_text(), re.DOTALL)
    assert found
    return found[1]


def _drawn(picture: str) -> set[str]:
    """The names at the beginning of each line, before two or more spaces and an explanation."""
    rows = re.findall(r"^((?:[\w.]+/?(?: {1,2}|$))+)", picture, re.MULTILINE)
    return {name for row in rows for name in row.split()}


ROOMS = {f"{folder.name}/" for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()}
MODULES = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__"}


def test_the_design_draws_every_room_and_module_of_the_package() -> None:
    assert _drawn(_block("docs/design.md", "rooms")) == ROOMS | MODULES


def test_the_packages_own_picture_names_every_room_and_module() -> None:
    picture = (sei_export.__doc__ or "").partition("::")[2].partition("An arrow")[0]
    assert {name for name in ROOMS | MODULES if not re.search(rf"\b{name}(?!\w)", picture)} == set()


def test_the_readme_draws_every_folder_of_the_repository() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split()
    folders = {f"{name.partition('/')[0]}/" for name in tracked if "/" in name}
    folders = {name for name in folders if not name.startswith(".")}
    assert _drawn(_block("README.md", "folders")) == folders | {"template.yaml"}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_says_what_it_is_and_hands_nothing_on(room: str) -> None:
    lines = (PACKAGE / room / "__init__.py").read_text().splitlines()
    assert lines[0].startswith('"""')
    assert lines[0].endswith(".")
    assert lines[-1].endswith('"""')
    assert "import" not in {word for line in lines for word in line.split()}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_name_in_a_room_stutters_or_is_the_rooms_own(room: str) -> None:
    names = {file.stem for file in (PACKAGE / room).glob("*.py")}
    assert room.rstrip("/") not in names
