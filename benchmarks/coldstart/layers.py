"""The layers that cold starts are measured with: with and without bytecode, lean and naive."""

import importlib.metadata
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local.paths import LOCAL, ROOT, RUNTIME_PYTHON

_LAYERS = LOCAL / "bench" / "layers"
_UV = LOCAL / "env" / "tools" / "bin" / "uv"
_NAIVE = ("aws-lambda-powertools", "aws-xray-sdk", "pydantic", "requests")
_IN_RUNTIME = {"boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six"}


def build() -> dict[tuple[str, bool], Path]:
    """Build them anew.

    Returns:
        Folders by name (`ours`, `naive`) and whether they have bytecode.
    """
    shutil.rmtree(_LAYERS, ignore_errors=True)
    bare = {"ours": _build_ours(), "naive": _build_naive()}
    found = {(name, False): folder for name, folder in bare.items()}
    for name, folder in bare.items():
        compiled = _LAYERS / f"{name}-compiled"
        shutil.copytree(folder, compiled)
        compile_all(compiled)
        found[name, True] = compiled
    return found


def compile_all(folder: Path) -> None:
    """Write bytecode that Python does not compare with its source."""
    command = [
        *(str(RUNTIME_PYTHON), "-m", "compileall", "-q", "-j", "0"),
        *("--invalidation-mode", "unchecked-hash", str(folder)),
    ]
    # Packages carry files of other Python versions, which do not compile.
    subprocess.run(command, check=False, capture_output=True)


def _build_ours() -> Path:
    folder = _LAYERS / "ours"
    layer = ROOT / "layers" / "sei_export"
    command = [
        *(str(_UV), "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--python", str(RUNTIME_PYTHON), "--target", str(folder)),
        *("-r", str(layer / "requirements.txt")),
    ]
    subprocess.run(command, check=True)
    shutil.copytree(layer / "sei_export", folder / "sei_export")
    _remove_bytecode(folder)
    return folder


def _build_naive() -> Path:
    """Copied from the benchmark's own environment, where its pinned set is installed."""
    folder = _LAYERS / "naive"
    for name in _with_requirements(_NAIVE):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(file)), target)
    return folder


def _with_requirements(names: tuple[str, ...]) -> Iterator[str]:
    waiting, seen = list(names), set(_IN_RUNTIME)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        yield name
        waiting += [
            re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
            for requirement in importlib.metadata.requires(name) or ()
            if "extra ==" not in requirement and "python_version" not in requirement
        ]


def _remove_bytecode(folder: Path) -> None:
    for found in list(folder.rglob("__pycache__")):
        shutil.rmtree(found)
