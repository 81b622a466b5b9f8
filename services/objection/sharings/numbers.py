"""The number by which a notice to a receiver names its matter: that of the case or the circular."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.objection.sharings.tables import ReceiverNotice, Sharing
from services.objection.tables import Case


async def numbers_of(session: AsyncSession, notices: Collection[ReceiverNotice]) -> dict[str, str]:
    """Returns the number of the matter of each of these notices, by the id of the notice."""
    cases = {one.case_id for one in notices if one.case_id}
    named = select(Case.case_id, Case.number).where(col(Case.case_id).in_(cases))
    numbers = dict((await session.exec(named)).all()) if cases else {}
    told = {one.sharing_id for one in notices if not one.case_id}
    documents = select(Sharing.sharing_id, Sharing.document).where(
        col(Sharing.sharing_id).in_(told)
    )
    circulars = dict((await session.exec(documents)).all()) if told else {}
    return {
        one.notice_id: numbers[one.case_id] if one.case_id else circulars[one.sharing_id]
        for one in notices
    }
