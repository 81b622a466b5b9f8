"""Checks that cases and their workflows agree, and repairs the differences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NoReturn

import sqlalchemy as sa
import structlog
from sqlmodel import col, select
from temporalio.service import RPCError

from law.objection import CaseKind
from law.terms.workdays import edition
from plumbing.calendars.editions import CalendarFollower, hold_editions
from plumbing.change import Changes
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.future_days import report_future_days
from plumbing.grpc_errors import Away
from plumbing.identity import service_caller
from plumbing.service import Findings, Reconciled
from plumbing.together import together
from services.objection.calendar_moves import adopt_edition, days_agree
from services.objection.cited_receipts import CitedReceipts
from services.objection.steps import locked_case
from services.objection.stuck import try_again, waiting_steps
from services.objection.tables import UNTRIED, AppliedEdition, Case, CaseLetter, StuckStep
from services.objection.timers import CaseWorkflows, case_of, workflow_id

# A case and its workflow differ for a moment after each step; only a lasting difference counts.
SETTLING_SECONDS = 3.0
LOOK_EVERY_SECONDS = 0.1
AGAIN_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Differences:
    """Cases whose workflow is missing, should not run, or follows an old schedule, by case id.

    `due_on` lists the cases of which a stored last day differs from the calendar in force.
    """

    missing: Sequence[str] = ()
    orphans: Sequence[str] = ()
    old_schedule: Sequence[str] = ()
    due_on: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.orphans or self.old_schedule or self.due_on)

    def report(self, findings: Findings) -> None:
        """Adds one problem to `findings` for each case with a difference."""
        for name, case_ids, zh, en in (
            (
                "case.workflow_missing",
                self.missing,
                "未办结案件没有运行中的流程",
                "An open case has no running workflow",
            ),
            (
                "case.workflow_orphan",
                self.orphans,
                "已办结案件仍有运行中的流程",
                "A settled case has a running workflow",
            ),
            (
                "case.schedule_old",
                self.old_schedule,
                "案件的提醒时间与其期限或现行工作日历不符，请执行 quanheng reconcile",
                "Reminders do not follow the term and calendar in force; run quanheng reconcile",
            ),
            (
                "case.due_on_old",
                self.due_on,
                "案件登记的届满日与现行工作日历不符，请执行 quanheng reconcile",
                "The stored last day is not that of the calendar in force; run quanheng reconcile",
            ),
        ):
            for case_id in case_ids:
                findings.differ(name, f"case/{case_id}", zh, en)


class CaseChecks:
    """Compares cases with their workflows and with the calendar, and repairs the differences.

    `receipts` compares the receipts that cases cite with those that grading holds.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        workflows: CaseWorkflows,
        receipts: CitedReceipts,
    ) -> None:
        self._database, self._clock, self._workflows = database, clock, workflows
        self._receipts = receipts
        self._changes = Changes(database, clock)
        self._calendar = CalendarFollower.of(database, AppliedEdition)

    async def check(self) -> Findings:
        """Reports the differences, the stuck cases, the numbers of cases and the contested records.

        `quanheng check` compares these records with the contested records in the register.
        """
        findings = Findings()
        (await self._lasting_differences()).report(findings)
        cases = await self._workflows.open_cases()
        for case_id in await self._stuck({case.case_id for case in cases}):
            zh, en = "后续事项无法自动完成，须人工处理", "An activity of the case was refused"
            findings.differ("case.stuck", f"case/{case_id}", zh, en)
        objections = (case for case in cases if case.kind is not CaseKind.REPAIR)
        contesting = (case for case in objections if case.marks_records)
        # A record can be in two cases for a moment: sent back, and already in the new objection.
        contested = [(record, 1) for record in {r for case in contesting for r in case.record_ids}]
        findings.hold("contested", contested)
        await self._hold_letters(findings)
        await hold_editions(self._database, AppliedEdition, findings)
        await self._receipts.check(findings)
        findings.figures |= await self._figures(cases)
        await self._check_days(findings)
        return findings

    async def _hold_letters(self, findings: Findings) -> None:
        """The letters of cases, to be compared with what was sent to their subjects."""
        letters = select(CaseLetter.letter_id, CaseLetter.title, CaseLetter.body)
        async with self._database.snapshot() as session:
            findings.hold("letters", (await session.exec(letters)).all())

    async def _check_days(self, findings: Findings) -> None:
        moments = Case.lodged_at, Case.accepted_at, Case.decided_at, Case.settled_at
        async with self._database.snapshot() as session:
            await report_future_days(
                session, self._clock, findings, "case", col(Case.case_id), *map(col, moments)
            )

    async def reconcile(self) -> Reconciled:
        """Starts each missing workflow of an open case, and sends every workflow its case's state.

        Before that it counts the last days of open cases again by the calendar in force. Refused
        steps are tried again, and are stuck anew if that fails.
        """
        result = Reconciled()
        await adopt_edition(self._changes)
        await self._retry_stuck()
        cases = await self._workflows.open_cases()
        run = await together(map(workflow_id, cases), self._workflows.keep)
        result.started += [
            workflow_id(case) for case, runs in zip(cases, run, strict=True) if not runs
        ]
        result.running = len(cases) - len(result.started)
        await together(cases, self._workflows.restate)
        return result

    async def adopt_calendar(self) -> NoReturn:
        """Counts open terms by each edition of the calendar that is put in force, for ever.

        Runs in the background from the start of the process; retries while the database or Temporal
        cannot be reached. Only a workflow with an old schedule is sent a new one.
        """
        adopted: int | None = None
        while True:
            try:
                await self._calendar.look()
                newest = edition().number
                if newest != adopted:
                    await adopt_edition(self._changes)
                    await self._send_schedules()
                    adopted = newest
            except (Away, RPCError, *DATABASE_AWAY) as error:
                log.info("calendar.waiting", error=str(error)[:200])
            await asyncio.sleep(AGAIN_SECONDS)

    async def _send_schedules(self) -> None:
        for case in await self._workflows.open_cases():
            if await self._follows_old_schedule(case):
                await self._workflows.update(case.case_id)
                log.info("calendar.adopted", case=case.case_id)

    async def _follows_old_schedule(self, case: Case) -> bool:
        # A missing workflow is not started here: `check` reports it, `reconcile` starts it.
        runs = await self._workflows.runs(workflow_id(case))
        return runs and await self._workflows.has_old_schedule(case)

    async def _lasting_differences(self) -> Differences:
        differences = await self._differences()
        ends = asyncio.get_running_loop().time() + SETTLING_SECONDS
        while differences and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            differences = await self._differences()
        return differences

    async def _differences(self) -> Differences:
        cases = await self._workflows.open_cases()
        ids = {workflow_id(case) for case in cases}
        # The list lags a little, so a workflow in which it differs is asked for by its id as well.
        listed = await self._workflows.listed()
        unlisted = [case for case in cases if workflow_id(case) not in listed]
        missing = {case.case_id for case in await self._without_workflow(unlisted)}
        running = [case for case in cases if case.case_id not in missing]
        extra = sorted(listed - ids)
        orphaned = await together(extra, self._workflows.runs)
        old = await together(running, self._workflows.has_old_schedule)
        return Differences(
            missing=sorted(missing),
            orphans=[case_of(name) for name in compress(extra, orphaned)],
            old_schedule=[case.case_id for case in compress(running, old)],
            due_on=[case.case_id for case in cases if not days_agree(case)],
        )

    async def _without_workflow(self, cases: Sequence[Case]) -> list[Case]:
        run = await together(map(workflow_id, cases), self._workflows.runs)
        return [case for case, runs in zip(cases, run, strict=True) if not runs]

    async def _stuck(self, open_cases: Iterable[str]) -> list[str]:
        """The open cases of which a refused step waits for a person."""
        reported = select(StuckStep.case_id).where(sa.text(UNTRIED))
        async with self._database.snapshot() as session:
            return sorted(set((await session.exec(reported)).all()) & set(open_cases))

    async def _figures(self, cases: Sequence[Case]) -> dict[str, int]:
        today = self._clock.today()
        counted = select(sa.func.count()).where(col(Case.settled_at).is_not(None))
        async with self._database.snapshot() as session:
            closed = (await session.exec(counted.select_from(Case))).one()
        overdue = sum(case.due_on < today and case.decided_at is None for case in cases)
        return {"cases.open": len(cases), "cases.overdue": overdue, "cases.closed": closed}

    async def _retry_stuck(self) -> None:
        """Has the refused steps of every open case tried again; each case in one change."""
        open_cases = await self._workflows.open_cases()
        for case_id in await self._stuck(case.case_id for case in open_cases):
            async with self._changes.change(service_caller("objection")) as change:
                case = await locked_case(change, case_id)
                rows = await waiting_steps(change.session, case_id)
                if rows and case.settled_at is None:
                    await try_again(change, case, rows)
