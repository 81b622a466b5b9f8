"""For those who run the platform: do cases and workflows agree, and make them agree."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.objection import CaseKind
from law.terms.ledger import Term
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.service import Findings, Reconciled
from services.objection.schedule import due_on
from services.objection.steps import STUCK
from services.objection.tables import Case, ReachedRung
from services.objection.timers import CaseWorkflows, workflow_id

# A case and its workflow are two steps apart for a moment; only what lasts is a problem.
SETTLING_SECONDS = 3.0
LOOK_EVERY_SECONDS = 0.1


class Operations:
    """Checks and reconciles this service."""

    def __init__(self, database: Database, clock: Clock, timers: CaseWorkflows) -> None:
        self._database, self._clock, self._timers = database, clock, timers

    async def check(self) -> Findings:
        """Open cases against running workflows, and what the cases hold contested."""
        findings = Findings()
        await self._compare(findings)
        unsettled = await self._timers.unsettled()
        for case_id in await self._stuck({case.case_id for case in unsettled}):
            zh, en = "后续事项无法自动完成，须人工处理", "Following it through was refused"
            findings.differ("case.stuck", f"case/{case_id}", zh, en)
        objections = (case for case in unsettled if case.kind is CaseKind.OBJECTION)
        contested = [(record, 1) for case in objections for record in case.record_ids]
        findings.hold("contested", contested)
        findings.figures |= await self._figures(unsettled)
        return findings

    async def reconcile(self) -> Reconciled:
        """Starts every workflow that should run and does not; tells the others again."""
        done = Reconciled()
        await self._derive_again()
        for case in await self._timers.unsettled():
            name = workflow_id(case.kind, case.case_id)
            if await self._timers.workflows.runs(name):
                done.running += 1
            else:
                done.started.append(name)
            await self._timers.push(case.case_id)
        await self._timers.move_clock(self._clock.offset().total_seconds())
        return done

    async def _compare(self, findings: Findings) -> None:
        missing, orphans = await self._differences()
        ends = asyncio.get_running_loop().time() + SETTLING_SECONDS
        while (missing or orphans) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            missing, orphans = await self._differences()
        for case_id in missing:
            zh, en = "未办结案件没有运行中的流程", "An open case has no running workflow"
            findings.differ("case.workflow_missing", f"case/{case_id}", zh, en)
        for case_id in orphans:
            zh, en = "已办结案件仍有运行中的流程", "A settled case has a running workflow"
            findings.differ("case.workflow_orphan", f"case/{case_id}", zh, en)

    async def _stuck(self, unsettled: Collection[str]) -> list[str]:
        """The unsettled cases of which a step was refused for good."""
        reported = select(ReachedRung.case_id).where(col(ReachedRung.rung).startswith(STUCK))
        async with self._database.snapshot() as session:
            return sorted(set((await session.exec(reported)).all()) & set(unsettled))

    async def _differences(self) -> tuple[list[str], list[str]]:
        """The open cases without a workflow, and the running workflows without an open case."""
        cases = await self._timers.unsettled()
        unsettled = {workflow_id(case.kind, case.case_id) for case in cases}
        missing = [
            name for name in sorted(unsettled) if not await self._timers.workflows.runs(name)
        ]
        listed = await self._timers.running()
        # What is listed lags a little; what is described does not.
        orphans = [
            name for name in sorted(listed - unsettled) if await self._timers.workflows.runs(name)
        ]
        return [_case_of(name) for name in missing], [_case_of(name) for name in orphans]

    async def _figures(self, unsettled: Sequence[Case]) -> dict[str, int]:
        today = self._clock.today()
        counted = select(sa.func.count()).where(col(Case.settled_at).is_not(None))
        async with self._database.snapshot() as session:
            closed = (await session.exec(counted.select_from(Case))).one()
        overdue = sum(case.due_on < today and case.decided_at is None for case in unsettled)
        return {"cases.open": len(unsettled), "cases.overdue": overdue, "cases.closed": closed}

    async def _derive_again(self) -> None:
        """Writes the derived last days anew, as a newer calendar may have moved them (D-07)."""
        wanted = select(Case).where(col(Case.settled_at).is_(None))
        async with self._database.transaction() as session:
            for case in (await session.exec(wanted.with_for_update())).all():
                if case.term is not None:
                    case.due_on = due_on(Term.from_json(case.term))


def _case_of(workflow: str) -> str:
    return workflow.partition("/")[2]
