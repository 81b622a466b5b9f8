"""What `quanheng check` and `quanheng reconcile` ask of the escalation cases."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Changes
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.identity import service_caller
from plumbing.service import Findings, Reconciled
from services.alerts import timers
from services.alerts.escalation.cases import (
    IS_OWNED,
    ON_INSTRUMENT,
    STANDS,
    derive_again,
    is_open,
    of_case,
    settle,
)
from services.alerts.escalation.timers import EscalationTimers
from services.alerts.tables import (
    Alert,
    Escalation,
    EscalationAlert,
    EscalationState,
    EscalationStep,
    Instrument,
)
from services.alerts.timers import Timers

# A case and its workflow are two steps apart for a moment; only what lasts is a problem.
SETTLING_SECONDS = 3.0
LOOK_EVERY_SECONDS = 0.1
TURNED_AT_ONCE = 500


class EscalationChecks:
    """Looks whether red alerts, cases and their workflows agree, and makes them agree."""

    def __init__(self, database: Database, clock: Clock, waiting: Timers) -> None:
        self._database, self._timers = database, waiting
        self._changes = Changes(database, clock)
        self._escalating = EscalationTimers(database, waiting, clock)

    async def check(self, session: AsyncSession, findings: Findings) -> None:
        """One open case per subject with standing red alerts, and none else."""
        for subject_id in sorted(await _unescalated(session)):
            zh, en = "有红色警示但没有未终结的督促案件", "A red alert stands and no case is open"
            findings.differ("escalation.missing", f"subject/{subject_id}", zh, en)
        for escalation_id, _ in await _cured(session):
            zh, en = "已无红色警示但督促案件未终结", "No red alert stands and the case is open"
            findings.differ("escalation.not_closed", f"escalation/{escalation_id}", zh, en)
        findings.figures |= await _figures(session)

    async def check_workflows(self, findings: Findings) -> None:
        """Every case that is open has its workflow, and none else runs."""
        missing, beyond = await self._differences()
        ends = asyncio.get_running_loop().time() + SETTLING_SECONDS
        while (missing or beyond) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            missing, beyond = await self._differences()
        for case in missing:
            zh, en = "督促案件没有运行中的流程，请执行 quanheng reconcile", "No workflow is running"
            findings.differ("escalation.workflow_missing", f"escalation/{case}", zh, en)
        for case in beyond:
            zh, en = "已终结的督促案件仍有运行中的流程", "A closed case has a running workflow"
            findings.differ("escalation.workflow_orphan", f"escalation/{case}", zh, en)

    async def reconcile(self, done: Reconciled) -> None:
        """Opens and closes what should be; then every open case has its workflow."""
        await self._settle()
        await self._derive_again()
        cases = [case.escalation_id for case in await self._escalating.open_cases()]
        listed = await self._timers.escalating()
        for case in cases:
            if case in listed or await self._runs(case):
                done.running += 1
            else:
                done.started.append(timers.escalation_id(case))
        await self._escalating.push(cases)

    async def _settle(self) -> None:
        async with self._database.snapshot() as session:
            unescalated = [i for ids in (await _unescalated(session)).values() for i in ids]
            cured = [subject for _, subject in await _cured(session)]
        for start in range(0, len(unescalated), TURNED_AT_ONCE):
            await self._settle_some(unescalated[start : start + TURNED_AT_ONCE], [])
        await self._settle_some([], cured)

    async def _settle_some(self, instruments: list[str], subjects: list[str]) -> None:
        async with self._changes.change(service_caller("alerts")) as change:
            await settle(change, instruments, subjects)

    async def _derive_again(self) -> None:
        """Writes the derived days anew, as a newer calendar may have moved them (D-07)."""
        wanted = select(Escalation).where(is_open(), col(Escalation.waits_from).is_not(None))
        async with self._changes.change(service_caller("alerts")) as change:
            for case in (await change.session.exec(wanted.with_for_update())).all():
                await derive_again(change, case)

    async def _differences(self) -> tuple[list[str], list[str]]:
        """Cases without their workflow, and running workflows without such a case."""
        wanted = {case.escalation_id for case in await self._escalating.open_cases()}
        listed = await self._timers.escalating()
        # What is listed lags a little; what is described does not.
        missing = [case for case in sorted(wanted - listed) if not await self._runs(case)]
        return missing, [case for case in sorted(listed - wanted) if await self._runs(case)]

    async def _runs(self, case: str) -> bool:
        return await self._timers.runs(timers.escalation_id(case))


async def _unescalated(session: AsyncSession) -> dict[str, list[str]]:
    """Instruments of which a red alert stands that belongs to no open case, by owner."""
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
        .where(STANDS, ~belongs)
    )
    found: dict[str, list[str]] = {}
    for subject_id, instrument_id in rows:
        found.setdefault(subject_id, []).append(instrument_id)
    return found


async def _cured(session: AsyncSession) -> list[tuple[str, str]]:
    """Open cases of which no alert stands, with their subjects."""
    stands = (
        select(EscalationAlert.alert_id)
        .join(Alert, col(Alert.alert_id) == col(EscalationAlert.alert_id))
        .join(Instrument, ON_INSTRUMENT)
        .where(of_case(), STANDS, IS_OWNED)
        .correlate(Escalation)
        .exists()
    )
    wanted = select(Escalation.escalation_id, Escalation.subject_id).where(is_open(), ~stands)
    rows = await session.exec(wanted.order_by(col(Escalation.escalation_id)))
    return [*rows.all()]


async def _figures(session: AsyncSession) -> dict[str, int]:
    counted = select(Escalation.state, sa.func.count()).group_by(col(Escalation.state))
    counts = dict((await session.exec(counted)).all())
    refused = select(sa.func.count()).where(col(EscalationStep.archive_error) != "")
    figures = {f"escalations.{s.value}": counts.get(s, 0) for s in EscalationState}
    return figures | {"escalations.notes_refused": (await session.exec(refused)).one()}
