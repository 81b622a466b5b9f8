"""Finds the rules of `law/` that the services can reach, from the syntax trees of the source.

A definition is reached when its name is used in a file of a service or of the plumbing, or in
another reached definition. A method is reached when such code has an attribute of that name; files
that import nothing from the law do not count. So a definition may be reported as reached by
mistake, but a definition that is reported as not reached has no caller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CALLERS = ("services", "plumbing")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class Module:
    """One Python file: its imports from the law, and the names used in each of its definitions."""

    name: str
    imports: dict[str, str] = field(default_factory=dict)  # local name → dotted name in law
    uses: dict[str, set[str]] = field(default_factory=dict)  # definition → dotted names and .attrs
    functions: list[str] = field(default_factory=list)


@cache
def read_modules(root: Path, folder: str) -> tuple[Module, ...]:
    """Reads and parses every Python file below a folder of the checkout."""
    return tuple(_read(root, folder))


def _read(root: Path, folder: str) -> Iterator[Module]:
    for path in sorted((root / folder).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield _module(name, ast.parse(path.read_text("utf-8")))


def _module(name: str, tree: ast.Module) -> Module:
    module = Module(name, _imports(tree))
    for statement in tree.body:
        for definition, nodes in _definitions(statement):
            module.uses.setdefault(definition, set()).update(_names(module, nodes))
            if nodes and isinstance(nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
                module.functions.append(definition)
    return module


def _imports(tree: ast.Module) -> dict[str, str]:
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "law"
        for alias in node.names
    }


def _definitions(statement: ast.stmt) -> Iterator[tuple[str, Sequence[ast.AST]]]:
    """Yields the names that a statement defines, each with the code that belongs to it."""
    if isinstance(statement, ast.ClassDef):
        methods = [node for node in statement.body if isinstance(node, Definition)]
        rest = [node for node in statement.body if not isinstance(node, Definition)]
        implicit = [node for node in methods if node.name.startswith("_")]
        yield statement.name, [*statement.bases, *statement.decorator_list, *rest, *implicit]
        yield from ((f"{statement.name}.{node.name}", [node]) for node in methods)
    elif isinstance(statement, Definition):
        yield statement.name, [statement]
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield ast.unparse(target), [statement.value]
    elif not isinstance(statement, ast.Import | ast.ImportFrom):
        yield "", [statement]  # run when the module is imported


def _names(module: Module, nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yields the dotted names that some code uses, and the attributes as `.name`."""
    for node in (below for top in nodes for below in ast.walk(top)):
        if isinstance(node, ast.Attribute):
            yield f".{node.attr}"
            if isinstance(node.value, ast.Name) and node.value.id in module.imports:
                yield f"{module.imports[node.value.id]}.{node.attr}"
        elif isinstance(node, ast.Name):
            yield module.imports.get(node.id, f"{module.name}.{node.id}")


@cache
def reached(root: Path) -> frozenset[str]:
    """Returns the dotted names of all definitions in `law/` that the services can reach."""
    law = {module.name: module for module in read_modules(root, "law")}
    uses = {
        f"{module.name}.{definition}": used
        for module in law.values()
        for definition, used in module.uses.items()
    }
    names = {
        name
        for folder in CALLERS
        for module in read_modules(root, folder)
        if module.imports
        for used in (*module.uses.values(), set(module.imports.values()))
        for name in used
    }
    seen: set[str] = set()
    while True:
        found = {resolve(law, name) for name in names} & uses.keys()
        found |= {name for name in uses if _is_method_called(name, names, seen)}
        if found <= seen:
            return frozenset(seen)
        names = names.union(*(uses[name] for name in found - seen))
        seen |= found


def is_reached(root: Path, name: str) -> bool:
    """Returns whether the services can reach a definition of the law.

    `name` is its dotted name, or the name under which a package exports it.
    """
    law = {module.name: module for module in read_modules(root, "law")}
    return resolve(law, name) in reached(root)


def _is_method_called(name: str, names: set[str], seen: set[str]) -> bool:
    owner, _, method = name.rpartition(".")
    return owner in seen and f".{method}" in names


def public_functions(root: Path) -> Iterator[str]:
    """Yields the dotted names of the public functions and methods of the law, file by file."""
    for module in read_modules(root, "law"):
        for name in module.functions:
            if not any(part.startswith("_") for part in name.split(".")):
                yield f"{module.name}.{name}"


def resolve(law: Mapping[str, Module], name: str) -> str:
    """Returns the dotted name of a definition, given a name under which a package exports it.

    Any other name is returned unchanged.
    """
    module, _, own = name.rpartition(".")
    if module in law and own not in law[module].uses and own in law[module].imports:
        return resolve(law, law[module].imports[own])
    return name
