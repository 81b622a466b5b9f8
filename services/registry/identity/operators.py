"""Accounts of operators: named after their firm's credit code, opened by bureau or colleague."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from plumbing.change import Change
from plumbing.identity import Role
from services.registry.identity import accounts
from services.registry.identity.tables import Account
from services.registry.tables import Subject

_NAME_DIGITS = 8


async def open_account(
    change: Change,
    firm: Subject,
    person_name: str,
    *,
    email: str,
    phone: str = "",
    invited_by: str = "",
    password_hash: str = "",
) -> Account:
    """Opens an account for a person of a firm; without a password, a mailed link sets one."""
    row = Account(
        account_id=uuid4().hex,
        name=await _free_name(change.session, firm),
        display_name=person_name,
        roles=[Role.OPERATOR],
        subject_id=firm.subject_id,
        password_hash=password_hash,
        first_password=bool(password_hash),
        email=email,
        phone=phone,
        invited_by=invited_by,
        created_at=change.at,
    )
    accounts.add(change, row)
    await change.session.flush()
    return row


async def people_of(session: AsyncSession, subject_id: str) -> Sequence[Account]:
    """Returns the open accounts of a firm, by when they were created."""
    order = (col(Account.created_at), col(Account.account_id))
    return (await session.exec(people(subject_id).order_by(*order))).all()


def people(subject_id: str) -> SelectOfScalar[Account]:
    """Returns the query of the open accounts of a firm."""
    return select(Account).where(Account.subject_id == subject_id, col(Account.closed).is_(False))


async def _free_name(session: AsyncSession, firm: Subject) -> str:
    """A login name that nobody has: the end of the firm's credit code and a number."""
    stem = (firm.credit_code or firm.subject_id)[-_NAME_DIGITS:].lower()
    for number in itertools.count(1):
        name = f"{stem}-{number}"
        if (await session.exec(select(Account).where(Account.name == name))).first() is None:
            return name
    raise AssertionError("The count has no end")
