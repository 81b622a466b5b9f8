"""Code as far as it decides on commands: the same text for code that yields the same ones.

Left out is what Temporal does not compare on replay: comments, formatting, docstrings, types, log
lines, timeouts, patience and labels of an activity. An activity stands for itself by its name.
"""

from __future__ import annotations

import ast
import copy
import hashlib

from tools.fingerprints.code import Code, Function, Module, decorated_by

LOGS = frozenset({"log", "logger", "_log", "_logger", "LOG", "_LOG", "workflow.logger"})
UNCOMPARED = frozenset(
    {
        "result_type",
        "schedule_to_close_timeout",
        "schedule_to_start_timeout",
        "start_to_close_timeout",
        "heartbeat_timeout",
        "retry_policy",
        "summary",
        "static_summary",
        "static_details",
        "timeout_summary",
    }
)
_SILENT = {"ctx", "type_comment", "type_params", "kind"}


class Normal(ast.NodeTransformer):
    """Removes what yields no command, and names activities."""

    def __init__(self, code: Code, module: Module) -> None:
        self._code, self._module = code, module

    def function(self, node: Function) -> Function:
        """A function of the module, made normal."""
        made = self.visit(copy.deepcopy(node))
        assert isinstance(made, Function)  # noqa: S101 - what was put in comes out
        return made

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign(targets=[node.target], value=node.value))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """A log line goes, and so does a text that nobody uses."""
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Constant):
            return None
        called = value.func if isinstance(value, ast.Call) else None
        if isinstance(called, ast.Attribute) and ast.unparse(called.value) in LOGS:
            return None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func).startswith("workflow."):
            node.keywords = [word for word in node.keywords if word.arg not in UNCOMPARED]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        place = self._code.resolve(self._module, node)
        activity = activity_name(self._code.definition(place)) if place else None
        return ast.Constant(value=f"activity {activity}") if activity else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        place = self._code.resolve(self._module, node)
        found = self._code.definition(place) if place else self._method(node)
        activity = activity_name(found)
        return ast.Constant(f"activity {activity}") if activity else self.generic_visit(node)

    def _method(self, node: ast.Attribute) -> ast.AST | None:
        """`Activities.bill` where `Activities` is a class of ours."""
        place = self._code.resolve(self._module, node.value)
        of = self._code.definition(place) if place else None
        if not isinstance(of, ast.ClassDef):
            return None
        return next((f for f in of.body if isinstance(f, Function) and f.name == node.attr), None)

    def _function(self, node: Function) -> ast.AST:
        node.returns = None
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


def activity_name(node: ast.AST | None) -> str | None:
    """The name by which a definition is called as an activity; None when it is none."""
    if not isinstance(node, Function) or (by := decorated_by(node, "activity.defn")) is None:
        return None
    return given_name(by) or node.name


def given_name(decorator: ast.expr) -> str | None:
    """The `name=` of a decorator, where it is written out."""
    for word in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if word.arg == "name" and isinstance(word.value, ast.Constant):
            return str(word.value.value)
    return None


def digest(node: ast.AST) -> str:
    """A short hash of normal code, the same under every Python."""
    return hashlib.sha256(_dump(node).encode()).hexdigest()[:16]


def _dump(value: object) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(_dump, value)) + "]"
    if not isinstance(value, ast.AST):
        return repr(value)
    fields = ((name, item) for name, item in ast.iter_fields(value) if name not in _SILENT)
    told = ",".join(f"{name}={_dump(item)}" for name, item in fields if item not in (None, []))
    return f"{type(value).__name__}({told})"
