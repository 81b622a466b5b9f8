"""What a case's workflow is told: its start, its signals and its activities' input, one each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field


class Rung(BaseModel):
    """A reminder point: `key` names it once and for all, `at` is its moment."""

    key: str
    at: datetime
    message_zh: str


class Schedule(BaseModel):
    """A running term: overdue at `due_at`. A lower `version` never replaces a higher one."""

    version: int
    due_at: datetime
    rungs: list[Rung]


class End(StrEnum):
    """How the waiting ends."""

    DECIDED = "decided"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Ending(BaseModel):
    """The waiting is over; `outcome` is that of the decision, if there was one."""

    how: End
    outcome: str = ""


class CaseStart(BaseModel):
    """All a workflow needs to go on with a case from wherever it stands."""

    case_id: str
    offset_seconds: float  # how far the platform's time runs ahead of the machine's
    schedule: Schedule | None = None
    ending: Ending | None = None
    reached: list[str] = Field(default_factory=list)
    events_per_run: int = 2000  # a longer history goes on as a new run


class ClockMove(BaseModel):
    """The sandbox's clock was moved; it only ever moves forward."""

    offset_seconds: float


class Stuck(BaseModel):
    """A step of following a case through was refused for good; a person must see to it."""

    case_id: str
    step: str
    why: str


class RungDue(BaseModel):
    """A rung of a case whose moment has come."""

    case_id: str
    rung: Rung
