"""Layers: one for each processor, so that no choice made after the build makes it wrong."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import layers
from local.cloud.deploy import machine_architecture
from local.gates import template
from local.gates.template import Tree, load_template
from local.paths import ROOT, RUNTIME_PYTHON
from tests.template.template import of_type, resources

TEMPLATE = load_template()
ARCHITECTURES = TEMPLATE["Parameters"]["Architecture"]["AllowedValues"]
SLOW = "import json; from sei_export import codec; print(json.dumps(codec.SLOW))"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes, told nothing of a processor."""
    folder = tmp_path_factory.mktemp("checkout")
    # A checkout of its own: SAM's builds of one share a folder.
    for name in ("template.yaml", "samconfig.toml", ".python-version"):
        shutil.copy(ROOT / name, folder)
    for name in ("functions", "layers", "statemachine"):
        shutil.copytree(ROOT / name, folder / name)
    done = subprocess.run(
        [Path(sys.executable).with_name("sam"), "build"],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / ".aws-sam" / "build"


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    """A build to spoil: of each layer its libraries."""
    for name in layers.names().values():
        for library in (built / name).rglob("*.so"):
            copy = tmp_path / library.relative_to(built)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, copy)
    return tmp_path


def _chosen(value: object, architecture: str) -> object:
    """What a value of the template is under a choice of the processor."""
    if isinstance(value, list):
        return [_chosen(each, architecture) for each in value]
    if isinstance(value, dict) and "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        return then if _holds(condition, architecture) else otherwise
    return architecture if value == {"Ref": "Architecture"} else value


def _holds(condition: str, architecture: str) -> bool:
    rule = TEMPLATE["Conditions"][condition]
    if "Fn::Not" in rule:
        [inner] = rule["Fn::Not"]
        return not _holds(inner["Condition"], architecture)
    left, right = rule["Fn::Equals"]
    assert left == {"Ref": "Architecture"}
    return bool(architecture == right)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_given_a_processor_then_every_function_has_it_and_the_layer_for_it(
    architecture: str,
) -> None:
    layer = layers.names()[architecture]
    shared = TEMPLATE["Globals"]["Function"]
    assert _chosen(shared["Layers"], architecture) == [{"Ref": layer}]
    assert _chosen(shared["Architectures"], architecture) == [architecture]
    for function in of_type(TEMPLATE, "AWS::Serverless::Function").values():
        assert {"Layers", "Architectures"}.isdisjoint(function)
    deployed = [
        name
        for name in layers.names().values()
        if _holds(resources(TEMPLATE)[name]["Condition"], architecture)
    ]
    assert deployed == [layer]
    assert resources(TEMPLATE)[layer]["Properties"]["CompatibleArchitectures"] == [architecture]


def test_after_its_translation_a_function_has_one_of_the_two_layers() -> None:
    translated = template.translated()
    made = {
        json.dumps({"Ref": name}): item["Condition"]
        for name, item in resources(translated).items()
        if item["Type"] == "AWS::Lambda::LayerVersion"
    }
    assert sorted(made.values()) == ["UseArm", "UseX86"]
    for function in of_type(translated, "AWS::Lambda::Function").values():
        [layer] = function["Layers"]
        condition, then, otherwise = layer["Fn::If"]
        assert made[json.dumps(then)] == condition == "UseArm"
        assert made[json.dumps(otherwise)] == "UseX86"


def _built_from(item: Tree) -> Iterator[object]:
    """What decides how `sam build` builds a resource."""
    properties = item.get("Properties", {})
    yield item.get("Metadata")
    for field in ("CodeUri", "ContentUri", "DefinitionUri", "Runtime", "Handler", "PackageType"):
        yield properties.get(field)


def test_nothing_that_the_build_reads_is_chosen_after_it() -> None:
    shared = {"Properties": TEMPLATE["Globals"]["Function"]}
    for item in (shared, *resources(TEMPLATE).values()):
        for value in _built_from(item):
            assert not re.search(r'"(Ref|Fn::\w+)"|\$\{', json.dumps(value)), value
    # A function's processor is one of those; but what is built for one is in the layers.
    assert not list((ROOT / "functions").rglob("requirements.txt"))


def test_each_layer_has_libraries_for_its_processor_and_isal_among_them(built: Path) -> None:
    layers.finish(built)
    # The processor as the linker's platform names it, in the files' own names.
    named = {"arm64": "aarch64", "x86_64": "x86_64"}
    for architecture, name in layers.names().items():
        libraries = list((built / name).rglob("*.so"))
        assert all(f"-{named[architecture]}-" in library.name for library in libraries)
        assert any(library.match("python/isal/isal_zlib.*.so") for library in libraries)
        # A start reads bytecode.
        modules = list((built / name).rglob("sei_export/**/*.py"))
        assert modules
        for module in modules:
            assert (module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc").exists()


@pytest.mark.parametrize(
    ("architecture", "slow"),
    [(name, name != machine_architecture()) for name in ARCHITECTURES],
)
def test_only_a_layer_for_another_processor_leaves_its_work_to_zlib(
    built: Path, architecture: str, *, slow: bool
) -> None:
    done = subprocess.run(
        [RUNTIME_PYTHON, "-c", SLOW],
        env={"PYTHONPATH": str(built / layers.names()[architecture] / "python")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) is slow


def test_given_layers_that_are_mixed_up_then_they_are_not_deployed(copied: Path) -> None:
    layers.finish(copied)
    one, other = (copied / name for name in layers.names().values())
    one.rename(copied / "aside")
    other.rename(one)
    (copied / "aside").rename(other)
    with pytest.raises(RuntimeError, match=r"\.so is not for (arm64|x86_64)\."):
        layers.finish(copied)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_given_a_layer_without_isal_then_it_is_not_deployed(
    copied: Path, architecture: str
) -> None:
    shutil.rmtree(copied / layers.names()[architecture] / "python" / "isal")
    done = subprocess.run(
        [sys.executable, "-m", "local.layers", copied],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"{layers.names()[architecture]}/python has no isal" in done.stderr


def test_make_deploy_looks_at_the_layers_between_build_and_deployment() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "deploy"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    said = [line for line in done.stdout.splitlines() if re.search(r"\bsam |local\.layers", line)]
    assert said == [
        "sam build",
        ".venv/bin/python -m local.layers .aws-sam/build",
        "sam deploy --guided",
    ]
