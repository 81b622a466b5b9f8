"""The tree of commands, walked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from services.cli.__main__ import app


@cache
def root() -> Any:
    """The command `quanheng`; commands that were loaded once stay loaded."""
    return get_command(app)


def commands(command: Any = None, name: str = "quanheng") -> Iterator[tuple[str, Any]]:
    """Every group and command with the words that call it, `quanheng` first."""
    command = command or root()
    yield name, command
    if isinstance(command, TyperGroup):
        context: Any = command.context_class(command)
        for part in command.list_commands(context):
            yield from commands(command.get_command(context, part), f"{name} {part}")
