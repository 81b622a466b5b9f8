"""The comments of the contract: what each service, method, message and field is for.

Descriptors at run time carry no comments, so they are read from the .proto files, which are part of
the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import protos

_PACKAGE = re.compile(r"package ([\w.]+);")
_BLOCK = re.compile(r"(message|enum|service|oneof) (\w+) \{")
_METHOD = re.compile(r"rpc (\w+)\(")
_FIELD = re.compile(r"(?:[\w.<>, ]+ )?(\w+) = \d+\b")


@cache
def comments() -> Mapping[str, str]:
    """Returns the comment of each element, by its full name in the contract."""
    folder = Path(str(protos.__file__)).parent
    return dict(
        found for file in sorted(folder.rglob("*.proto")) for found in _in(file.read_text("utf-8"))
    )


def comment(full_name: str) -> str:
    """Returns the comment of one element; empty if it has none."""
    return comments().get(full_name, "")


def _in(text: str) -> Iterator[tuple[str, str]]:
    """The comments of one file. A block inside a field's options never begins like a message."""
    package = _PACKAGE.search(text)
    blocks, told = [package[1] if package else ""], []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("//"):
            told.append(line.removeprefix("//").strip())
            continue
        name = _name(line)
        if name and told:
            yield ".".join([*filter(None, blocks), name]), " ".join(told)
        told = []
        blocks += _opened(line)
        for _ in range(max(line.count("}") - line.count("{"), 0)):
            blocks.pop()


def _name(line: str) -> str:
    if block := _BLOCK.match(line):
        return block[2]
    found = _METHOD.match(line) or _FIELD.match(line)
    return found[1] if found else ""


def _opened(line: str) -> list[str]:
    """The names that a line adds to the path: fields of a oneof belong to its message."""
    more = max(line.count("{") - line.count("}"), 0)
    block = _BLOCK.match(line)
    return [block[2] if block and block[1] != "oneof" else ""] * more
