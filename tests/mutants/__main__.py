"""`make mutants`: tries mutants, prints those that survive, and fails if too many do."""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from tests.mutants import definitions, modules, named
from tests.mutants.bench import Bench, Verdict, judged
from tests.mutants.mutant import Mutant

SHARE = 0.95
"""Of the package's mutants, those that have to be killed; of the others all."""
EACH = 25
"""How many are tried between two signs of life."""


def main() -> None:
    """Try what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--sample", type=int, help="so many of each kind, always the same")
    parser.add_argument("--seed", type=int, default=1, help="another sample")
    parser.add_argument("--only", default="", help="kinds whose names begin so")
    parser.add_argument("--match", default="", help="mutants whose names have this")
    parser.add_argument("--first", action="store_true", help="only the quickest of the tests")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311 - the same sample everywhere
    chosen: list[tuple[str, Mutant]] = []
    for kind, make in _kinds():
        if kind.startswith(arguments.only):
            known = [it for it in make() if arguments.match in it.name]
            some = chance.sample(known, min(len(known), arguments.sample or len(known)))
            runs = 1 if arguments.first else None
            chosen += [(kind, replace(mutant, tests=mutant.tests[:runs])) for mutant in some]
    sys.exit(_tried(chosen, arguments.processes))


def _kinds() -> Iterator[tuple[str, Callable[[], list[Mutant]]]]:
    yield "named", named.mutants
    yield "definitions", lambda: list(definitions.mutants())
    for module in modules.MODULES:
        yield f"code {module}", lambda module=module: list(modules.mutants(module))  # type: ignore[misc]  # bound as a default


def _tried(chosen: list[tuple[str, Mutant]], processes: int) -> int:
    began = time.monotonic()
    killed, all_of = Counter[str](), Counter(kind for kind, _ in chosen)
    with ExitStack() as stack:
        benches = [stack.enter_context(Bench()) for _ in range(processes)]
        verdicts = judged(benches, [mutant for _, mutant in chosen])
        for tried, (place, verdict) in enumerate(verdicts, 1):
            kind, mutant = chosen[place]
            killed[kind] += verdict is not Verdict.SURVIVED
            if tried % EACH == 0:
                print(f"{tried} of {len(chosen)} tried", flush=True)
            if verdict is not Verdict.KILLED:
                print(f"{verdict}: {mutant.name}", flush=True)
    return _said(killed, all_of, time.monotonic() - began)


def _said(killed: Counter[str], all_of: Counter[str], seconds: float) -> int:
    """Print the shares; the exit code."""
    for kind, count in all_of.items():
        print(f"{kind}: {killed[kind]} of {count} killed ({killed[kind] / count:.1%})")
    code = [kind for kind in all_of if kind.startswith("code")]
    all_code, killed_code = sum(all_of[it] for it in code), sum(killed[it] for it in code)
    if all_code:
        print(f"the package: {killed_code} of {all_code} killed ({killed_code / all_code:.1%})")
    print(f"{seconds:.0f} s")
    enough = killed_code >= SHARE * all_code
    return 0 if enough and all(killed[it] == all_of[it] for it in set(all_of) - set(code)) else 1


if __name__ == "__main__":
    main()
