"""Secrets that commands ask for or read from a file: none stands in the history of a shell."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from services.cli.groups import BAD_USAGE
from services.cli.output import show

STDIN = "-"


def ask_secret(question: str, option: str = "", *, twice: bool = False, empty: bool = False) -> str:
    """Asks for a secret, unseen; without an answer, says which option gives it, and exits with 2.

    `empty` takes an empty answer.
    """
    try:
        answer: str = typer.prompt(
            question,
            default="" if empty else None,
            show_default=False,
            hide_input=has_terminal(),
            confirmation_prompt=twice,
            err=not sys.stdout.isatty(),
        )
    except typer.Abort as nobody:
        _refuse_unanswered(question, option)
        raise typer.Exit(BAD_USAGE) from nobody
    return answer


def has_terminal() -> bool:
    """Returns True if a person can type unseen; Python warns of an echo where nobody can."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    try:
        with Path("/dev/tty").open():
            return True
    except OSError:
        return False


def secret_of(file: Path) -> str:
    """Reads a secret from the first line of a file, or the next line of the input for `-`."""
    if str(file) == STDIN:
        return sys.stdin.readline().rstrip("\r\n")
    return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")


def _refuse_unanswered(question: str, option: str) -> None:
    what = question.partition(" ")[0]
    zh, en = f"没有输入{what}：请在终端里运行", "Nobody answered: run this in a terminal"
    if option:
        zh, en = f"{zh}，或者用 {option} 给出", f"{en}, or give {option}"
    show.refuse(zh, en)
