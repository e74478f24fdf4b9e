"""Reading a state machine's definition for tests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.paths import ROOT

type Tree = dict[str, Any]
"""A document whose form its own tests assert."""

EXPORT = ROOT / "statemachine" / "export.asl.json"
HARVEST = ROOT / "statemachine" / "harvest.asl.json"
BATCH = ROOT / "statemachine" / "batch.asl.json"
ALL = (EXPORT, HARVEST, BATCH)


def load(file: Path = EXPORT) -> Tree:
    """A definition as it is in the repository."""
    return parse(file.read_text())


def parse(text: str) -> Tree:
    """A definition, from its text."""
    definition: Tree = json.loads(text)
    return definition


def graphs(definition: Tree) -> Iterator[Tree]:
    """The definition, and the inner one of each Map: no transition leaves or enters those."""
    yield definition
    for state in states(definition).values():
        if "ItemProcessor" in state:
            yield from graphs(state["ItemProcessor"])


def states(definition: Tree) -> dict[str, Tree]:
    """Its states by name."""
    found: dict[str, Tree] = definition["States"]
    return found


def entries(state: Tree, field: str) -> list[Tree]:
    """A state's Choices, Retry or Catch."""
    found: list[Tree] = state.get(field, [])
    return found


def transitions(definition: Tree) -> Iterator[tuple[str, str]]:
    """Every way from a state to a next one."""
    for name, state in states(definition).items():
        targets = [state.get("Next"), state.get("Default")]
        targets += [entry["Next"] for entry in entries(state, "Choices")]
        targets += [entry["Next"] for entry in entries(state, "Catch")]
        for target in targets:
            if target is not None:
                yield name, str(target)


def error_names(entry: Tree) -> list[str]:
    """The names that a Retry or Catch entry matches."""
    names: list[str] = entry["ErrorEquals"]
    return names


def texts(value: object) -> Iterator[str]:
    """Every text in a definition."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
