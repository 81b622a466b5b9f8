"""Joins two subjects that are one: a second person has released it.

Instruments, records, orders and accounts of the subject that goes belong to the one that stays; its
id, its credit codes and its names lead there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.identity.records import record_key
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import (
    Cause,
    save_instruments,
    save_records,
    save_subjects,
)
from services.registry.former_names import keys_of, renamed
from services.registry.identity import sessions
from services.registry.identity.tables import Account
from services.registry.lives.acts import write_act
from services.registry.lives.tables import LifeAct
from services.registry.orders.following import follow_subject
from services.registry.orders.tables import Order
from services.registry.permits.joining import join_permits
from services.registry.publication.substitutes import say_again
from services.registry.questions import following
from services.registry.sameness import aliases, places
from services.registry.sameness.finding import look
from services.registry.sameness.tables import Likeness
from services.registry.tables import Instrument, Permit, Record, Subject

# What the subject that stays takes from the other where it has nothing.
COMPLETED = (
    *("credit_code", "code_ground", "person_in_charge", "address", "email", "phone"),
    "external_ref",
)
# Everything that belongs to a subject, by the name under which a joining keeps the ids.
BELONGINGS: dict[str, Any] = {
    "instruments": Instrument,
    "records": Record,
    "accounts": Account,
    "orders": Order,
    "permits": Permit,
}


async def join_subjects(change: Change, kept: Subject, joined: Subject, ground: str) -> None:
    """Joins a subject to the one that stays, and announces it to the other services."""
    before, cause = kept.model_dump(mode="json"), Cause(events.CAUSE_JOINED, ground)
    own = {name: await ids_of(change, name, kept.subject_id) for name in BELONGINGS}
    # The one that goes first lets go of its credit code, which is unique.
    joined.removed = True
    await save_subjects(change, [joined], cause)
    _complete(change, kept, joined)
    await save_subjects(change, [kept], cause)
    moved, repeated = await _take_along(change, kept, joined, cause)
    led = await aliases.follow_subject(change, joined.subject_id, kept.subject_id)
    await _lead(change, kept, joined)
    await _announce(change, kept, joined.subject_id, repeated, ground)
    await say_again(change, set(repeated.values()), cause)
    undoing = {"before": before, "version": kept.version, "own": own, "led": led}
    await write_act(
        *(change, kept, LifeAct.JOINED, cause),
        other=joined,
        kept={**moved, **undoing},
        record_ids=moved["records"],
    )
    after = {**kept.model_dump(mode="json"), "joined": joined.subject_id, "moved": moved}
    object_ = f"subject/{kept.subject_id}"
    change.audit("join_subjects", object_, before=before, after=after, ground=ground)


async def _lead(change: Change, kept: Subject, joined: Subject) -> None:
    await aliases.lead(change, aliases.SUBJECT, joined.subject_id, kept.subject_id)
    if joined.credit_code and joined.credit_code != kept.credit_code:
        await aliases.lead(change, aliases.CREDIT_CODE, joined.credit_code, kept.subject_id)


def _complete(change: Change, kept: Subject, joined: Subject) -> None:
    for name in COMPLETED:
        setattr(kept, name, getattr(kept, name) or getattr(joined, name))
    known = {kept.name_key, *keys_of(kept.former_names or ())}
    own = renamed(joined.model_dump(), kept.name, change.today) or []
    fresh = [one for one in own if keys_of([one])[0] not in known]
    if fresh:
        kept.former_names = [*(kept.former_names or ()), *fresh]


async def ids_of(change: Change, name: str, subject_id: str) -> list[str]:
    """Returns the ids of what belongs to a subject, of one kind of `BELONGINGS`."""
    model = BELONGINGS[name]
    key = sa.inspect(model).primary_key[0]
    rows = select(key).where(col(model.subject_id) == subject_id)
    if hasattr(model, "removed"):
        rows = rows.where(sa.not_(col(model.removed)))
    return list((await change.session.exec(rows.order_by(key))).all())


async def _take_along(
    change: Change, kept: Subject, joined: Subject, cause: Cause
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Gives everything of a subject to the one that stays.

    Returns the ids by kind, and of each record that was removed the one that is the same.
    """
    instruments = await _of(change, Instrument, joined)
    for one in instruments:
        one.subject_id, one.bureau, one.in_review = kept.subject_id, kept.bureau, kept.in_review
    await save_instruments(change, instruments, cause)
    records, repeated = await _records(change, kept, joined, cause)
    permits = await join_permits(change, kept.subject_id, joined.subject_id, cause)
    accounts = await change.session.exec(
        select(Account).where(Account.subject_id == joined.subject_id)
    )
    people = accounts.all()
    for account in people:
        await sessions.move(change, account, kept.subject_id)
    orders = await follow_subject(change, joined.subject_id, kept.subject_id)
    questions = await following.follow_subject(change, joined.subject_id, kept, repeated)
    await _look_again(change, kept, joined, instruments, records)
    moved = {
        "orders": orders,
        "instruments": [one.instrument_id for one in instruments],
        "records": [one.record_id for one in records if not one.removed],
        "repeated": [*repeated],
        **permits,
        "accounts": [one.account_id for one in people],
        **questions,
    }
    return moved, repeated


async def _of(change: Change, model: Any, owner: Subject) -> Sequence[Any]:
    rows = select(model).where(
        col(model.subject_id) == owner.subject_id, sa.not_(col(model.removed))
    )
    return (await change.session.exec(rows.with_for_update())).all()


async def _records(
    change: Change, kept: Subject, joined: Subject, cause: Cause
) -> tuple[Sequence[Record], Mapping[str, str]]:
    """Gives the records of the subject that goes to the one that stays, or removes them.

    Returns them, and by the id of each one that the other has too, and so is removed, the id of the
    one that stays.
    """
    own = {record_key(one.model_dump()): one.record_id for one in await _of(change, Record, kept)}
    came = await _of(change, Record, joined)
    keys = {one.record_id: record_key(one.model_dump()) for one in came}
    repeated = {record_id: own[key] for record_id, key in keys.items() if key in own}
    for one in came:
        if one.record_id in repeated:
            one.removed = True
    await save_records(change, [one for one in came if one.removed], cause)
    others = [one for one in came if not one.removed]
    for one in others:
        one.subject_id = kept.subject_id
    await save_records(change, others, cause)
    return came, repeated


async def _look_again(
    change: Change,
    kept: Subject,
    joined: Subject,
    instruments: Sequence[Instrument],
    records: Sequence[Record],
) -> None:
    """Looks for what is perhaps the same among what the subject that stays now has."""
    gone = sa.delete(Likeness).where(
        col(Likeness.subject_id) == joined.subject_id, col(Likeness.state) == "waiting"
    )
    await change.session.exec(gone)
    on_file = [one for one in records if not one.removed]
    for place in places.of_things(kept.subject_id, instruments, on_file):
        await look(change, place)


async def _announce(
    change: Change, kept: Subject, former_id: str, repeated: Mapping[str, str], ground: str
) -> None:
    """Tells the other services that whatever belongs to one subject belongs to another now."""
    message = events.Change(cause=events.CAUSE_JOINED, ground=ground)
    message.at.FromDatetime(change.at)
    event = events.SubjectsJoined(
        change=message,
        former_id=former_id,
        present_id=kept.subject_id,
        same_records=repeated,
    )
    await change.announce(event, aggregate=f"subject/{kept.subject_id}", bureau=kept.bureau)
