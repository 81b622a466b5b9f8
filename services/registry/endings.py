"""Announces on which day something ends, of which its holder and its bureau are reminded.

Permits are announced as a whole (`announce_changes`); this is about authorisations, laboratories
and qualifications. No event names a person: the number of its certificate is enough.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbing.change import Change
from plumbing.chunks import chunks
from protos.registry.v1 import events_pb2 as events
from services.registry.institutions.tables import Authorisation, Institution
from services.registry.laboratories.tables import Laboratory
from services.registry.people.tables import Qualification

ENDINGS_PER_EVENT = 500


async def announce_ending(change: Change, ending: events.Ending) -> None:
    """Announces the last day of one thing, after each change of it."""
    await announce_endings(change, f"{ending.kind}/{ending.ending_id}", [ending])


async def announce_endings(
    change: Change, aggregate: str, endings: Sequence[events.Ending]
) -> None:
    """Announces the last days of things of a bureau together, at most 500 in an event."""
    for chunk in chunks(endings, ENDINGS_PER_EVENT):
        event = events.EndingsChanged(endings=chunk)
        await change.announce(event, aggregate=aggregate, bureau=chunk[0].bureau)


def of_authorisation(row: Authorisation, institution: Institution) -> events.Ending:
    """Returns what an authorisation of an institution ends on."""
    return events.Ending(
        kind="authorisation",
        ending_id=row.authorisation_id,
        bureau=institution.bureau,
        institution=institution.name,
        what=row.type_code,
        number=row.document_no,
        last_day=row.valid_until.isoformat(),
        version=row.version,
    )


def of_laboratory(row: Laboratory, institution: Institution) -> events.Ending:
    """Returns on which day the special authorisation of a laboratory ends."""
    return events.Ending(
        kind="laboratory",
        ending_id=row.laboratory_id,
        bureau=institution.bureau,
        institution=institution.name,
        what=row.name,
        number=row.document_no,
        last_day=row.valid_until.isoformat(),
        version=row.version,
    )


def of_qualification(row: Qualification) -> events.Ending:
    """Returns on which day a qualification ends; on none if somebody said that it has ended."""
    last_day = None if row.ended_ground else row.valid_until
    return events.Ending(
        kind="qualification",
        ending_id=row.qualification_id,
        bureau=row.bureau,
        institution=row.institution or ("" if row.kind.of_person else row.name),
        what=row.kind.value,
        number=row.number,
        last_day=last_day.isoformat() if last_day else "",
        version=row.version,
    )
