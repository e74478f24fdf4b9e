"""Importing a function makes nothing but definitions, and loads nothing that can wait."""

import json
import re
import subprocess
import sys

import pytest

from local.paths import ROOT

FUNCTIONS = sorted(folder.name for folder in (ROOT / "functions").iterdir() if folder.is_dir())

PROBE = """
import gc, json, os, sys
read = []
class Environment(dict):
    def __getitem__(self, name):
        read.append(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        read.append(name)
        return super().get(name, default)
import socket
def refuse(*_): raise AssertionError("a connection at import")
socket.socket.connect = refuse
os.environ = Environment(os.environ)
import app
found = {
    "read": read,
    "modules": list(sys.modules),
    "handler": callable(app.handler),
    "collected after": gc.get_threshold()[0],
}
print(json.dumps(found))
"""

COSTLY = {
    "boto3": "made when first needed",
    "botocore.session": "as boto3",
}
"""Modules by why a function's import does without them. Each takes milliseconds."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_import_reads_no_setting_and_loads_nothing_that_can_wait(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT / "functions" / name,
        env={"PYTHONPATH": str(ROOT / "layers" / "sei_export")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["handler"]
    # Looking for garbage among what stays took a tenth of a start.
    assert seen["collected after"] >= 100_000
    assert COSTLY.keys().isdisjoint(seen["modules"])
    settings = ("HARNESS", "API_KEY", "EXPORT", "EVENT_BUS", "ORG_TREE", "SCHEDULE", "DEFAULT")
    assert not [variable for variable in seen["read"] if variable.startswith(settings)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_imports_its_own_step_the_roof_and_the_input(name: str) -> None:
    source = (ROOT / "functions" / name / "app.py").read_text()
    roof = "wiring|settings|handler|figures|jsontypes|input"
    imported = re.findall(
        r"^(?:from|import) (sei_export[\w.]*)(?: import (.+))?$", source, re.MULTILINE
    )
    for module, names in imported:
        if module == "sei_export":
            assert set(names.split(", ")) <= {"wiring", "settings"}
        else:
            assert re.fullmatch(rf"sei_export\.((?:{roof})\b.*|steps\.{name})", module), module
    assert f"sei_export.steps.{name}" in dict(imported)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_is_short(name: str) -> None:
    lines = (ROOT / "functions" / name / "app.py").read_text().splitlines()
    handler = lines[lines.index(next(line for line in lines if line.startswith("def handler"))) :]
    assert len(handler) <= 40
