"""Announces marks to those who have to look, and to an institution what the public is shown.

The institution and the bureaus of the instruments have to look at marks. They hear of hours
outside the limits, once for all that one change marked. What has no records yet is told to nobody,
for records come later; the work list names it (C-46).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from law.laboratories import Finding
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.institutions import wire
from services.registry.institutions.tables import Institution
from services.registry.laboratories.tables import EnvironmentMark, Laboratory
from services.registry.tables import Instrument, Verification

# Verifications that an event names, whose size is limited: of one bureau, and of all of them.
# It says how many there are.
NAMED = 100
NAMED_IN_ALL = 800


@dataclass(frozen=True)
class Marked:
    """A verification with its mark, None if it lost it, and the mark as it was before, if any."""

    verification: Verification
    instrument: Instrument
    mark: EnvironmentMark | None
    before: Mapping[str, Any] | None

    @property
    def is_told(self) -> bool:
        """Whether hours are outside the limits of which nobody heard yet, or that were noted."""
        if self.mark is None or self.mark.finding is not Finding.EXCEEDED:
            return False
        before = self.before or {"finding": "", "note": ""}
        return before["finding"] != Finding.EXCEEDED or bool(before["note"])


async def tell(change: Change, marked: Sequence[Marked]) -> None:
    """Announces the marks of hours outside the limits, one event for each institution."""
    by_institution = defaultdict[str, list[Marked]](list)
    for one in marked:
        if one.is_told:
            by_institution[one.verification.institution].append(one)
    if not by_institution:
        return
    named = select(Institution).where(col(Institution.name).in_([*by_institution]))
    for row in (await change.session.exec(named.order_by(col(Institution.name)))).all():
        own = by_institution[row.name]
        event = events.EnvironmentMarked(
            institution=wire.institution(row), bureaus=by_bureau(own), total=len(own)
        )
        object_ = f"institution/{row.institution_id}"
        await change.announce(event, aggregate=object_, bureau=row.bureau)
        change.audit("tell_of_marks", object_, after={"marks": len(own)}, bureau=row.bureau)


async def tell_of_note(
    change: Change, verification: Verification, instrument: Instrument, mark: EnvironmentMark
) -> None:
    """Announces what the bureau found at a mark, if the institution is on file."""
    named = select(Institution).where(Institution.name == verification.institution)
    row = (await change.session.exec(named)).first()
    if row is None:
        return
    event = events.EnvironmentNoted(
        institution=wire.institution(row),
        verification=_item(Marked(verification, instrument, mark, None)),
        bureau=instrument.bureau,
        note=mark.note,
    )
    object_ = f"institution/{row.institution_id}"
    await change.announce(event, aggregate=object_, bureau=row.bureau)


async def tell_of_showing(
    change: Change, row: Laboratory, institution: Institution, *, changed: bool
) -> None:
    """Announces that the public is shown a laboratory from now on, or no longer.

    `changed` is true if it is hidden because the bureau changed it.
    """
    event = events.LaboratoryShown(
        institution=wire.institution(institution),
        laboratory_id=row.laboratory_id,
        name=row.name,
        shown=row.released,
        changed_by_bureau=changed,
    )
    object_ = f"institution/{institution.institution_id}"
    await change.announce(event, aggregate=object_, bureau=institution.bureau)


def by_bureau(marked: Sequence[Marked]) -> list[events.MarkedInBureau]:
    """Returns what was marked by the bureau of the instruments, each with the earliest by name."""
    of_bureau = defaultdict[str, list[Marked]](list)
    for one in sorted(
        marked, key=lambda one: (one.verification.worked_from, one.instrument.serial_no)
    ):
        of_bureau[one.instrument.bureau].append(one)
    named = min(NAMED, max(1, NAMED_IN_ALL // max(1, len(of_bureau))))
    return [
        events.MarkedInBureau(
            bureau=bureau, verifications=map(_item, some[:named]), total=len(some)
        )
        for bureau, some in sorted(of_bureau.items())
    ]


def _item(one: Marked) -> events.MarkedVerification:
    mark = one.mark
    return events.MarkedVerification(
        verification_id=one.verification.verification_id,
        type_code=one.instrument.type_code,
        serial_no=one.instrument.serial_no,
        certificate_no=one.verification.certificate_no,
        laboratory=one.verification.laboratory,
        worked_from=one.verification.worked_from,
        hours=mark.hours if mark else 0,
        hours_outside=mark.hours_outside if mark else 0,
    )
