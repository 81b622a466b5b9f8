"""The data between a case and its workflow: start, signals, and inputs of activities."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field


class Rung(BaseModel):
    """A reminder or escalation of a term: `key` is its lasting id, `at` is its moment.

    `tells` is whom it is addressed to, as `law.terms.data.Told`; empty for one of before that was
    recorded, which is for the bureau of the case.
    """

    key: str
    at: datetime
    message_zh: str
    tells: list[str] = Field(default_factory=list)


class FoundBy(BaseModel):
    """What people find the workflow of a case by in Temporal's list, as of now."""

    bureau: str
    state: str


class Schedule(BaseModel):
    """The reminders and escalations of a running term, which becomes overdue at `due_at`.

    `version` is the version of the case. `edition` is the edition of the working-day calendar by
    which the days were computed; 0 for a schedule from before editions were recorded.
    """

    version: int
    due_at: datetime
    rungs: list[Rung]
    edition: int = 0
    found_by: FoundBy | None = None  # None in a message of before this was recorded

    @property
    def age(self) -> tuple[int, int]:
        """The sort key that orders the schedules of a case from the oldest to the newest."""
        return self.version, self.edition

    def agrees_with(self, other: Schedule) -> bool:
        """Returns whether two schedules have the same reminders, by the same calendar."""
        same = {"version": other.version, "found_by": other.found_by}
        return self.model_copy(update=same) == other


class End(StrEnum):
    """The ways in which a case can end."""

    DECIDED = "decided"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Ending(BaseModel):
    """The end of a case; `outcome` is the outcome of its decision, empty for a case without one."""

    how: End
    outcome: str = ""
    found_by: FoundBy | None = None


class CaseStart(BaseModel):
    """The input with which a workflow starts or continues a case from its present state."""

    case_id: str
    offset_seconds: float  # how far the platform's time is ahead of the machine's
    schedule: Schedule | None = None
    ending: Ending | None = None
    reached: list[str] = Field(default_factory=list)  # keys of the rungs already announced
    # With a longer history the workflow continues as a new run. Signals that come together are one
    # step, so a run can be a little longer; it stays under 500 events.
    events_per_run: int = 300


class ClockMove(BaseModel):
    """A move of the sandbox's clock, which only moves forward."""

    offset_seconds: float


class Stuck(BaseModel):
    """The final refusal of an activity of a case; a person must act."""

    case_id: str
    step: str
    why: str


class RungDue(BaseModel):
    """A reminder or escalation of a case's term whose moment has come."""

    case_id: str
    rung: Rung
