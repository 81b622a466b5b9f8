"""What passes between a case and its workflow: the start, the signals, the activities' inputs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field


class Rung(BaseModel):
    """A reminder or escalation of a term: `key` identifies it for ever, `at` is its moment."""

    key: str
    at: datetime
    message_zh: str


class Schedule(BaseModel):
    """The reminders of a running term, which becomes overdue at `due_at`.

    `version` is the version of the case, `edition` the edition of the working-day calendar from
    which the days were computed; 0 for a schedule made before editions were noted.
    """

    version: int
    due_at: datetime
    rungs: list[Rung]
    edition: int = 0

    @property
    def age(self) -> tuple[int, int]:
        """Orders the schedules of a case from the oldest to the newest."""
        return self.version, self.edition

    def agrees_with(self, other: Schedule) -> bool:
        """Whether both remind at the same moments by the same edition, whatever their versions."""
        return self.model_copy(update={"version": other.version}) == other


class End(StrEnum):
    """How a case can end."""

    DECIDED = "decided"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Ending(BaseModel):
    """How a case ended; `outcome` is that of the decision, empty where there was none."""

    how: End
    outcome: str = ""


class CaseStart(BaseModel):
    """Everything a workflow needs to continue a case from its present state."""

    case_id: str
    offset_seconds: float  # how far the platform's time is ahead of the machine's
    schedule: Schedule | None = None
    ending: Ending | None = None
    reached: list[str] = Field(default_factory=list)  # keys of the rungs already announced
    events_per_run: int = 2000  # with a longer history the workflow continues as a new run


class ClockMove(BaseModel):
    """The clock of the sandbox was moved; it only moves forward."""

    offset_seconds: float


class Stuck(BaseModel):
    """An activity of a case was refused for good; a person must act."""

    case_id: str
    step: str
    why: str


class RungDue(BaseModel):
    """A rung of a case whose moment has come."""

    case_id: str
    rung: Rung
