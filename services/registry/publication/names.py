"""The names of persons on file that stand in a text."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.disclosure.personal_data import Found, personal_data
from law.evidence import SubjectKind
from services.registry.identity.tables import Account
from services.registry.tables import Subject


async def found_in(session: AsyncSession, *texts: str) -> tuple[Found, ...]:
    """Returns the personal data in texts: numbers, and names of natural persons on file.

    On file are natural persons, the persons in charge of all subjects, and operators with an
    account.
    """
    text = "\n".join(filter(None, texts))
    return personal_data(text, await _named_in(session, text)) if text else ()


async def _named_in(session: AsyncSession, text: str) -> set[str]:
    return {
        name
        for column, condition in (
            (Subject.name, col(Subject.kind) == SubjectKind.NATURAL_PERSON),
            (Subject.person_in_charge, sa.true()),
            (Account.display_name, col(Account.subject_id) != ""),
        )
        for name in await session.exec(
            select(column).distinct().where(condition, col(column) != "", _within(text, column))
        )
    }


def _within(text: str, column: str) -> sa.ColumnElement[bool]:
    # A name with % or _ may match where it does not stand; `personal_data` looks again.
    return sa.literal(text).contains(col(column))
