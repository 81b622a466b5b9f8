"""Checks the person for whom a service changes records.

A service names the account for which it acts, so its secret alone would let anybody act as anyone.
The register therefore asks whether that account may do the act itself, and whether a case contests
the record. It cannot know whether the case was decided in this way and by this person: `quanheng
check` compares cases and register.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotPermitted
from plumbing.audit import AuditEntry
from plumbing.change import Change
from plumbing.identity import Caller, Role
from services.registry.identity.login import caller_of
from services.registry.identity.tables import Account
from services.registry.lives.tables import LifeAct, SubjectAct
from services.registry.tables import Contest, Record, Subject

# A decision is carried out moments later, after an outage days later. By then the person may have
# left, and the decision stands. This period is our own, not the law's.
CARRIED_OUT_WITHIN = timedelta(days=7)
# Who decides objections, and who their reconsideration (S3 27).
_OF_OBJECTIONS = (Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)


async def require_author(change: Change, subject: Subject) -> None:
    """Raises NotPermitted if a service enters a record for a person who may not enter it."""
    if change.caller.is_service:
        account = await _account(change)
        _require(not account.closed, "该账号已注销", "The account is closed")
        _require_role(account, Role.CASEWORKER)
        _require_covers(caller_of(account), subject.bureau)


async def require_objector(change: Change, row: Record) -> None:
    """Raises NotPermitted unless the calling service acts for somebody of the record's case.

    That is an operator of the record's subject, with an open account; or whoever may decide the
    case, because a case that is decided at once is marked only afterwards.
    """
    account = await _account(change)
    if Role.OPERATOR not in account.roles:
        return await _require_decider(change, row, *_OF_OBJECTIONS)
    _require(not account.closed, "该账号已注销", "The account is closed")
    own = account.subject_id == row.subject_id or await _gave(change, account.subject_id, row)
    return _require(own, "该账号不属于此信用主体", "The account is of another subject")


async def _gave(change: Change, subject_id: str, row: Record) -> bool:
    """Whether a record went from a subject with a part of it, maybe since the case was lodged."""
    splits = select(SubjectAct).where(
        SubjectAct.subject_id == subject_id, SubjectAct.act == LifeAct.SPLIT
    )
    acts = (await change.session.exec(splits)).all()
    return any(row.record_id in act.kept["records"] for act in acts)


async def require_decider(change: Change, row: Record) -> None:
    """Raises NotPermitted if a service carries out a decision of a person who may not decide it.

    The person needs the role of a caseworker or of a municipal reviewer, for the bureau of the
    record or of its subject, and an account that is open or was closed in the last seven days. A
    case must contest the record.
    """
    if not change.caller.is_service:
        return
    await _require_decider(change, row, *_OF_OBJECTIONS)
    case = select(sa.exists().where(col(Contest.record_id) == row.record_id))
    stands = (await change.session.exec(case)).one()
    _require(stands, "没有对该记录的异议案件", "No case contests the record")


async def require_repairer(change: Change, row: Record) -> None:
    """Raises NotPermitted as `require_decider` does, for the decision of a caseworker on a repair.

    No case needs to contest the record.
    """
    if change.caller.is_service:
        await _require_decider(change, row, Role.CASEWORKER)


async def require_corrector(change: Change, owner: Subject) -> None:
    """Raises NotPermitted as `require_decider` does, for the correction of an entry of a subject.

    No mark of the register tells which case contests an entry.
    """
    if change.caller.is_service:
        await _require_decides_for(change, _OF_OBJECTIONS, owner.bureau)


async def _require_decider(change: Change, row: Record, *roles: Role) -> None:
    subject = await change.session.get_one(Subject, row.subject_id)
    await _require_decides_for(change, roles, row.bureau, subject.bureau)


async def _require_decides_for(change: Change, roles: Collection[Role], *bureaus: str) -> None:
    account = await _account(change)
    _require(
        not account.closed or await _closed_lately(change, account),
        "该账号已注销",
        "The account is closed",
    )
    _require_role(account, *roles)
    _require_covers(caller_of(account), *bureaus)


async def _account(change: Change) -> Account:
    account = await change.session.get(Account, change.caller.on_behalf_of)
    if account is None:
        zh, en = "平台服务须代表一个真实的账号办理", "A service acts for an account that exists"
        raise NotPermitted(zh, en, account_id=change.caller.on_behalf_of)
    return account


async def _closed_lately(change: Change, account: Account) -> bool:
    closings = select(AuditEntry.at).where(
        col(AuditEntry.object) == f"account/{account.account_id}",
        col(AuditEntry.action) == "close_account",
    )
    closed_at = (await change.session.exec(closings.order_by(col(AuditEntry.at).desc()))).first()
    return closed_at is not None and change.at - closed_at <= CARRIED_OUT_WITHIN


def _require_role(account: Account, *roles: Role) -> None:
    held = not set(roles).isdisjoint(account.roles)
    _require(held, "该账号没有办理此事项的角色", "The account does not have the role for this")


def _require_covers(person: Caller, *bureaus: str) -> None:
    covered = any(person.covers(bureau) for bureau in bureaus)
    _require(covered, "该事项不在该账号的管辖范围内", "This is outside the scope of the account")


def _require(holds: bool, zh: str, en: str) -> None:
    if not holds:
        raise NotPermitted(zh, en)
