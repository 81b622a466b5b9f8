"""The output of the demo: prints each act, checks its facts, and prints the closing table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from law.errors import LawError
from services.cli.output import show
from services.cli.output.cells import articles

PATIENCE_SECONDS = 300.0  # a busy machine takes longer and is not at fault
LOOK_EVERY_SECONDS = 0.1
T = TypeVar("T")


class Broken(LawError):
    """A step of the demo failed: a fact that must be true is not true."""

    reason = "DEMO_BROKEN"
    message_zh = "演示的一步不成立"


@dataclass
class _Act:
    title: str
    ground: str
    began: float
    seconds: float = 0.0
    facts: int = 0


class Stage:
    """Prints the acts of the demo, checks their facts, and counts facts and seconds."""

    def __init__(self) -> None:
        self._acts: list[_Act] = []
        self._began = time.monotonic()

    def act(self, title: str, ground: str) -> None:
        """Starts an act of the demo: prints its title and its legal ground."""
        self._close()
        self._acts.append(_Act(title, ground, time.monotonic()))
        show.console.print()
        show.console.rule(show.styled((f"{len(self._acts)} {title}", "bold")), align="left")
        if named := articles(ground):
            show.console.print(f"  依据 {named}", style="dim", soft_wrap=True)

    def say(self, line: str) -> None:
        """Prints a line about an event of the demo."""
        show.console.print(f"  {line}", soft_wrap=True)

    def holds(self, fact: bool, zh: str, en: str) -> None:
        """Prints the sentence of a fact if `fact` is True; otherwise raises Broken."""
        if not fact:
            raise Broken(f"不成立：{zh}", f"Does not hold: {en}")
        self._acts[-1].facts += 1
        show.console.print(
            show.styled("  ", ("✓", "green"), f" {zh}  ", (en, "dim")), soft_wrap=True
        )

    async def until(
        self,
        zh: str,
        en: str,
        look: Callable[[], Awaitable[T | None]],
        patience: float = PATIENCE_SECONDS,
    ) -> T:
        """Calls `look` until it returns a value, prints `zh` and `en`, and returns the value.

        Raises Broken if `look` still returns None after `patience` seconds.
        """
        ends = time.monotonic() + patience
        while (seen := await look()) is None:
            if time.monotonic() > ends:
                raise Broken(f"{patience:.0f} 秒内未见：{zh}", f"Not seen: {en}")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        self.holds(True, zh, en)
        return seen

    def broke(self, why: str) -> None:
        """Prints the number of the act in which the demo failed, and the reason."""
        step = f"第 {len(self._acts)} 步" if self._acts else "开始之前"
        show.console.print(show.styled("\n", (f"✗ {step}：{why}", "bold red")))

    def end(self) -> None:
        """Prints the closing table: the acts with legal grounds, number of facts and seconds."""
        self._close()
        rows = [
            (n, act.title, articles(act.ground), act.facts, f"{act.seconds:.1f}")
            for n, act in enumerate(self._acts, 1)
        ]
        show.console.print()
        show.table("演示完成", ("步", "事项", "依据", "已证事实", "秒"), rows)
        total = time.monotonic() - self._began
        show.console.print(
            show.styled(("✓", "bold green"), f" 全部成立  everything held（{total:.1f} s）")
        )

    def _close(self) -> None:
        if self._acts:
            self._acts[-1].seconds = time.monotonic() - self._acts[-1].began
