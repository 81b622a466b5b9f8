"""The ladder that follows a red alert: which steps, when the next is due, who approves it.

S4 四(二); S1 12(二), 19; R-130…R-133. The texts leave order and waits open (C-31): the figures are
examples, and say so. Nothing is taken by itself; a step that is due is proposed to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from law.disclosure import may_list_openly
from law.errors import Fault, InvalidInput
from law.evidence import SubjectKind
from law.packaged import read
from law.workdays import Due, Edition, nth_working_day


class Step(StrEnum):
    """The steps, mildest first."""

    REMINDER = "reminder"  # 提醒
    GUIDANCE_LETTER = "guidance_letter"  # 行政指导建议书
    INTERVIEW = "interview"  # 约谈
    EXPOSURE = "exposure"  # 曝光


@dataclass(frozen=True, slots=True)
class Rung:
    """A step with its ground: `days` working days after what came before, `approver` a role.

    `example` says that the wait is not the bureau's own figure yet.
    """

    step: Step
    name_zh: str
    name_en: str
    cite: str
    approver: str
    days: int
    example: bool


@dataclass(frozen=True, slots=True)
class ExposureRules:
    """What must be done before anything is made public, each with its article (S1 18, 19)."""

    verified_cite: str
    reviewed_cite: str


def ladder(kind: SubjectKind) -> tuple[Rung, ...]:
    """The steps towards a subject of that kind, mildest first; natural persons are never exposed.

    S4 四(二); S1 12(二). S4 三(五) keeps natural persons out of everything public.
    """
    rungs = tuple(_rung(entry) for entry in read("escalation")["ladder"])
    return tuple(r for r in rungs if r.step is not Step.EXPOSURE or may_list_openly(kind))


def rung(step: Step) -> Rung:
    """A step with its ground."""
    return next(r for r in ladder(SubjectKind.ORGANISATION) if r.step is step)


def following(step: Step, kind: SubjectKind) -> Rung | None:
    """The step after this one; None at the end of the ladder."""
    rungs = ladder(kind)
    later = [r.step for r in rungs].index(step) + 1
    return rungs[later] if later < len(rungs) else None


def due_on(rung: Rung, since: date, edition: Edition) -> Due:
    """The day on whose morning a step is due, counted from the day of what came before it."""
    return nth_working_day(since, rung.days, edition)


def review_on(asked: date | None, today: date, edition: Edition) -> date:
    """When a declined or deferred step is looked at again: the day asked for, or the usual one.

    Raises InvalidInput for a day that is not to come, or too far away.
    """
    entry = read("escalation")["review"]
    usual = nth_working_day(today, entry["days"], edition).date
    latest = nth_working_day(today, entry["at_most_days"], edition).date
    day = asked or usual
    if not today < day <= latest:
        zh = f"复查日应在今日之后、{latest} 之前（含）"
        raise InvalidInput(
            faults=[Fault("review_on", zh, f"must be after today and not after {latest}")]
        )
    return day


def exposure_rules() -> ExposureRules:
    """What must be done before anything is made public (S1 18, 19)."""
    return ExposureRules(**read("escalation")["exposure"])


def archive_cite(ruleset_id: str, grade: str) -> str:
    """The article by which an interview is noted in the archive; empty where no text says so.

    R-131: S3 24(三) for grade D, by S3 25 also for E. It deducts and never judges (C-07).
    """
    for entry in read("escalation")["archive"]:
        if entry["ruleset"] == ruleset_id and grade in entry["grades"]:
            return str(entry["cite"])
    return ""


def _rung(entry: Mapping[str, Any]) -> Rung:
    return Rung(
        step=Step(entry["id"]),
        **{name: entry[name] for name in ("name_zh", "name_en", "cite", "approver")},
        days=entry["days"],
        example=entry["example"],
    )
