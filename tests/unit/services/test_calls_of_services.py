"""Each service may call exactly what its code calls: policies and code are compared both ways."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbing.settings import CALLERS, PORTAL
from tests.unit.services.cli.test_table import POLICIES, short

ROOT = Path(__file__).parents[3] / "services"
PLUMBING = ROOT.parent / "plumbing"  # which every service but the portal is built of
# The file of a case, and what an institution forecasts by, are read with the token of whoever asks,
# by the portal and the command.
READERS_OWN = {PLUMBING / "papers" / "case_file", PLUMBING / "forecast.py"}
# LoginService takes the secret alone; Check is also a method of gRPC's health service.
OPEN = {"LoginService", "Check"}
METHODS = {method.rpartition("/")[2] for method in POLICIES}


def called_by(service: str) -> set[str]:
    """The RPCs that the code of a service calls in its own name."""
    paths = [*(ROOT / service).rglob("*.py")]
    # Of the plumbing, the portal asks in its own name only which logins were ended.
    paths += PLUMBING.rglob("*.py" if service != PORTAL else "ended_sessions.py")
    in_own_name = (path for path in paths if READERS_OWN.isdisjoint([path, *path.parents]))
    return {name for path in in_own_name for name in _calls(path)} - OPEN


def _calls(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for called in _of_methods(function):
                if _is_in_its_own_name(path, _stub(function, called.value)):
                    yield called.attr


def _of_methods(function: ast.AST) -> Iterator[ast.Attribute]:
    for node in ast.walk(function):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in METHODS:
            yield called


def _stub(function: ast.AST, stub: ast.expr) -> str:
    """How the code names a stub; for a variable, what the function assigned to it."""
    name = ast.unparse(stub)
    assigned = [
        ast.unparse(node)
        for node in ast.walk(function)
        if isinstance(stub, ast.Name) and isinstance(node, ast.Assign) and name in ast.unparse(node)
    ]
    return " ".join([name, *assigned])


def _is_in_its_own_name(path: Path, stub: str) -> bool:
    # With all its other stubs the portal asks in the name of its visitor.
    in_portal = path.is_relative_to(ROOT / PORTAL)
    if stub == "servicer":  # its own method, rehearsed in the name of whoever asks
        return False
    return not in_portal or stub in ("self.identity", "self.calendar") or "visitor.identity" in stub


def named_for(service: str) -> set[str]:
    """The RPCs whose policy names a service."""
    return {
        method.rpartition("/")[2] for method, rule in POLICIES.items() if service in rule.services
    }


def test_the_name_of_a_method_tells_it() -> None:
    of_name: defaultdict[str, set[str]] = defaultdict(set)
    for method in POLICIES:
        of_name[method.rpartition("/")[2]].add(short(method))
    assert {name: paths for name, paths in of_name.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("service", CALLERS)
def test_a_service_may_call_what_its_code_calls_and_nothing_else(service: str) -> None:
    assert named_for(service) == called_by(service)


def test_the_policies_name_no_other_services() -> None:
    assert set[str]().union(*(rule.services for rule in POLICIES.values())) <= set(CALLERS)
    assert PORTAL in CALLERS
