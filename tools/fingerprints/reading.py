"""The fingerprint of each workflow: a hash of every function that has a say in its commands."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.fingerprints.code import Code, Function, Module, Place, decorated_by
from tools.fingerprints.normal import Normal, activity_name, digest, given_name

# Of the SDK's functions those that put something into a history. A condition does with a timeout.
COMMANDS = frozenset(
    {
        *("execute_activity", "execute_activity_method", "execute_activity_class"),
        *("start_activity", "start_activity_method", "start_activity_class"),
        *("execute_local_activity", "execute_local_activity_method"),
        *("start_local_activity", "start_local_activity_method"),
        *("execute_child_workflow", "start_child_workflow", "continue_as_new"),
        *("get_external_workflow_handle", "get_external_workflow_handle_for"),
        *("sleep", "upsert_search_attributes", "upsert_memo"),
    }
)
PATCHES = {"workflow.patched": "patched", "workflow.deprecate_patch": "deprecated"}


@dataclass(frozen=True)
class Fingerprint:
    """A workflow type: its class, the commands as they stand in the code, patches, and hashes."""

    where: str
    commands: Sequence[str]
    patches: Sequence[str]
    parts: Mapping[str, str]

    @property
    def code(self) -> str:
        """One hash over all of it."""
        return hashlib.sha256(repr(sorted(self.parts.items())).encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def fingerprints(root: Path) -> dict[str, Fingerprint]:
    """Of every workflow in a checkout, by the name of its type."""
    code = Code(root)
    return {name: _fingerprint(code, place) for name, place in sorted(_workflows(code).items())}


def _workflows(code: Code) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for module in code.services():
        for name, node in module.definitions.items():
            if decorator := decorated_by(node, "workflow.defn", "defn"):
                type_name = _type_name(code, module, decorator) or name
                found[type_name] = Place(module.name, name)
    return found


def _type_name(code: Code, module: Module, decorator: ast.expr) -> str | None:
    """The `name=` of a workflow, also where a constant holds it."""
    if given := given_name(decorator):
        return given
    for word in decorator.keywords if isinstance(decorator, ast.Call) else ():
        place = code.resolve(module, word.value) if word.arg == "name" else None
        constant = code.definition(place) if place else None
        if isinstance(constant, ast.Assign | ast.AnnAssign):
            return str(ast.literal_eval(constant.value or ast.Constant(None)))
    return None


def _fingerprint(code: Code, place: Place) -> Fingerprint:
    parts: dict[str, ast.AST] = {}
    waiting, seen = [place], set[Place]()
    while waiting:
        if (here := waiting.pop()) in seen:
            continue
        seen.add(here)
        for name, node in _parts(code, here, whole=here == place):
            parts[name] = node
            waiting += _named(code, here, node)
    ordered = dict(sorted(parts.items()))
    return Fingerprint(
        where=str(place),
        commands=[said for name, node in ordered.items() for said in _commands(name, node)],
        patches=sorted({said for node in ordered.values() for said in _patches(node)}),
        parts={name: digest(node) for name, node in ordered.items()},
    )


def _parts(code: Code, place: Place, *, whole: bool) -> Iterator[tuple[str, ast.AST]]:
    """What of a definition has a say: functions, literal constants; of a class its methods."""
    module, node = code.module(place.module), code.definition(place)
    if module is None or activity_name(node):
        return
    if isinstance(node, Function):
        yield str(place), Normal(code, module).function(node)
    elif isinstance(node, ast.ClassDef):
        if whole:
            yield f"{place}:class", _head(node)
        yield from _methods(code, module, node)
    elif node is not None and node.value is not None and _is_literal(node.value):
        yield str(place), node.value


def _head(node: ast.ClassDef) -> ast.AST:
    """How a workflow's class is declared, and the values it holds."""
    values = [inner.value for inner in node.body if isinstance(inner, ast.Assign | ast.AnnAssign)]
    said = [*node.decorator_list, *node.bases, *(value for value in values if value)]
    return ast.Tuple(said, ast.Load())


def _methods(code: Code, module: Module, node: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    if any(activity_name(inner) for inner in node.body):
        return  # an activity stands for itself by its name, wherever one is asked for
    normal = Normal(code, module)
    for inner in node.body:
        if isinstance(inner, Function):
            yield f"{module.name}.{node.name}.{inner.name}", normal.function(inner)
    yield from _bases(code, module, node)


def _bases(code: Code, module: Module, node: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    for base in node.bases:
        place = code.resolve(module, base)
        if place and isinstance(code.definition(place), ast.ClassDef):
            yield from _parts(code, place, whole=False)


def _named(code: Code, place: Place, node: ast.AST) -> Iterator[Place]:
    module = code.module(place.module)
    for inner in ast.walk(node):
        named = inner if isinstance(inner, ast.Name | ast.Attribute) else None
        if module and named and (found := code.resolve(module, named)):
            yield found


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _commands(name: str, node: ast.AST) -> Iterator[str]:
    for inner in _in_order(node):
        if isinstance(inner, ast.Call) and _is_command(inner):
            what = ast.unparse(inner.args[0]) if inner.args else ""
            yield f"{name}: {ast.unparse(inner.func)}({what})"


def _is_command(call: ast.Call) -> bool:
    named = ast.unparse(call.func)
    if named in ("workflow.wait_condition", "asyncio.wait_for"):
        return len(call.args) > 1 or any(word.arg == "timeout" for word in call.keywords)
    head, _, name = named.rpartition(".")
    return (head == "workflow" and name in COMMANDS) or named == "asyncio.sleep"


def _patches(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and (kind := PATCHES.get(ast.unparse(inner.func))):
            yield f"{kind} {ast.unparse(inner.args[0])}"


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)
    yield node
