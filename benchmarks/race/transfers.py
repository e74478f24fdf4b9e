"""The race: every contestant moves the same file, in turns, each in a process of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.bench import data, measuring, results
from benchmarks.bench.measuring import Taken
from benchmarks.bench.servers import Endpoints
from benchmarks.race import catalogue
from benchmarks.race.catalogue import Contestant

_LONGEST_SECONDS = 1200
_LEAST_SENT = 0.98


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is moved, and how.

    Attributes:
        size: MiB on the wire.
        protocol: `http` or `https`, on both sides.
        body: `gzip` or `plain`.
        slow: Whether the source is limited to `servers.SLOW_RATE`.
    """

    size: int
    protocol: str
    body: str
    slow: bool = False

    def source(self, endpoints: Endpoints) -> str:
        """The file's URL; the file is made if it is not there."""
        file = data.make(self.body, self.size * data.MIB)
        folder = "/slow" if self.slow else ""
        return f"{endpoints.sources[self.protocol]}{folder}/{file.name}"

    @property
    def title(self) -> str:
        """For people."""
        limited = ", source limited to 80 MB/s" if self.slow else ""
        return f"{size_name(self.size)}, {self.body}, {self.protocol}{limited}"


def size_name(mib: int) -> str:
    """Such as `1 GiB`."""
    return f"{mib // 1024} GiB" if mib % 1024 == 0 else f"{mib} MiB"


def race(
    scenarios: Sequence[Scenario],
    contestants: Sequence[Contestant],
    endpoints: Endpoints,
    rounds: int,
) -> Iterator[results.Section]:
    """Run everybody, in turns.

    Yields:
        For each scenario, its fields and every contestant's figures in the order of the rounds.

    Raises:
        RuntimeError: A contestant fails, or did not send the file.
    """
    _warm_up(contestants, endpoints)
    for scenario in scenarios:
        entered = [it for it in contestants if scenario.protocol in it.protocols]
        taken: dict[str, list[Taken]] = {it.name: [] for it in entered}
        sent: dict[str, int] = {}
        for turn in range(rounds):
            # A different one begins each round: what runs after a big one finds other caches.
            for contestant in (*entered[turn % len(entered) :], *entered[: turn % len(entered)]):
                one = run_one(scenario, contestant, endpoints)
                sent[contestant.name] = endpoints.received()
                _check_sent(scenario, contestant, sent[contestant.name])
                taken[contestant.name].append(one)
                print(
                    f"{scenario.title:36} {turn + 1}/{rounds} {contestant.name:24}"
                    f"{one.wall:8.2f} s {one.cpu:8.2f} CPU s {one.rss / data.MIB:8.1f} MiB",
                    flush=True,
                )
        yield {
            "size": scenario.size,
            "protocol": scenario.protocol,
            "body": scenario.body,
            "title": scenario.title,
            "rounds": rounds,
            "contestants": {
                it.name: {
                    "title": it.title,
                    "verifies": it.verifies,
                    "sent": sent[it.name],
                    "wall": [one.wall for one in taken[it.name]],
                    "cpu": [one.cpu for one in taken[it.name]],
                    "rss": [one.rss for one in taken[it.name]],
                }
                for it in entered
            },
        }


def run_one(
    scenario: Scenario, contestant: Contestant, endpoints: Endpoints, key: str = "data/file.csv.gz"
) -> Taken:
    """One transfer.

    Raises:
        RuntimeError: It failed.
    """
    command = contestant.command(scenario.source(endpoints), endpoints.s3[scenario.protocol], key)
    return measuring.run(command, catalogue.environment(endpoints), _LONGEST_SECONDS)


def _warm_up(contestants: Sequence[Contestant], endpoints: Endpoints) -> None:
    """Let Python write its bytecode and the system read the programs."""
    for contestant in contestants:
        run_one(Scenario(1, "http", "gzip"), contestant, endpoints)
    endpoints.received()


def _check_sent(scenario: Scenario, contestant: Contestant, sent: int) -> None:
    """Ours and the other verifying ones compress a plain body; the others send it as it is."""
    expected = data.make(scenario.body, scenario.size * data.MIB).stat().st_size
    compresses = contestant.verifies and scenario.body == "plain"
    if sent < expected * (0.1 if compresses else _LEAST_SENT):
        raise RuntimeError(f"{contestant.name} sent {sent} of {expected} bytes.")
