"""Runs the benchmarks.

    python -m benchmarks.run                 everything; an hour or two
    python -m benchmarks.run --quick         every contestant works and its content is right
    python -m benchmarks.run --parts transfers --sizes 100 --rounds 1

Figures go to results.json, one part at a time, and from there into docs/performance.md.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import product

from benchmarks.bench import quota, results, servers
from benchmarks.coldstart import run as coldstart
from benchmarks.race import catalogue, checks, codecs, memory_setting, proof, shapes, transfers
from benchmarks.race.catalogue import Contestant
from benchmarks.race.transfers import Scenario
from benchmarks.report import page
from benchmarks.simulation import polling, scale
from local import signals

_LEAST_ROUNDS = 5
_MEMORY_ROUNDS = 3
_SETTINGS_MIB = 256
_SHAPE_MIB = 32


def main() -> int:
    """Run what the command line says."""
    options = _options()
    signals.raise_once()
    try:
        if options.quick:
            _quick()
        else:
            _measure(options)
    except signals.Interrupted as ending:
        return ending.exit_code
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _quick() -> None:
    with servers.keeping() as endpoints:
        count = proof.prove(catalogue.all_contestants(), endpoints)
    # A race of one round, so that the fast endpoint and the measuring stay right too.
    with servers.discarding() as endpoints:
        everybody = catalogue.all_contestants()
        for _ in transfers.race([Scenario(1, "https", "gzip")], everybody, endpoints, rounds=1):
            pass
    checks.measure(mib=1, rounds=1)
    shapes.measure(mib=1, rounds=1)
    codecs.measure(mib=1, rounds=1)
    coldstart.measure(rounds=1)
    polling.simulate(exports=50)
    scale.simulate(teams=50)
    if quota.is_available():
        memory_setting.measure(mib=2, rounds=1, sizes=memory_setting.MEMORY_SIZES[:1])
    else:
        print("memory_setting: left out, CPU cannot be limited here")
    print(f"{count} transfers compared; every benchmark works. Nothing was published.")


def _measure(options: argparse.Namespace) -> None:
    everybody = [
        it for it in catalogue.all_contestants() if not options.only or it.name in options.only
    ]
    parts: dict[str, Callable[[], None]] = {
        "transfers": lambda: _transfers(options, everybody),
        "slow": lambda: _slow(options, everybody),
        "memory": lambda: _memory(options, everybody),
        "checks": lambda: results.save("checks", checks.measure(64, options.rounds)),
        "shapes": lambda: results.save("shapes", shapes.measure(_SHAPE_MIB, options.rounds)),
        "codecs": lambda: results.save("codecs", codecs.measure(64, options.rounds)),
        "coldstart": lambda: results.save("coldstart", coldstart.measure(2 * options.rounds)),
        "polling": lambda: results.save("polling", polling.simulate(options.exports)),
        "scale": lambda: results.save("scale", scale.simulate(options.teams)),
        # Last: where CPU cannot be limited, the others are done.
        "memory_setting": lambda: results.save(
            "memory_setting", memory_setting.measure(_SETTINGS_MIB, options.rounds)
        ),
    }
    for name, part in parts.items():
        if name in options.parts:
            part()
            if options.publish:
                page.write()


def _transfers(options: argparse.Namespace, contestants: Sequence[Contestant]) -> None:
    scenarios = [
        Scenario(size, protocol, body)
        for size, protocol, body in product(options.sizes, options.protocols, options.bodies)
    ]
    _race("transfers", scenarios, contestants, options.rounds)


def _slow(options: argparse.Namespace, contestants: Sequence[Contestant]) -> None:
    """Whether verification hides behind the network."""
    scenarios = [
        Scenario(max(options.sizes), protocol, body, slow=True)
        for protocol, body in product(options.protocols, options.bodies)
    ]
    _race("slow", scenarios, _ours(contestants), options.rounds)


def _memory(options: argparse.Namespace, contestants: Sequence[Contestant]) -> None:
    """Whether memory depends on the size."""
    largest = max(options.sizes)
    scenarios = [
        Scenario(size, protocol, body)
        for body, protocol in product(options.bodies, options.protocols)
        for size in (largest, 4 * largest)
    ]
    verified = [it for it in contestants if it.name == catalogue.OURS]
    _race("memory", scenarios, verified, min(options.rounds, _MEMORY_ROUNDS))


def _race(
    name: str, scenarios: Sequence[Scenario], contestants: Sequence[Contestant], rounds: int
) -> None:
    done: list[results.Json] = []
    with servers.discarding() as endpoints:
        for section in transfers.race(scenarios, contestants, endpoints, rounds):
            done.append(section)
            results.save(name, {"scenarios": done})


def _ours(contestants: Sequence[Contestant]) -> list[Contestant]:
    return [it for it in contestants if it.name in {catalogue.OURS, catalogue.OURS_UNVERIFIED}]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = (
        *("transfers", "slow", "memory", "checks", "shapes", "codecs", "coldstart"),
        *("polling", "scale", "memory_setting"),
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=_LEAST_ROUNDS)
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--sizes", nargs="+", type=int, default=(1, 100, 1024), help="in MiB")
    parser.add_argument("--protocols", nargs="+", default=("http", "https"))
    parser.add_argument("--bodies", nargs="+", default=("gzip", "plain"))
    parser.add_argument("--only", nargs="+", help="names of contestants")
    parser.add_argument("--exports", type=int, default=3000, help="simulated for polling")
    parser.add_argument("--teams", type=int, default=10_000, help="simulated for scale")
    parser.add_argument("--publish", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
