"""Carries exposures of before ADR 0055 over to exposure lists, of one subject each.

A unit head could make the last step of a follow-up public alone, and it stayed public until the
follow-up was closed. Each of an open follow-up becomes an entry, which then says what is still true
or comes down like any other. Of one for a grade grading is asked first whether the public is shown
that grade (S1 18); until it answers, nothing of it is public.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import structlog
from sqlmodel import col, select

from law.courses import rung_of
from law.escalation import Step, exposure_rules
from law.periods import local_day
from plumbing.change import Change, Changes
from plumbing.client import Refusal
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.leadership import exclusively
from plumbing.identity import service_caller
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.clients import Clients
from services.alerts.escalation.filing import is_open
from services.alerts.exposure_lists.endings import WHY, end, settle
from services.alerts.exposure_lists.grounds import already_listed, not_shown
from services.alerts.exposure_lists.tables import (
    Ended,
    EntryState,
    ExposureEntry,
    ExposureList,
    ListState,
)
from services.alerts.tables import Escalation, EscalationStep, StepState

AGAIN_SECONDS = 60.0
CARRIED = "原为单独曝光（{number}），批准人在批准时确认事实已经核实、已经保密审查。"
log = structlog.get_logger()
Exposed = tuple[EscalationStep, Escalation]


class CarryingOver:
    """Carries over what was exposed singly, as long as a former release may still expose so."""

    def __init__(self, changes: Changes, clients: Clients) -> None:
        self._changes, self._clients = changes, clients

    async def run(self) -> NoReturn:
        """Looks once a minute, for ever."""
        while True:
            try:
                await self.look()
            except (*DATABASE_AWAY, Refusal) as error:
                log.info("exposures.waiting", error=str(error)[:200])
            await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Carries over whatever there is; raises Refusal if grading does not answer.

        What is no grade's waits for no answer.
        """
        async with self._changes.database.snapshot() as session:
            found: Sequence[Exposed] = (await session.exec(single_exposures())).all()
        graded = [(step, case) for step, case in found if case.grade]
        if others := [step.step_id for step, case in found if not case.grade]:
            await self._carry_over(others, {})
        if graded:
            subject_ids = sorted({case.subject_id for _, case in graded})
            public = await self._clients.public_grades(subject_ids, "")
            await self._carry_over([step.step_id for step, _ in graded], public)

    async def _carry_over(
        self, step_ids: Sequence[int | None], public: Mapping[str, Grade]
    ) -> None:
        async with self._changes.change(service_caller("alerts")) as change:
            await carry_over(change, step_ids, public)


def single_exposures() -> Any:
    """Returns the query of the steps, with their cases, that are exposed without a list."""
    return (
        select(EscalationStep, Escalation)
        .join(Escalation, col(Escalation.escalation_id) == col(EscalationStep.escalation_id))
        .where(
            col(EscalationStep.step) == Step.EXPOSURE,
            col(EscalationStep.state) == StepState.CARRIED_OUT,
            col(EscalationStep.statement) != "",
            is_open(),
        )
        .order_by(col(EscalationStep.step_id))
    )


async def carry_over(
    change: Change, step_ids: Sequence[int | None], public: Mapping[str, Grade]
) -> None:
    """Makes these exposures of open cases entries of lists, and ends what may not be public.

    `public` are the grades of their subjects as the public is shown them.
    """
    await exclusively(change.session, "escalations")
    rows = single_exposures().where(col(EscalationStep.step_id).in_(step_ids))
    found: Sequence[Exposed] = (await change.session.exec(rows.with_for_update())).all()
    listed = await already_listed(change.session, {case.subject_id for _, case in found})
    for step, case in found:
        row, entry = _list_of(step, case)
        step.statement, step.media = "", []
        change.session.add(step)
        if (case.subject_id, case.course) in listed:
            change.audit(  # a list names it already, and once is enough
                "drop_single_exposure",
                f"escalation/{case.escalation_id}",
                before={"number": row.number, "statement": entry.statement, "media": row.media},
                ground=exposure_rules(change.today).verified_cite,
                bureau=row.bureau,
            )
            continue
        listed.add((case.subject_id, case.course))
        change.session.add_all([row, entry])
        await change.session.flush()
        change.audit(
            "carry_over_exposure",
            f"exposure-list/{row.list_id}",
            after={"number": row.number, "escalation": case.escalation_id, "entry": entry.entry_id},
            ground=exposure_rules(change.today).reviewed_cite,
            bureau=row.bureau,
        )
        if not_shown(entry, public.get(case.subject_id)):
            await end(change, entry, Ended.NOT_SHOWN, WHY[Ended.NOT_SHOWN])
    await change.session.flush()
    await settle(change, {case.subject_id for _, case in found})


def _list_of(step: EscalationStep, case: Escalation) -> tuple[ExposureList, ExposureEntry]:
    """The list and the entry of a step as it was decided; nobody compiled or reviewed it."""
    exposed_at = step.decided_at or step.proposed_at
    row = ExposureList(
        list_id=str(uuid.uuid4()),
        bureau=case.bureau,
        state=ListState.RELEASED,
        verified_how=CARRIED.format(number=step.number),
        compiled_by="",
        compiled_at=exposed_at,
        released_by=step.decided_by,
        released_at=exposed_at,
        media=step.media,
        number=step.number,
    )
    entry = ExposureEntry(
        list_id=row.list_id,
        subject_id=case.subject_id,
        bureau=case.bureau,
        course=case.course,
        cite=rung_of(case.course, Step.EXPOSURE, local_day(exposed_at)).cite,
        escalation_id=case.escalation_id,
        ruleset_id=case.ruleset_id,
        grade=case.grade,
        receipt_id=case.receipt_id,
        statement=step.statement,
        state=EntryState.PUBLIC,
        notice_id=step.notice_id,
    )
    return row, entry
