"""What the frame of all pages sets is no name that a page gives to its template."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PORTAL = Path(__file__).resolve().parents[4] / "services" / "portal"
SET = re.compile(r"{%-?\s*set\s+([\w, ]+?)\s*=")


def _set_by_the_frame() -> set[str]:
    frame = (PORTAL / "templates" / "frame.html").read_text("utf-8")
    return {name.strip() for found in SET.findall(frame) for name in found.split(",")}


def _given_by_pages() -> set[str]:
    names = set()
    for path in (PORTAL / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "page":
                names |= {one.arg for one in node.keywords if one.arg}
    return names


def test_the_frame_overwrites_nothing_of_a_page() -> None:
    assert _set_by_the_frame()
    assert "shown" in _given_by_pages()
    assert _set_by_the_frame().isdisjoint(_given_by_pages())
