"""The checks and repairs of escalation cases for `quanheng check` and `quanheng reconcile`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import NoReturn

import sqlalchemy as sa
import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.escalation import Step
from law.terms.workdays import edition
from plumbing.calendars.editions import CalendarFollower
from plumbing.change import Changes
from plumbing.chunks import chunks
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.service import Findings, Reconciled
from plumbing.together import together
from services.alerts.escalation.cases import MATTER, counted_due_on, derive_again, match_cases
from services.alerts.escalation.filing import is_open
from services.alerts.escalation.grade_cases import disagreeing, match_grades
from services.alerts.escalation.holding import held_cases, release, waits
from services.alerts.escalation.interviews import noted_by
from services.alerts.escalation.red_alerts import IS_OWNED, ON_INSTRUMENT, RED_APPLIES, of_case
from services.alerts.escalation.timers import EscalationTimers
from services.alerts.tables import (
    Alert,
    AppliedEdition,
    Escalation,
    EscalationAlert,
    EscalationState,
    EscalationStep,
    Instrument,
    StepState,
)
from services.alerts.timers import Timers, escalation_id

# A workflow starts a moment after its case changes; only a difference that lasts is a problem.
LASTING_SECONDS = 3.0
LOOK_EVERY_SECONDS = 0.1
AGAIN_SECONDS = 1.0
INSTRUMENTS_PER_CHANGE = 500
log = structlog.get_logger()


class EscalationChecks:
    """Checks that red alerts, escalation cases and workflows agree, and repairs differences."""

    def __init__(self, database: Database, clock: Clock, timers: Timers) -> None:
        self._database, self._timers = database, timers
        self._changes = Changes(database, clock)
        self._escalation_timers = EscalationTimers(database, timers, clock)
        self._calendar = CalendarFollower.of(database, AppliedEdition)

    async def check(self, session: AsyncSession, findings: Findings) -> None:
        """Reports missing cases, cases that should be closed, and due days that are out of date."""
        for subject_id in sorted(await _without_case(session)):
            zh, en = "有红色警示但没有未终结的督促案件", "A red alert stands and no case is open"
            findings.differ("escalation.missing", f"subject/{subject_id}", zh, en)
        for case, _ in await _cured(session):
            zh, en = "已无红色警示但督促案件未终结", "No red alert stands and the case is open"
            findings.differ("escalation.not_closed", f"escalation/{case}", zh, en)
        await self._check_grades(session, findings)
        for waiting in await _waiting_cases(session):
            if counted_due_on(waiting) != waiting.due_on:
                zh = "督促步骤的到期日与现行工作日历或阶梯不符，请执行 quanheng reconcile"
                en = "The due day of the step is not that of the calendar and ladder in force"
                findings.differ(
                    "escalation.due_on_old", f"escalation/{waiting.escalation_id}", zh, en
                )
        for held in await held_cases(session):
            if not await waits(session, held):
                zh = "督促案件暂缓，但已没有按时提出的检定申请或者异议，请执行 quanheng reconcile"
                en = "The case is held, and neither an order made in time nor an objection holds it"
                about = f"escalation/{held.escalation_id}"
                findings.differ("escalation.held_without_order", about, zh, en)
        for case_id in await _not_to_be_noted(session, self._changes.clock.today()):
            zh = "约谈按规定应记入信用档案，而通知没有写明；请改期，重新发出通知"
            en = (
                "The invitation does not say that the archive notes the interview, as a text"
                " commands; move it, which sends a new one"
            )
            findings.differ("escalation.interview_not_noted", f"escalation/{case_id}", zh, en)
        findings.figures |= await _figures(session)

    async def _check_grades(self, session: AsyncSession, findings: Findings) -> None:
        lacking, ended = await disagreeing(session, self._changes.clock.today())
        for subject_id in lacking:
            zh, en = "等级须督促而没有未终结的督促案件", "The grade calls for a case; none is open"
            findings.differ("escalation.missing", f"subject/{subject_id}", zh, en)
        for case in sorted(ended):
            zh = "等级已不须督促，或者主体已不存在，而案件未终结"
            en = "The grade calls for no case, or the subject is no more; it is open"
            findings.differ("escalation.not_closed", f"escalation/{case}", zh, en)

    async def check_workflows(self, findings: Findings) -> None:
        """Reports cases without a running workflow, and running workflows without an open case.

        A difference is reported only if it lasts for three seconds.
        """
        missing, orphaned = await self._differences()
        ends = asyncio.get_running_loop().time() + LASTING_SECONDS
        while (missing or orphaned) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            missing, orphaned = await self._differences()
        for case in missing:
            zh, en = "督促案件没有运行中的流程，请执行 quanheng reconcile", "No workflow is running"
            findings.differ("escalation.workflow_missing", f"escalation/{case}", zh, en)
        for case in orphaned:
            zh, en = "已终结的督促案件仍有运行中的流程", "A closed case has a running workflow"
            findings.differ("escalation.workflow_orphan", f"escalation/{case}", zh, en)

    async def reconcile(self, report: Reconciled) -> None:
        """Opens and closes escalation cases and updates due days where needed.

        Then starts each missing workflow of a case.
        """
        await self._match_cases()
        await self._derive_again()
        cases = [case.escalation_id for case in await self._escalation_timers.open_cases()]
        run = await together(map(escalation_id, cases), self._timers.keep)
        missing = [case for case, runs in zip(cases, run, strict=True) if not runs]
        report.running += len(cases) - len(missing)
        report.started += map(escalation_id, missing)
        await self._escalation_timers.push(cases)

    async def _match_cases(self) -> None:
        async with self._database.snapshot() as session:
            red = [i for ids in (await _without_case(session)).values() for i in ids]
            cured = [subject for _, subject in await _cured(session)]
        for chunk in chunks(red, INSTRUMENTS_PER_CHANGE):
            await self._match(chunk, [])
        await self._match([], cured)
        await self._match_grades()
        async with self._changes.change(service_caller("alerts")) as change:
            await release(change)

    async def _match_grades(self) -> None:
        async with self._database.snapshot() as session:
            lacking, ended = await disagreeing(session, self._changes.clock.today())
        subjects = {*lacking, *ended.values()}
        async with self._changes.change(service_caller("alerts")) as change:
            await match_grades(change, subjects)

    async def _match(self, instruments: list[str], subjects: list[str]) -> None:
        async with self._changes.change(service_caller("alerts")) as change:
            await match_cases(change, instruments, subjects)

    async def adopt_calendar(self) -> NoReturn:
        """Computes the due days of open cases again by each edition that is put in force, for ever.

        Runs in the background from the start of the process. A case with a changed due day is
        announced, and this event signals the workflow of the case.
        """
        adopted: int | None = None
        while True:
            try:
                await self._calendar.look()
                newest = edition().number
                if newest != adopted:
                    await self._derive_again()
                    adopted = newest
            except DATABASE_AWAY as error:
                log.info("calendar.waiting", error=str(error)[:200])
            await asyncio.sleep(AGAIN_SECONDS)

    async def _derive_again(self) -> None:
        """Counts the due days again, as a newer calendar may have moved them (D-07)."""
        async with self._changes.change(service_caller("alerts")) as change:
            for case in await _waiting_cases(change.session, lock=True):
                await derive_again(change, case)

    async def _differences(self) -> tuple[list[str], list[str]]:
        """Cases without a running workflow, and running workflows without such a case."""
        cases = {case.escalation_id for case in await self._escalation_timers.open_cases()}
        listed = await self._timers.escalating()
        # Temporal's list is a moment behind; the description of one workflow is not.
        missing = await self._among(sorted(cases - listed), running=False)
        return missing, await self._among(sorted(listed - cases), running=True)

    async def _among(self, cases: Sequence[str], *, running: bool) -> list[str]:
        """Those of the cases of which a workflow runs, or of which none does."""
        run = await together(map(escalation_id, cases), self._timers.runs)
        return [case for case, runs in zip(cases, run, strict=True) if runs is running]


async def _without_case(session: AsyncSession) -> dict[str, list[str]]:
    """Instruments with a red alert that applies and belongs to no open case, by owner."""
    belongs = (
        select(EscalationAlert.alert_id)
        .join(Escalation, of_case())
        .where(col(EscalationAlert.alert_id) == col(Alert.alert_id), is_open(), IS_OWNED)
        .correlate(Alert, Instrument)
        .exists()
    )
    rows = await session.exec(
        select(Instrument.subject_id, Instrument.instrument_id)
        .join(Alert, ON_INSTRUMENT)
        .where(RED_APPLIES, ~belongs)
    )
    by_owner: dict[str, list[str]] = {}
    for subject_id, instrument_id in rows:
        by_owner.setdefault(subject_id, []).append(instrument_id)
    return by_owner


async def _cured(session: AsyncSession) -> list[tuple[str, str]]:
    """Open cases of which no alert applies, each with its subject."""
    applies = (
        select(EscalationAlert.alert_id)
        .join(Alert, col(Alert.alert_id) == col(EscalationAlert.alert_id))
        .join(Instrument, ON_INSTRUMENT)
        .where(of_case(), RED_APPLIES, IS_OWNED)
        .correlate(Escalation)
        .exists()
    )
    query = select(Escalation.escalation_id, Escalation.subject_id).where(
        is_open(), col(Escalation.matter) == MATTER, ~applies
    )
    rows = await session.exec(query.order_by(col(Escalation.escalation_id)))
    return [*rows.all()]


async def _waiting_cases(session: AsyncSession, *, lock: bool = False) -> Sequence[Escalation]:
    """Open cases whose due day was counted, not set by a person; `lock` is for a change."""
    query = select(Escalation).where(is_open(), col(Escalation.waits_from).is_not(None))
    query = query.order_by(col(Escalation.escalation_id))
    return (await session.exec(query.with_for_update() if lock else query)).all()


async def _not_to_be_noted(session: AsyncSession, today: date) -> list[str]:
    """Cases with an interview to come that is not to be noted although a text commands it."""
    rows = await session.exec(
        select(Escalation)
        .join(EscalationStep, col(EscalationStep.escalation_id) == col(Escalation.escalation_id))
        .where(
            col(EscalationStep.step) == Step.INTERVIEW,
            col(EscalationStep.state) == StepState.APPOINTED,
            col(EscalationStep.archive_cite) == "",
        )
        .order_by(col(Escalation.escalation_id))
    )
    return [case.escalation_id for case in rows if noted_by(case, today)]


async def _figures(session: AsyncSession) -> dict[str, int]:
    counted = select(Escalation.state, sa.func.count()).group_by(col(Escalation.state))
    counts = dict((await session.exec(counted)).all())
    refused = select(sa.func.count()).where(col(EscalationStep.archive_error) != "")
    figures = {f"escalations.{s.value}": counts.get(s, 0) for s in EscalationState}
    return figures | {"escalations.notes_refused": (await session.exec(refused)).one()}
