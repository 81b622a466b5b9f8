"""How subjects want their digests: how often, and whether by mail; and the language of all mails.

Only digests may wait. Notices of rejections and adverse records, and letters, come at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.languages import Language
from services.alerts.tables import DigestPreference, Rhythm

MONDAY = 0
IDS_PER_QUERY = 1000
USUAL = DigestPreference(subject_id="", rhythm=Rhythm.DAILY, mailed=True, language=Language.CHINESE)


async def get_digest_preference(
    view: View, _request: pb.GetDigestPreferenceRequest
) -> pb.GetDigestPreferenceResponse:
    """Returns how the caller's subject gets its digests."""
    row = await view.session.get(DigestPreference, view.caller.subject_id) or USUAL
    return pb.GetDigestPreferenceResponse(
        rhythm=row.rhythm, mailed=row.mailed, language=row.language
    )


async def set_digest_preference(
    change: Change, request: pb.SetDigestPreferenceRequest
) -> pb.SetDigestPreferenceResponse:
    """Sets how the caller's subject gets its digests."""
    own = change.caller.subject_id
    after: dict[str, Any] = {
        "rhythm": Rhythm(request.rhythm),
        "mailed": request.mailed,
        "language": Language(request.language or Language.CHINESE),
    }
    await change.session.merge(DigestPreference(subject_id=own, **after))
    change.audit("set_digest_preference", f"subject/{own}", after=after)
    return pb.SetDigestPreferenceResponse(**after)


async def language_of(session: AsyncSession, subject_id: str) -> Language:
    """Returns the language in which a subject wants its mails; Chinese for a bureau."""
    row = await session.get(DigestPreference, subject_id) if subject_id else None
    return (row or USUAL).language


async def preferences_of(
    session: AsyncSession, subject_ids: Sequence[str]
) -> Mapping[str, DigestPreference]:
    """Returns the preferences of those of the subjects that have set any, by subject."""
    found: dict[str, DigestPreference] = {}
    for ids in chunks(subject_ids, IDS_PER_QUERY):
        query = select(DigestPreference).where(col(DigestPreference.subject_id).in_(ids))
        found |= {row.subject_id: row for row in await session.exec(query)}
    return found


def is_due(preference: DigestPreference, on: date, *, red: bool) -> bool:
    """Returns whether a digest is due on a day; `red` tells whether it has a red alert."""
    return red or preference.rhythm is Rhythm.DAILY or on.weekday() == MONDAY
