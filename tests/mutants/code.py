"""Faults in a module of the package, by changes of its syntax tree."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from local.paths import ROOT

type Put = Callable[[ast.AST], None]
"""Puts a node in another's place."""

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}

_OPPOSITE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
"""Operators that `_SWAPPED` turns into their negation."""


def mutants(file: str) -> dict[str, str]:
    """All mutants of a module by their names, each with the module's text.

    A name says where it is and what became what; the same change at another place of a function has
    a number.

    Args:
        file: Path in the repository.
    """
    tree = ast.parse((ROOT / file).read_text())
    found: dict[str, str] = {}
    for place, before, after, changed in _changed(tree):
        stem = f"{file.rpartition('sei_export/')[2]} {place}: {before} -> {after}"
        name, number = stem, 1
        while name in found:
            number += 1
            name = f"{stem} #{number}"
        found[name] = changed
    return found


def _changed(tree: ast.Module) -> Iterator[tuple[str, str, str, str]]:
    """Where each change is, what was there, what is there, and the whole text."""
    for place, node, put in list(_nodes(tree)):
        for replacement in _replacements(node):
            put(replacement)
            yield place, _line(node), _line(replacement), ast.unparse(tree)
            put(node)


def _line(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else text[:87] + "..."


def _replacements(node: ast.AST) -> list[ast.AST]:
    """What may stand in a node's place."""
    made: list[ast.AST] = []
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            if type(operator) in _SWAPPED:
                operators = [*node.ops]
                operators[at] = cast("ast.cmpop", _SWAPPED[type(operator)]())
                made.append(ast.Compare(node.left, operators, node.comparators))
    elif isinstance(node, ast.BoolOp):
        made.append(ast.BoolOp(cast("ast.boolop", _SWAPPED[type(node.op)]()), node.values))
    elif isinstance(node, ast.BinOp) and type(node.op) in _SWAPPED:
        swapped = cast("ast.operator", _SWAPPED[type(node.op)]())
        made.append(ast.BinOp(node.left, swapped, node.right))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        made.append(node.operand)
    elif isinstance(node, ast.Constant):
        made += _constants(node.value)
    elif isinstance(node, ast.IfExp):
        made += _negated(node)
    elif isinstance(node, ast.stmt):
        made += _statements(node)
    return made


def _constants(value: object) -> list[ast.AST]:
    if isinstance(value, bool):
        return [ast.Constant(not value)]
    if isinstance(value, int | float):
        return [ast.Constant(value + 1)]
    # Sentences are for people; names and keys are for machines.
    if isinstance(value, str) and value and " " not in value:
        return [ast.Constant(value + "XX")]
    if isinstance(value, bytes) and value and b" " not in value:
        return [ast.Constant(value + b"XX")]
    return []


def _statements(node: ast.stmt) -> list[ast.AST]:
    if isinstance(node, ast.Return) and node.value is not None:
        # None is as good as False or an empty text to whoever asks, and True is mutated itself.
        same = isinstance(node.value, ast.Constant) and node.value.value in (None, False, True, "")
        return [] if same else [ast.Return(ast.Constant(None))]
    if isinstance(node, ast.If):
        return _negated(node)
    if isinstance(node, ast.AugAssign):
        removed: list[ast.AST] = [ast.Pass()]
        if type(node.op) in _SWAPPED:
            swapped = cast("ast.operator", _SWAPPED[type(node.op)]())
            removed.append(ast.AugAssign(node.target, swapped, node.value))
        return removed
    if isinstance(node, ast.Break | ast.Continue):
        return [_SWAPPED[type(node)]()]
    if isinstance(node, ast.Expr | ast.Raise | ast.Delete):
        return [ast.Pass()]
    return []


def _negated(node: ast.If | ast.IfExp) -> list[ast.AST]:
    """The opposite decision, unless a mutant of the condition alone is that already."""
    test = node.test
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        turned = isinstance(test.ops[0], _OPPOSITE)
    else:
        turned = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    if turned:
        return []
    opposite = ast.UnaryOp(ast.Not(), test)
    if isinstance(node, ast.If):
        return [ast.If(opposite, node.body, node.orelse)]
    return [ast.IfExp(opposite, node.body, node.orelse)]


def _nodes(tree: ast.Module) -> Iterator[tuple[str, ast.AST, Put]]:
    """Nodes that run: where each is, itself, and what puts another in its place."""
    left: list[tuple[str, ast.AST]] = [("the module", tree)]
    while left:
        place, parent = left.pop()
        inner = [it for it in _children(parent) if not _is_idle(parent, it[0])]
        for node, put in inner:
            yield place, node, put
        for node, _ in reversed(inner):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            at = f"{place}.{node.name}" if named else place  # type: ignore[attr-defined]  # as asked
            left.append((at.removeprefix("the module."), node))


def _children(parent: ast.AST) -> Iterator[tuple[ast.AST, Put]]:
    for field, value in ast.iter_fields(parent):
        if isinstance(value, ast.AST):
            yield value, partial(setattr, parent, field)
        elif isinstance(value, list):
            for at, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield each, partial(value.__setitem__, at)


def _is_idle(parent: ast.AST, node: ast.AST) -> bool:
    """Whether a node does nothing when it runs: types, docstrings, imports, text for people."""
    if isinstance(parent, ast.Call):
        called = ast.unparse(parent.func)
        # What a line of the log says is for people; that there is one is another mutant's affair.
        if called.startswith("logger.") or (called == "cast" and node in parent.args[:1]):
            return True
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and node is parent.returns:
        return True
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        beside = [*parent.type_params, *parent.decorator_list, *getattr(parent, "bases", [])]
        if node in beside:
            return True
    annotation = isinstance(parent, ast.AnnAssign | ast.arg) and node is parent.annotation
    return annotation or _is_no_code(node)


def _is_no_code(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.ClassDef):
        return any(ast.unparse(base) == "Protocol" for base in node.bases)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.TypeAlias | ast.JoinedStr)
