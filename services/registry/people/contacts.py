"""How experts are reached: erased once the appointment has ended, and never whole in the audit.

PIPL 19, 47(一), 47(三): it is kept for what it was given for. Where somebody ends the appointment
or takes the consent back it goes at once, otherwise with the daily round after the last day.
Whoever is appointed or consents anew gives it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.disclosure.retention import contact_kept
from plumbing.change import Change
from plumbing.masking import masked
from services.registry.people.content import QualificationContent
from services.registry.people.tables import Qualification

CHUNK = 200


def kept(row: Qualification | None, content: QualificationContent, today: date) -> str:
    """Returns the contact that is put on file with new content; none once it is to be erased.

    That is after the appointment, and where the consent on file is taken back.
    """
    taken_back = row is not None and row.consent and not content.consent
    return "" if taken_back or content.is_over(today) else content.contact


def audited(row: Qualification) -> dict[str, Any]:
    """Returns the values of a qualification for the audit."""
    return {**row.model_dump(mode="json"), "contact": masked(row.contact)}


async def erase_due(change: Change, as_of: date) -> int:
    """Erases the contacts of up to 200 experts whose appointment ended before the day `as_of`.

    Each in the audit, with the article. Returns how many; run again, it erases nothing twice.
    """
    rows = (await change.session.exec(_due(as_of).with_for_update())).all()
    for row in rows:
        before = audited(row)
        row.contact = ""
        row.version += 1
        change.session.add(row)
        object_, cite = f"qualification/{row.qualification_id}", contact_kept(as_of).cite
        after, of = audited(row), row.bureau
        change.audit("erase_contact", object_, before=before, after=after, ground=cite, bureau=of)
    return len(rows)


async def overdue(session: AsyncSession, as_of: date) -> Sequence[str]:
    """Returns the ids of qualifications whose contact was to be erased by the day `as_of`."""
    return [row.qualification_id for row in await session.exec(_due(as_of))]


def _due(as_of: date) -> Any:
    ended = sa.or_(col(Qualification.ended_ground) != "", col(Qualification.valid_until) < as_of)
    rows = select(Qualification).where(col(Qualification.contact) != "", ended)
    return rows.order_by(col(Qualification.qualification_id)).limit(CHUNK)
