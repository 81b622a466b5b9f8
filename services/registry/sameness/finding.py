"""Opens a likeness where an import found one, and keeps its state true when its sides change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.identity import Role
from services.registry.imported import imported
from services.registry.sameness.places import Place
from services.registry.sameness.sides import Side, sides_at, wait
from services.registry.sameness.tables import LikeKind, Likeness, LikenessOfBatch
from services.registry.tables import Instrument, Record, Subject, Verification

WAITING, DECIDED = "waiting", "decided"
IDS_IN_QUERY = 400
OF_A_BUREAU = (Role.CASEWORKER, Role.UNIT_HEAD, Role.INSPECTOR, Role.INTEGRATOR)


async def open_found(change: Change, batch_id: str, found: Iterable[Place]) -> None:
    """Opens the likenesses that a batch found, whose rows are in the register already."""
    for place in found:
        if await look(change, place):
            row = LikenessOfBatch(batch_id=batch_id, likeness_id=place.id)
            await change.session.merge(row)


async def look(change: Change, place: Place) -> bool:
    """Opens, closes or forgets the likeness at a place, as its sides now demand; returns if it is.

    A likeness about which nobody has decided is forgotten once nothing is alike any more.
    """
    row = await change.session.get(Likeness, place.id)
    sides = await sides_at(change.session, place)
    waits = wait(place, sides, row.apart if row else ())
    if row is None and waits:
        row = await _opened(change, place, sides)
        change.session.add(row)
    elif row is not None and not waits and not row.decided_by:
        await change.session.delete(row)
        return False
    elif row is not None:
        row.state = WAITING if waits else DECIDED
    return row is not None


async def look_at_known(change: Change, places: Iterable[Place]) -> None:
    """Looks at places whose things have ended: what waits there may be over, nothing new begins."""
    by_id = {place.id: place for place in places}
    for chunk in chunks(by_id, IDS_IN_QUERY):
        known = select(Likeness.likeness_id).where(col(Likeness.likeness_id).in_(chunk))
        for likeness_id in (await change.session.exec(known)).all():
            await look(change, by_id[likeness_id])


async def look_anew(change: Change, place: Place) -> None:
    """Looks at a place whose sides say something else now: what was decided of them is over."""
    row = await change.session.get(Likeness, place.id)
    if row is not None:
        row.apart = []
    await look(change, place)


async def likeness_at(change: Change, place: Place) -> str:
    """Looks at the place of what was entered by hand; returns the id of the likeness that waits.

    Empty if nothing is alike there, a person has decided about all sides, or the caller is not of a
    bureau and so does not see it.
    """
    await look(change, place)
    if not change.caller.has(*OF_A_BUREAU):
        return ""
    row = await change.session.get(Likeness, place.id)
    return row.likeness_id if row is not None and row.state == WAITING else ""


async def look_again(change: Change, batch_id: str) -> None:
    """Looks again at what a batch found, or what its things are a side of: it was undone."""
    of_batch = select(LikenessOfBatch.likeness_id).where(LikenessOfBatch.batch_id == batch_id)
    waiting = sa.and_(col(Likeness.state) == WAITING, _beside_things(batch_id))
    found = select(Likeness).where(sa.or_(col(Likeness.likeness_id).in_(of_batch), waiting))
    for row in (await change.session.exec(found)).all():
        await look(change, place_of(row))
    await change.session.exec(
        sa.delete(LikenessOfBatch).where(col(LikenessOfBatch.batch_id) == batch_id)
    )


def _beside_things(batch_id: str) -> sa.ColumnElement[bool]:
    """The likenesses of owners of things of a batch, or of the bureaus of its subjects."""
    instruments, results, records, subjects = [
        imported(batch_id, kind) for kind in ("instrument", "verification", "record", "subject")
    ]
    of_results = sa.select(col(Verification.instrument_id)).where(
        col(Verification.verification_id).in_(results)
    )
    by_instrument = sa.select(col(Instrument.subject_id)).where(
        sa.or_(*(col(Instrument.instrument_id).in_(ids) for ids in (instruments, of_results)))
    )
    by_record = sa.select(col(Record.subject_id)).where(col(Record.record_id).in_(records))
    bureaus = sa.select(col(Subject.bureau)).where(col(Subject.subject_id).in_(subjects))
    return sa.or_(
        col(Likeness.subject_id).in_(by_instrument),
        col(Likeness.subject_id).in_(by_record),
        sa.and_(col(Likeness.subject_id) == "", col(Likeness.bureau).in_(bureaus)),
    )


async def follow_owners(change: Change, *which: sa.ColumnElement[bool]) -> None:
    """Gives what is perhaps the same to the present bureaus of its owners, where `which` is true.

    A bureau to which a subject no longer belongs neither sees nor decides it.
    """
    present = (
        select(Subject.bureau).where(Subject.subject_id == Likeness.subject_id).scalar_subquery()
    )
    left = sa.and_(col(Likeness.subject_id) != "", col(Likeness.bureau) != present, *which)
    await change.session.exec(sa.update(Likeness).where(left).values(bureau=present))


async def follow_owners_of_batch(change: Change, batch_id: str) -> None:
    """Does the same for the subjects that an import changed."""
    await follow_owners(change, col(Likeness.subject_id).in_(imported(batch_id, "subject")))


def place_of(row: Likeness) -> Place:
    """Returns the place of a likeness."""
    return Place(LikeKind(row.kind), tuple(row.place))


async def _opened(change: Change, place: Place, sides: Sequence[Side]) -> Likeness:
    row = Likeness(
        likeness_id=place.id,
        kind=place.kind,
        place=[*place.key],
        bureau="",
        opened_at=change.at,
    )
    first = sides[0]
    if isinstance(first, Verification):
        row.day = first.verified_on
        first = await change.session.get_one(Instrument, first.instrument_id)
    if isinstance(first, Subject):
        row.bureau, row.label = first.bureau, first.name
        return row
    if isinstance(first, Instrument):
        row.type_code, row.label = first.type_code, first.serial_no
    if isinstance(first, Record):
        row.record_kind, row.day = first.kind.value, first.determined_on
    owner = await change.session.get_one(Subject, first.subject_id)
    row.subject_id, row.bureau = owner.subject_id, owner.bureau
    return row
