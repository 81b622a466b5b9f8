"""Whether a batch would set off so much at once that a person has to look at it first.

Nothing here is law: the limits are settings of the deployment. A first load (`baseline`) raises no
alerts and is not estimated.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from plumbing.settings import Settings
from services.registry.imports.impact.alarms import count_alarms
from services.registry.imports.impact.grade_drops import GradeDrops, Question, supposed_subjects
from services.registry.imports.plan.plan import Context, Plan


@dataclass(frozen=True)
class Limits:
    """What a batch may set off without anybody having looked at it.

    `alerts` is a share of the instruments that the batch concerns, `drops` one of the graded
    subjects, both from 0 to 1. Fewer than `least` alerts or drops never need approval.
    """

    alerts: float
    drops: float
    least: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits of a deployment."""
        return cls(
            settings.import_alert_share, settings.import_drop_share, settings.import_burst_least
        )


@dataclass(frozen=True)
class Estimate:
    """What a batch would set off, with the limits; `digest` names it and everything planned."""

    alerts: int
    instruments: int
    drops: int
    graded: int
    alert_share: float
    drop_share: float
    least: int
    digest: str = ""

    @property
    def is_burst(self) -> bool:
        """Whether a limit is exceeded, so that somebody has to approve the batch."""
        alarming = self.alerts >= self.least and self.alerts > self.alert_share * self.instruments
        falling = self.drops >= self.least and self.drops > self.drop_share * self.graded
        return alarming or falling


class DropsUnknown(Exception):
    """Grading must be asked about a plan first; the transaction ends without effect."""

    def __init__(self, question: Question, *, only_checks: bool) -> None:
        super().__init__("grading has not been asked")
        self.question, self.only_checks = question, only_checks


async def estimate(context: Context, plan: Plan, limits: Limits, drops: GradeDrops) -> Estimate:
    """Estimates a plan; `drops` is what grading answered so far.

    Raises DropsUnknown where `drops` does not answer the question about this plan. A plan with
    fewer subjects than the least number is not asked about: it cannot exceed the limit.
    """
    question = Question(context.header.bureau or context.caller.bureau, supposed_subjects(plan))
    if len(question.subjects) < limits.least:
        drops = GradeDrops()
    elif drops.question != question.digest:
        raise DropsUnknown(question, only_checks=context.header.mode == "check")
    alerts, instruments = await count_alarms(context, plan)
    shares = (limits.alerts, limits.drops, limits.least)
    result = Estimate(alerts, instruments, drops.fallen, drops.graded, *shares)
    content = json.dumps([plan.digest(), result.alerts, result.drops])
    return replace(result, digest=hashlib.sha256(content.encode()).hexdigest())
