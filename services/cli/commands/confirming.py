"""Asks before a command does what its person should have seen first, as the check page does.

Who calls a command is asked at a terminal alone: a script goes on, and is told afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from services.cli.client import Client, with_client
from services.cli.output.answer import Method


def confirm(
    asks: Callable[[Any], str],
    method: Callable[[Client], Method[Any]],
    request: Any,
    data: Path | None,
) -> None:
    """Has a request checked only, and asks what follows from the answer, if anything does.

    Raises typer.Abort after a no. Does nothing where the command itself only checks.
    """
    if request.check_only or not _somebody_answers():
        return
    checked = type(request)()
    checked.CopyFrom(request)
    checked.check_only = True
    if question := asks(with_client(data, lambda client: method(client)(checked))):
        typer.confirm(question, abort=True, err=True)


def _somebody_answers() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
