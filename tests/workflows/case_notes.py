"""Stand-ins for the activities of a case, which note each call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from law.periods import start_of
from services.objection.messages import RungDue, Stuck

DAY = timedelta(days=1)
STARTS_ON = date(2026, 9, 14)
MORNING = start_of(STARTS_ON, 10)
FOLLOW_THROUGH = [
    "note_grade_before",
    "note_public",
    "carry_out",
    "end_contested",
    "note_grade_after",
    "publish_changes",
    "inform_receivers",
    "issue_letter",
    "settle",
]
_OTHERS = ["mark_contested", "send_back", "repair_records"]


def offset() -> float:
    """As in a sandbox in which it is the morning of 14 September now."""
    return (MORNING - datetime.now(UTC)).total_seconds()  # noqa: TID251


class Notes:
    """Activities that note their calls, and the keys of the reminders they announce."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.rungs: list[str] = []
        self.failures: dict[str, int] = {}
        self.refusals: dict[str, int] = {}
        self.stuck: list[str] = []
        self.attempts_failed = 0

    def all(self) -> list[Callable[..., Any]]:
        return [
            self.reach_rung,
            self.report_stuck,
            *(self._noting(n) for n in _OTHERS + FOLLOW_THROUGH),
        ]

    @activity.defn
    async def reach_rung(self, due: RungDue) -> None:
        self.rungs.append(due.rung.key)

    @activity.defn
    async def report_stuck(self, stuck: Stuck) -> None:
        self.stuck.append(stuck.step)

    def _noting(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def note(case_id: str) -> None:
            if self.failures.get(name, 0):
                self.failures[name] -= 1
                self.attempts_failed += 1
                raise OSError("the neighbour is away")
            if self.refusals.get(name, 0):
                self.refusals[name] -= 1
                raise ApplicationError("refused for good", non_retryable=True)
            self.done.append(name)

        return note

    def have(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return len(self.rungs) >= count

        return enough

    async def is_stuck(self) -> bool:
        return bool(self.stuck)

    async def failed(self) -> bool:
        return self.attempts_failed > 0

    async def marked(self) -> bool:
        return "mark_contested" in self.done

    async def begun(self) -> bool:
        return "mark_contested" in [*self.done, *self.stuck]
