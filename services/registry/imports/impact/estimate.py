"""Estimates whether a batch would cause so many effects at once that a person must approve it.

The effects are alerts and lower grades. The limits are settings of the deployment, not law. A first
load (`baseline`) raises no alerts and is not estimated, unless it states what need not be verified
or ends red alerts on file; any further one needs approval.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from plumbing.settings import Settings
from services.registry.imports.impact.alarms import count_alarms
from services.registry.imports.impact.grade_drops import GradeDrops, Question, supposed_subjects
from services.registry.imports.plan.plan import Context, Plan

_LATER = ("exempted", "unverified")


@dataclass(frozen=True)
class Limits:
    """The limits of the effects that a batch may have without a person's approval.

    `alerts` is a share of the instruments that the batch concerns, `drops` a share of the graded
    subjects, both from 0 to 1. Fewer than `least` alerts or drops never need approval.
    """

    alerts: float
    drops: float
    least: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Returns the limits that the deployment's settings give."""
        return cls(
            settings.import_alert_share, settings.import_drop_share, settings.import_burst_least
        )


@dataclass(frozen=True)
class Estimate:
    """The estimated effects of a batch, with the limits.

    `alerts` is the number of `instruments` that would get a new alert, `drops` the number of
    `graded` subjects whose grade would fall. `digest` identifies the plan and both numbers.
    `reds_ended` is the number of red alerts that would end without a verification, `load_again` is
    true for a first load where there was one before, `beyond_cycle` is the number of verifications
    that are valid for longer than the cycle of their type, `exempted` the number of instruments
    that would be under compulsory verification no more, and `unverified` that of those that would
    be in use although they were never verified.
    """

    alerts: int
    instruments: int
    drops: int
    graded: int
    alert_share: float
    drop_share: float
    least: int
    digest: str = ""
    reds_ended: int = 0
    load_again: bool = False
    beyond_cycle: int = 0
    exempted: int = 0
    unverified: int = 0

    def kept(self) -> dict[str, Any]:
        """Returns the fields to keep with the batch.

        A replica of the last release cannot read some of them; they are left out where they are 0.
        """
        return {name: value for name, value in asdict(self).items() if name not in _LATER or value}

    @property
    def is_burst(self) -> bool:
        """Whether a limit is exceeded, so that a person must approve the batch.

        A batch that ends red alerts, states what need not be verified, exceeds the cycle of a type,
        or is a silent load after the first always needs one (S1 20).
        """
        if self.reds_ended or self.load_again or self.beyond_cycle or self.exempted:
            return True
        alarming = self.alerts >= self.least and self.alerts > self.alert_share * self.instruments
        falling = self.drops >= self.least and self.drops > self.drop_share * self.graded
        return alarming or falling


class DropsUnknown(Exception):
    """Raised when the grading service must be asked first how many grades a plan would lower.

    The transaction in which it is raised has no effect.
    """

    def __init__(self, question: Question, *, only_checks: bool) -> None:
        super().__init__("grading has not been asked")
        self.question, self.only_checks = question, only_checks


async def estimate(context: Context, plan: Plan, limits: Limits, drops: GradeDrops) -> Estimate:
    """Estimates how many alerts and lower grades a plan would cause.

    Notes in the plan what it puts into use although it was never verified. `drops` is the last
    answer of the grading service. Raises DropsUnknown if it is not the answer to the question about
    this plan. Grading need not be asked about a plan with fewer subjects than `limits.least`: it
    cannot exceed the limit.
    """
    question = Question(context.header.bureau or context.caller.bureau, supposed_subjects(plan))
    if len(question.subjects) < limits.least:
        drops = GradeDrops()
    elif drops.question != question.digest:
        raise DropsUnknown(question, only_checks=context.header.mode == "check")
    alarms = await count_alarms(context, plan)
    shares = (limits.alerts, limits.drops, limits.least)
    result = Estimate(alarms.alerts, alarms.instruments, drops.fallen, drops.graded, *shares)
    result = replace(result, reds_ended=alarms.reds_ended, beyond_cycle=len(plan.beyond_cycle))
    result = replace(result, exempted=alarms.exempted, unverified=alarms.unverified)
    plan.unverified_in_use = alarms.put_into_use
    content = json.dumps([plan.digest(), result.alerts, result.drops])
    return replace(result, digest=hashlib.sha256(content.encode()).hexdigest())
