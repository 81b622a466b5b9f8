"""Finds every action that a service writes into its audit, by reading the services' code.

An action is the first argument of `change.audit(…)`. Where it is a parameter of the function around
that call, the calls of the function are read in turn, and so on.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from law.escalation import Step as EscalationStep
from law.objection import Step

ROOT = Path(__file__).parents[4]
WRITERS = ("plumbing", "services/registry", "services/grading", "services/objection",
           "services/alerts")  # fmt: skip
# Values that no literal in the code gives, by the expression as it is written.
GIVEN = {
    "case.kind": {"objection", "repair"},
    "step.step": {step.value for step in EscalationStep},
}
# The steps of a case are values of the law; the text of a step is its word.
STEPS = {"lodge", *(step.value for step in Step)}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Place:
    """A function in a module, and the service to which the module belongs."""

    service: str
    file: Path
    module: ast.Module
    function: Function


@cache
def places() -> tuple[Place, ...]:
    """Every function of the services that write an audit."""
    return tuple(
        Place(writer, file, module, function)
        for writer in WRITERS
        for file in sorted((ROOT / writer).rglob("*.py"))
        if not file.stem.endswith(("_pb2", "_grpc"))
        for module in [ast.parse(file.read_text())]
        for function in ast.walk(module)
        if isinstance(function, Function)
    )


@cache
def actions() -> set[str]:
    """Every action that a service may write; steps of cases as `objection.accept`."""
    return {
        action
        for place in places()
        for call in calls_of(place.function, "audit")
        if len(call.args) > 1
        for action in values(call.args[0], place)
    }


def calls_of(function: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls in a function of another one with this name, with or without its module."""
    yield from calls_in(function).get(name, ())


@cache
def calls_in(function: ast.AST) -> Mapping[str, Sequence[ast.Call]]:
    """The calls in a function, by the name of what is called."""
    calls: defaultdict[str, list[ast.Call]] = defaultdict(list)
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            calls[ast.unparse(node.func).rpartition(".")[2]].append(node)
    return calls


def calls_to(place: Place) -> Iterator[tuple[ast.Call, Place]]:
    """The calls of a function of a module, in its own and in other modules of its service."""
    name, stem = place.function.name, place.file.stem
    for caller in places():
        if caller.service == place.service:
            for call in calls_of(caller.function, name):
                own = caller.file == place.file and ast.unparse(call.func) in (name, f"self.{name}")
                if own or ast.unparse(call.func) == f"{stem}.{name}" or is_imported(caller, place):
                    yield call, caller


def is_imported(caller: Place, place: Place) -> bool:
    """Whether the module of a caller imports a function by its name."""
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").endswith(place.file.stem)
        and place.function.name in {alias.name for alias in node.names}
        for node in caller.module.body
    )


def values(expression: ast.expr, place: Place) -> set[str]:
    """The texts that an expression may have; raises AssertionError if they cannot be found."""
    written = ast.unparse(expression)
    match expression:
        case _ if written in GIVEN:
            return GIVEN[written]
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return values(one, place) | values(other, place)
        case ast.JoinedStr(values=parts):
            return joined(parts, place)
        case ast.Attribute(attr="action"):
            return causes(place.service)
        case ast.Attribute(attr=name) if name.upper() in Step.__members__:
            return {Step[name.upper()].value}
        case ast.Name(id=name):
            return named(name, place)
    raise AssertionError(f"{place.function.name}: which actions may {written} be?")


def joined(parts: list[ast.expr], place: Place) -> set[str]:
    """The texts that an f-string may have."""
    texts = {""}
    for part in parts:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        texts = {text + more for text in texts for more in values(inner, place)}
    return texts


def named(name: str, place: Place) -> set[str]:
    """The texts that a variable, a parameter or a constant of a module may have."""
    assigned = [
        node.value
        for node in ast.walk(place.function)
        if isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets)
    ]
    if assigned:
        return {text for value in assigned for text in values(value, place)}
    parameters = [one.arg for one in (*place.function.args.args, *place.function.args.kwonlyargs)]
    if name in parameters:
        return passed(name, parameters.index(name), place)
    return constant(name, place)


def passed(name: str, position: int, place: Place) -> set[str]:
    """The texts with which a function is called for one of its parameters."""
    annotation = place.function.args.args[position].annotation
    if annotation is not None and ast.unparse(annotation) in {"Step", "Step | str"}:
        return STEPS
    found: set[str] = set()
    shift = 1 if place.function.args.args[0].arg == "self" else 0
    for call, caller in calls_to(place):
        given = {word.arg: word.value for word in call.keywords}
        found |= values(given.get(name) or call.args[position - shift], caller)
    return found


def constant(name: str, place: Place) -> set[str]:
    """The text of a constant of the module, alone or among several in one line."""
    for node in place.module.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = dict(zip(map(ast.unparse, target.elts), node.value.elts, strict=True))
                else:
                    pairs = {ast.unparse(target): node.value}
                if name in pairs:
                    return values(pairs[name], place)
    raise AssertionError(f"{place.function.name}: what is {name}?")


def causes(service: str) -> set[str]:
    """The actions of the causes for which a service grades again."""
    return {
        action
        for place in places()
        if place.service == service
        for call in calls_of(place.function, "Cause")
        for action in values(call.args[0], place)
    }
