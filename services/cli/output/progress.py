"""Tells on a terminal how far a long command has come; in a file or a pipe it tells nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from services.cli.output.language import choose

if TYPE_CHECKING:
    from plumbing.state.agreement import Stage

CLEAR = "\r\x1b[K"


class Progress:
    """One line on the standard error that is written anew, and cleared at the end."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._write("")

    def check(self, stage: Stage) -> None:
        """Tells how far a consistency check has come."""
        if stage.under_way:
            waits = f"{stage.under_way:,}"
            self._write(choose(f"等待处理完毕，还有 {waits} 项", f"waiting: {waits} under way"))
        else:
            parts = f"{stage.done} / {stage.of}"
            self._write(choose(f"正在核对 {parts}", f"checking {parts}"))

    def services(self, done: int, of: int) -> None:
        """Tells how many services have started their missing workflows."""
        self._write(choose(f"正在核对各服务的流程 {done} / {of}", f"services done {done} / {of}"))

    def rows(self, written: int, total: int) -> None:
        """Tells how many rows of a list are written; `total` is 0 if it is unknown."""
        of = f" / {total:,}" if total else ""
        self._write(choose(f"已写 {written:,}{of} 行", f"{written:,}{of} rows written"))

    def _write(self, line: str) -> None:
        if self._shown:
            print(f"{CLEAR}{line}", end="", file=sys.stderr, flush=True)  # noqa: T201 - no newline
