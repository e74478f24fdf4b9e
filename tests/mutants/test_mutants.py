"""`make mutants` works: each fault applies, and only what a test notices is killed."""

import ast
import json
from collections import Counter

import pytest
import yaml

from local.paths import ROOT
from tests.mutants import code, definitions, modules, named
from tests.mutants.bench import Bench, BenchError, Verdict
from tests.mutants.mutant import EditError, Mutant, edited

QUICK = (("tests/statemachine/test_harvest_ends.py",),)
HARVEST = "statemachine/harvest.asl.json"
COUNTED = "$failed + $states.result.Payload.unusable"


def test_every_fault_applies_changes_its_file_and_leaves_it_readable() -> None:
    for mutant in named.mutants():
        assert mutant.content != (ROOT / mutant.file).read_text(), mutant.name
        if mutant.file.endswith(".json"):
            assert json.loads(mutant.content) != json.loads((ROOT / mutant.file).read_text())
        else:
            assert yaml.compose(mutant.content, yaml.CSafeLoader)


def test_each_fault_has_a_name_of_its_own() -> None:
    names = Counter(mutant.name for mutant in (*named.mutants(), *definitions.mutants()))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_fault_of_a_definition_changes_it() -> None:
    found = list(definitions.mutants())
    assert len(found) > 900
    for mutant in found:
        assert json.loads(mutant.content) != json.loads((ROOT / mutant.file).read_text())


@pytest.mark.parametrize("module", ["api/bodies.py", "keys.py"])
def test_every_mutant_of_a_module_is_python_and_another_one(module: str) -> None:
    file = f"{modules.PACKAGE}/{module}"
    before = ast.unparse(ast.parse((ROOT / file).read_text()))
    found = code.mutants(file)
    assert found
    for content in found.values():
        assert content != before
        ast.parse(content)


def test_every_test_of_a_mutant_is_there() -> None:
    runs = [*definitions.TESTS, *named.TEMPLATE_TESTS]
    runs += [run for tests in modules.MODULES.values() for run in tests]
    for run in runs:
        for argument in run:
            if argument.startswith(("tests/", "--ignore=")):
                assert (ROOT / argument.removeprefix("--ignore=")).exists()


def test_every_mutant_that_is_said_to_change_nothing_is_still_one() -> None:
    for module in {name.partition(" ")[0] for name in modules.EQUIVALENT}:
        own = {name for name in modules.EQUIVALENT if name.startswith(f"{module} ")}
        assert own <= set(code.mutants(f"{modules.PACKAGE}/{module}"))
    known = {mutant.name for mutant in definitions.mutants(every=True)}
    assert set(definitions.EQUIVALENT) <= known


def test_an_edit_that_does_not_fit_once_is_refused() -> None:
    assert edited(HARVEST, ('"ListExports": {',), COUNTED, "$failed") != edited(
        HARVEST, (), COUNTED, "$failed + 1"
    )
    for block, old in (
        (('"LandExports": {',), COUNTED),
        (("no such line",), COUNTED),
        (('"ErrorEquals"',), COUNTED),
    ):
        with pytest.raises(EditError):
            edited(HARVEST, block, old, "x")


def test_what_a_test_notices_is_killed_what_none_does_survives_and_the_tree_is_untouched() -> None:
    before = (ROOT / HARVEST).read_text()

    def mutant(old: str, new: str) -> Mutant:
        return Mutant(old, HARVEST, edited(HARVEST, (), old, new), QUICK)

    with Bench() as bench:
        assert bench.judge(mutant("$failed + $states.result.Payload.unusable", "$failed")) is (
            Verdict.KILLED
        )
        assert bench.judge(mutant('"A bounded number at a time."', '"Some."')) is Verdict.SURVIVED
        assert bench.judge(mutant(COUNTED, "$failed - 1")) is Verdict.KILLED
        broken = Mutant(
            "no module", "tests/statemachine/machine.py", "import nothing_at_all", QUICK
        )
        assert bench.judge(broken) is Verdict.KILLED
        with pytest.raises(BenchError):
            bench.judge(Mutant("no tests", HARVEST, before, (("tests/mutants/worker.py",),)))
    assert (ROOT / HARVEST).read_text() == before
