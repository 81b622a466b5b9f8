"""The rules on who may see a file of a case, and who may send one.

A file is open to whoever may see its case, unless whoever sent it has said that it is confidential
or, as the bureau, that it is internal. An agent whose mandate nobody has checked may send files,
and sees those that it sent. To others a file does not exist.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.objection.handling import earlier_cases
from services.objection.mandates import has_lodged, is_unchecked
from services.objection.tables import Case, CaseEvidence

# Who hears a case or answers for those who do.
HEARERS = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
_BUREAU_DIGITS = 6  # a unit of a bureau has letters behind them


class Classification(StrEnum):
    """Who may see a file of a case."""

    CASE_FILE = "case_file"  # everybody who may see the case
    CONFIDENTIAL = "confidential"  # its subject, and those who hear it
    INTERNAL = "internal"  # those who hear it


OF_SUBJECT = (Classification.CASE_FILE, Classification.CONFIDENTIAL)


def choices(caller: Caller) -> Collection[Classification]:
    """Returns the classifications that the caller may give to a file."""
    return OF_SUBJECT if caller.has(Role.OPERATOR) else tuple(Classification)


async def visible_case(by: Change | View, case_id: str, *, lock: bool = False) -> Case:
    """Returns a case that the caller may see, as `GetCase` shows it; `lock` locks it.

    Raises NotFound if there is none, or none that the caller may see.
    """
    case = await case_of_files(by, case_id, lock=lock)
    if is_unchecked(by.caller, case, by.today):
        raise _unknown(case_id)
    return case


async def case_of_files(by: Change | View, case_id: str, *, lock: bool = False) -> Case:
    """Returns a case of which the caller may see some files; `lock` locks it.

    An agent whose mandate nobody has checked sees its own files, and nothing else of the case.
    Raises NotFound if there is no such case.
    """
    case = await find_by_id(by.session, Case, case_id, lock=lock)
    if case is not None:
        matter = [case, *await earlier_cases(by.session, case)]
        seen = any(by.caller.sees(case.subject_id, one.bureau) for one in matter)
        if seen or has_lodged(by.caller, case, by.today):
            return case
    raise _unknown(case_id)


def _unknown(case_id: str) -> NotFound:
    return NotFound("没有这个案件", "There is no such case", case=case_id)


async def seen_files(by: View, case: Case) -> Any:
    """Returns the SQL condition for the files of a case that the caller sees."""
    if is_unchecked(by.caller, case, by.today):
        return col(CaseEvidence.uploaded_by) == by.caller.account_id
    return col(CaseEvidence.classification).in_(await shown(by, case))


async def shown(by: Change | View, case: Case) -> Collection[Classification]:
    """Returns the classifications of the files that the caller sees of a case it may see."""
    caller = by.caller
    if caller.has(Role.OPERATOR):
        return OF_SUBJECT
    if caller.has(*HEARERS) and caller.bureau[:_BUREAU_DIGITS] in await _hearing(by.session, case):
        return tuple(Classification)
    return (Classification.CASE_FILE,)


async def _hearing(session: AsyncSession, case: Case) -> set[str]:
    """The bureaus that hear a case, or reconsider it."""
    later = select(Case.bureau).where(col(Case.follows) == case.case_id, col(Case.follows) != "")
    return {code[:_BUREAU_DIGITS] for code in [case.bureau, *await session.exec(later)]}


async def visible_file(view: View, evidence_id: str) -> CaseEvidence:
    """Returns a file that the caller may see.

    Raises NotFound if there is none, or none that the caller may see.
    """
    row = await find_by_id(view.session, CaseEvidence, evidence_id)
    if row is not None and await _is_seen(view, row):
        return row
    raise NotFound("没有这份证据文件", "There is no such file", evidence_id=evidence_id)


async def _is_seen(view: View, row: CaseEvidence) -> bool:
    if not row.case_id:
        return view.caller.has(Role.OPERATOR) and view.caller.sees(row.subject_id, "")
    try:
        case = await case_of_files(view, row.case_id)
    except NotFound:
        return False
    if is_unchecked(view.caller, case, view.today):
        return row.uploaded_by == view.caller.account_id
    return row.classification in await shown(view, case)
