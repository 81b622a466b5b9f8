"""The letters that alerts issues, found by their number: of follow-ups, and circulars."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.papers.servicer import IssuedLetter
from services.alerts.circulars.queries import find_circulars
from services.alerts.escalation.issuing import find_letters as find_documents


async def find_letters(session: AsyncSession, number: str) -> list[IssuedLetter]:
    """Returns the letters of alerts with a number; at most one."""
    return [*await find_documents(session, number), *await find_circulars(session, number)]
