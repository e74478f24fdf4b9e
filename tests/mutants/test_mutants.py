"""`make mutants` works: each fault applies, and only what a test notices is killed."""

import ast
import json
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest
import yaml

from local.paths import ROOT
from tests.mutants import bench, code, definitions, modules, named
from tests.mutants.bench import Bench, BenchError, Verdict, judged
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
    runs = [run for mutant in named.mutants() for run in mutant.tests]
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


# A bench is a temporary folder, and one more process.


def test_a_bench_that_cannot_be_opened_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no space")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(bench, "_copy", fail)
    closed = Bench()
    with pytest.raises(OSError, match="no space"), closed:
        pass
    assert [*tmp_path.iterdir()] == []
    closed.__exit__(None, None, None)


class Busy:
    """Stands for two benches on a busy machine, where the first try of a mutant is late."""

    def __init__(self, alone: dict[str, Verdict]) -> None:
        self.alone = alone
        self.tried = Counter[str]()
        self.were_two = 0
        self._lock = threading.Lock()
        self._two = threading.Barrier(2)

    def judge(self, mutant: Mutant) -> Verdict:
        """Be late, or say what comes of it alone."""
        with self._lock:
            self.tried[mutant.name] += 1
            again = self.tried[mutant.name] > 1
        try:
            self._two.wait(0.1 if again else 30)
        except threading.BrokenBarrierError:
            # Nobody else came.
            self._two.reset()
        else:
            with self._lock:
                self.were_two += 1
        return self.alone[mutant.name] if again else Verdict.LATE


def test_what_is_late_among_others_is_tried_once_more_alone_and_that_counts() -> None:
    alone = {"a": Verdict.SURVIVED, "b": Verdict.LATE, "c": Verdict.KILLED, "d": Verdict.LATE}
    busy = Busy(alone)
    mutants = [Mutant(name, HARVEST, "", QUICK) for name in alone]
    assert dict(judged([busy, busy], mutants)) == dict(enumerate(alone.values()))
    assert busy.tried == dict.fromkeys(alone, 2)
    assert busy.were_two == len(alone)


def test_what_is_not_late_is_tried_once() -> None:
    class Quick:
        """Stands for a bench on which nothing is late."""

        def __init__(self) -> None:
            self.tried: list[str] = []

        def judge(self, mutant: Mutant) -> Verdict:
            """Kill one, and not the other."""
            self.tried.append(mutant.name)
            return Verdict.KILLED if mutant.name == "a" else Verdict.SURVIVED

    quick = Quick()
    mutants = [Mutant(name, HARVEST, "", QUICK) for name in "ab"]
    assert [*judged([quick], mutants)] == [(0, Verdict.KILLED), (1, Verdict.SURVIVED)]
    assert quick.tried == ["a", "b"]


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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("logger.warning('%s', name)", id="what a line of the log has"),
        pytest.param("class A(Protocol):\n def a(self, b=1): ...", id="a protocol's defaults"),
        pytest.param("from a import b", id="an import"),
    ],
)
def test_nothing_is_made_of_what_does_nothing_when_it_runs(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(code, "ROOT", tmp_path)
    (tmp_path / "a.py").write_text(text)
    # That the line is there is another matter.
    assert [it for it in code.mutants("a.py").values() if it != "pass"] == []


def test_a_condition_is_turned_around_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(code, "ROOT", tmp_path)
    (tmp_path / "a.py").write_text("if a == b:\n    c = d if not e else f")
    assert len(code.mutants("a.py")) == 2
