"""What a cold start takes: importing each function in a new process, and its first call.

    python -m benchmarks.coldstart.run [--rounds 10]

On the packages of AWS's runtime, which have bytecode there and here; the layer is measured with
bytecode and, as pip leaves it, without. The naive way is the same work as it is commonly written.
"""

import argparse
import json
import os
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import measuring, results
from benchmarks.coldstart import layers
from benchmarks.coldstart.stub import serving
from local.paths import ROOT, RUNTIME_PYTHON

_LONGEST_SECONDS = 120
_NAIVE = Path(__file__).parent / "naive"
_CALL = Path(__file__).parent / "call.py"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One function on one layer.

    Attributes:
        kind: `ours` or `naive`.
        name: The function's folder.
        folder: Where that is.
        layer: The layer's folder.
        compiled: Whether the layer has bytecode.
    """

    kind: str
    name: str
    folder: Path
    layer: Path
    compiled: bool

    def environment(self, url: str) -> dict[str, str]:
        """As Lambda sets it, and as the template does."""
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(self.layer)]),
            # Else the first run would make the layer without bytecode one with it.
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(self.folder),
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": url,
            "POWERTOOLS_METRICS_NAMESPACE": "SeiExport",
            "POWERTOOLS_SERVICE_NAME": self.name,
            "HARNESS_BASE_URL": f"{url}/api/",
            "HARNESS_ORG_IDENTIFIER": "default",
            "HARNESS_PROJECT_IDENTIFIER": "demo",
            "API_KEY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-abcdef",
            "ORG_TREE_NAME": "Engineering",
            "DEFAULT_REQUEST": "{}",
            "BATCH_PLAN": "{}",
            "MAX_CONCURRENCY": "10",
            "EXPORT_BUCKET": "bench",
            "EXPORT_TIMEOUT_MINUTES": "180",
            "EVENT_BUS_NAME": "default",
            "STACK_NAME": "sei-export",
        }


def main() -> None:
    """Measure and note."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    section = measure(parser.parse_args().rounds)
    print(json.dumps(section, indent=1))
    results.save("coldstart", section)


def measure(rounds: int) -> results.Section:
    """Medians in ms: `init` above a bare interpreter's start, and `call`."""
    site_packages = next(RUNTIME_PYTHON.parent.parent.glob("lib/python3.*/site-packages"))
    layers.compile_all(site_packages)
    candidates = list(_candidates())
    bare: list[float] = []
    inits: list[list[float]] = [[] for _ in candidates]
    calls: list[list[float]] = [[] for _ in candidates]
    with serving() as url:
        # One more round, first, which does not count: it fills the system's cache of files.
        for turn in range(rounds + 1):
            nothing = _run("pass", candidates[0].environment(url))
            if turn:
                bare.append(nothing)
            for candidate, init, call in zip(candidates, inits, calls, strict=True):
                imported = _run("import app", candidate.environment(url))
                called = _first_call(candidate, url)
                if turn:
                    init.append(imported)
                    call.append(called)
    base = statistics.median(bare)
    return {
        "interpreter": base,
        "functions": [
            {
                "kind": candidate.kind,
                "name": candidate.name,
                "compiled": candidate.compiled,
                "init": statistics.median(init) - base,
                "call": statistics.median(call),
            }
            for candidate, init, call in zip(candidates, inits, calls, strict=True)
        ],
    }


def _candidates() -> Iterator[Candidate]:
    built = layers.build()
    for kind, folder in (("ours", ROOT / "functions"), ("naive", _NAIVE)):
        for function in sorted(it for it in folder.iterdir() if (it / "app.py").exists()):
            for compiled in (False, True):
                yield Candidate(kind, function.name, function, built[kind, compiled], compiled)


def _run(code: str, environment: dict[str, str]) -> float:
    """Milliseconds of a whole process."""
    command = [str(RUNTIME_PYTHON), "-c", code]
    return measuring.run(command, environment, _LONGEST_SECONDS).wall * 1000


def _first_call(candidate: Candidate, url: str) -> float:
    """Milliseconds.

    Raises:
        RuntimeError: The function fails.
    """
    event = (ROOT / "events" / f"{candidate.name}.json").read_text()
    done = subprocess.run(
        [str(RUNTIME_PYTHON), str(_CALL), event],
        env=candidate.environment(url),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{candidate.kind} {candidate.name} fails:\n{done.stderr[-3000:]}")
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
