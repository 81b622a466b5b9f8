"""Where the publication of records stands; a record that changes waits for its review again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.disclosure.data import Classification
from law.disclosure.personal_data import personal_data
from law.disclosure.publication import PublicationState, first_classification
from plumbing.chunks import chunks
from services.registry.publication.tables import Publication
from services.registry.tables import Record

IDS_IN_QUERY = 1000
# The fields of a record that the public may be shown and that people enter.
_REVIEWED = ("kind", "severity", "occurred_on", "determined_on", "source_ref", "summary")


@dataclass(frozen=True)
class Standing:
    """Where the publication of a record stands: its state, its classification and its text.

    `public_from` is the first day on which the public is shown it; None means at once, unless it
    `awaits_telling`: then the subject has not been told.
    """

    state: PublicationState
    classification: Classification
    summary: str = ""
    public_from: date | None = None
    awaits_telling: bool = False

    @property
    def is_reviewed(self) -> bool:
        """Whether the free text of its facts may be public: released, or public before reviews."""
        return self.state in (PublicationState.RELEASED, PublicationState.EARLIER)

    def on(self, day: date) -> Classification:
        """Returns the classification on a day.

        It is internal until the subject has been told and the window for its reply has ended.
        """
        waits = self.awaits_telling or (self.public_from is not None and day < self.public_from)
        return Classification.INTERNAL if waits else self.classification


def standing(record: Record, decided: Publication | None) -> Standing:
    """Returns where the publication of a record stands, by what was decided about it, if anything.

    A decision about other content than the present one does not count.
    """
    if decided is None or decided.content != content_of(record):
        return Standing(PublicationState.WAITING, _first(record))
    return Standing(
        decided.state,
        decided.classification,
        decided.summary,
        decided.public_from,
        decided.awaits_telling,
    )


def _first(record: Record) -> Classification:
    harmless = record.kind.positive and not personal_data(record.source_ref)
    return first_classification(positive=harmless)


def content_of(record: Record) -> str:
    """Returns the digest of what a review of a record has to look at."""
    values = [str(getattr(record, name) or "") for name in _REVIEWED]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


async def decisions(
    session: AsyncSession, record_ids: Iterable[str], *, lock: bool = False
) -> Mapping[str, Publication]:
    """Returns what was decided about the publication of records, by the ids of the records."""
    found: dict[str, Publication] = {}
    for ids in chunks(sorted(record_ids), IDS_IN_QUERY):
        rows = select(Publication).where(col(Publication.record_id).in_(ids))
        rows = rows.with_for_update() if lock else rows
        found |= {row.record_id: row for row in await session.exec(rows)}
    return found


async def reopen(
    session: AsyncSession, records: Sequence[Record]
) -> list[tuple[Record, Publication]]:
    """Makes those of these records wait for review whose content is no longer what was reviewed.

    Returns them.
    """
    changed = [record for record in records if record.version > 1]
    rows = await decisions(session, (record.record_id for record in changed), lock=True)
    reopened = []
    for record in changed:
        row = rows.get(record.record_id)
        if row is not None and row.content != content_of(record):
            row.state = PublicationState.WAITING
            row.classification = _first(record)
            row.summary, row.told_on, row.public_from = "", None, None
            row.awaits_telling = False
            reopened.append((record, row))
    return reopened
