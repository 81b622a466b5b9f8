"""The registry's part of the command `quanheng check`: counts rows and reports contradictions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.clock import Clock, local_date
from plumbing.copies import hold_copies
from plumbing.database import Database
from plumbing.files import Files
from plumbing.future_days import report_future_days
from plumbing.identity import Role
from plumbing.service import Findings
from services.registry.calendars.tables import EditionState, LoadedEdition
from services.registry.calibrations.tables import CalibrationCycle
from services.registry.certificates.sweeping import check_files
from services.registry.identity.accounts import role_faults
from services.registry.identity.tables import Account
from services.registry.institutions.tables import Institution
from services.registry.people import contacts
from services.registry.retention import expiry as retention
from services.registry.tables import (
    AnnouncedClock,
    Bureau,
    Contest,
    Instrument,
    Record,
    Subject,
    Verification,
)

# What other services keep copies of, by topic.
COPIED: dict[str, Any] = {
    "bureaus": Bureau,
    "subjects": Subject,
    "subjects.graded": Subject,
    "subjects.told": Subject,
    "instruments": Instrument,
    "verifications": Verification,
    "records": Record,
}
# A round may still be running shortly after midnight, or after the sandbox's clock was moved.
ROUND_BEGINS = timedelta(minutes=15)
SETTLING_SECONDS = 3.0
LOOK_EVERY_SECONDS = 0.1


async def check(
    database: Database, clock: Clock, retention_runs: Callable[[], Awaitable[bool]], files: Files
) -> Findings:
    """Counts all rows of the register, computes their digests, and reports contradictions.

    Removed rows are included. It also reports records kept longer than the law allows, a daily
    retention workflow that is not running, and certificates whose file is missing.
    """
    findings = Findings()
    async with database.snapshot() as session:
        for topic, model in COPIED.items():
            count = await hold_copies(session, findings, topic, model)
            if "." not in topic:
                findings.figures[topic] = count
        moved = col(CalibrationCycle.due_version) > 0
        await hold_copies(session, findings, "calibrations.due", CalibrationCycle, moved)
        await hold_copies(session, findings, "institutions", Institution)
        await _check_contested(session, findings)
        await _hold_editions(session, findings)
        await check_roles(session, findings)
        await _check_clock(session, findings, clock)
        days = col(Record.status_on), col(Record.entered_on)
        await report_future_days(session, clock, findings, "record", col(Record.record_id), *days)
    await _check_retention(database, clock, findings)
    await check_files(database, files, findings)
    if not await retention_runs():
        zh, en = "没有运行中的每日到期处理，请执行 quanheng reconcile", "It does not run; reconcile"
        findings.differ("retention.workflow_missing", "retention/daily", zh, en)
    return findings


async def _hold_editions(session: AsyncSession, findings: Findings) -> None:
    """The editions of the calendar that were applied, to be compared with what services keep."""
    query = select(LoadedEdition.edition_id, LoadedEdition.number)
    rows = await session.exec(query.where(LoadedEdition.state == EditionState.APPLIED))
    findings.hold("calendar", rows.all())


async def _check_retention(database: Database, clock: Clock, findings: Findings) -> None:
    """Checks that nothing is on file whose time is over (S3 19; S4 四(四); PIPL 47(一))."""
    ends = asyncio.get_running_loop().time() + SETTLING_SECONDS
    while any(overdue := await _overdue(database, clock)):
        if asyncio.get_running_loop().time() > ends:
            break
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    records, contacts_kept = overdue
    findings.figures["records.overdue"] = len(records)
    for record_id in records:
        zh, en = "保存期已满而未从档案中删除", "Its time is over and it is still on file"
        findings.differ("record.retention_overdue", f"record/{record_id}", zh, en)
    for qualification_id in contacts_kept:
        findings.differ(
            "qualification.contact_overdue",
            f"qualification/{qualification_id}",
            "聘期已满而没有删除联系方式",
            "The appointment has ended, and how the expert is reached is still kept",
        )


async def _overdue(database: Database, clock: Clock) -> tuple[Sequence[str], Sequence[str]]:
    """The records, and the experts' contacts, that the rounds until now should have taken away."""
    by = local_date(clock.now() - ROUND_BEGINS)
    async with database.snapshot() as session:
        return await retention.overdue(session, by), await contacts.overdue(session, by)


async def _check_contested(session: AsyncSession, findings: Findings) -> None:
    marked = set((await session.exec(select(Record.record_id).where(col(Record.contested)))).all())
    cases = set((await session.exec(select(Contest.record_id))).all())
    findings.hold("contested", ((record_id, 1) for record_id in marked))
    findings.figures["contested"] = len(marked)
    for record_id in sorted(marked ^ cases):
        findings.differ(
            "record.contested_differs",
            f"record/{record_id}",
            "争议标记与异议案件不一致",
            "The mark does not agree with the cases that contest the record",
        )


async def check_roles(session: AsyncSession, findings: Findings) -> None:
    """Checks that no open account has roles that exclude each other (D-16)."""
    accounts = await session.exec(select(Account).where(sa.not_(col(Account.closed))))
    for account in accounts:
        for fault in role_faults(frozenset(map(Role, account.roles))):
            zh = f"账号{account.name}的角色不相容：{fault.message_zh}"
            en = f"The roles of {account.name} exclude each other: {fault.message_en}"
            object_ = f"account/{account.account_id}"
            findings.differ("account.roles_exclude", object_, zh, en)


async def _check_clock(session: AsyncSession, findings: Findings, clock: Clock) -> None:
    announced = await session.get_one(AnnouncedClock, "sandbox")
    if announced.offset_seconds != clock.offset().total_seconds():
        findings.differ(
            "clock.not_announced",
            "clock/sandbox",
            "沙箱时钟已拨动但未通知各服务，请再拨一次",
            "The clock was moved but not announced; move it again",
        )
