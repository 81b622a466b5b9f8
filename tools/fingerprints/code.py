"""Reading the house's code without running it: modules, and what a name in one of them means."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

OURS = ("services", "plumbing", "law")
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Place:
    """A definition at the top of a module."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Module:
    """What stands at the top of one file, imports under `with` and `if` included."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name, self.tree = name, tree

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Functions, classes and constants by name."""
        found: dict[str, Definition] = {}
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
        return found

    @cached_property
    def imports(self) -> dict[str, str]:
        """Full names by the names they have here."""
        found: dict[str, str] = {}
        for node in _statements(self.tree.body):
            if isinstance(node, ast.ImportFrom):
                found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                found |= {a.asname: a.name for a in node.names if a.asname}
        return found


class Code:
    """The modules of a checkout."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, Module | None] = {}

    def services(self) -> Iterator[Module]:
        """Every module of every service."""
        for path in sorted((self._root / "services").rglob("*.py")):
            inside = path.relative_to(self._root).with_suffix("")
            if inside.parts[1] != "cli" and (module := self.module(".".join(inside.parts))):
                yield module

    def module(self, name: str) -> Module | None:
        """A module of the house; None for anything else."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def definition(self, place: Place) -> Definition | None:
        """What stands at a place."""
        module = self.module(place.module)
        return module.definitions.get(place.name) if module else None

    def resolve(self, module: Module, node: ast.expr) -> Place | None:
        """The definition of ours that an expression in a module names, if it names one."""
        if isinstance(node, ast.Name):
            return self._named(module, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            other = self.module(module.imports.get(node.value.id, ""))
            return self._named(other, node.attr) if other else None
        return None

    def _named(self, module: Module, name: str) -> Place | None:
        if name in module.definitions:
            return Place(module.name, name)
        origin, _, original = module.imports.get(name, "").rpartition(".")
        other = self.module(origin) if origin else None
        return self._named(other, original) if other else None

    def _read(self, name: str) -> Module | None:
        if name.split(".", maxsplit=1)[0] not in OURS:
            return None
        base = self._root.joinpath(*name.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return Module(name, ast.parse(path.read_text(encoding="utf-8")))
        return None


def decorated_by(node: ast.AST, *names: str) -> ast.expr | None:
    """The decorator of one of these dotted names, if the definition has one."""
    for decorator in getattr(node, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(called) in names:
            found: ast.expr = decorator
            return found
    return None


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.With | ast.If | ast.Try):
            yield from _statements(node.body)
