"""Of which subjects on an exposure list authorities may be told, and what speaks against it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, WrongState
from law.escalation import circular_rule
from plumbing.change import Change
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.circulars.tables import (
    Circular,
    CircularEntry,
    CircularReceiver,
    CircularState,
)
from services.alerts.exposure_lists.grounds import Obstacle, grounds_of_entries
from services.alerts.exposure_lists.tables import EntryState, ExposureEntry
from services.alerts.tables import Subject

CITE = "S1 12(三); C-42"
Public = Mapping[str, Grade]


async def names_of(session: AsyncSession, entries: Collection[ExposureEntry]) -> dict[str, Subject]:
    """Returns the subjects of entries, by id."""
    ids = [entry.subject_id for entry in entries]
    rows = await session.exec(select(Subject).where(col(Subject.subject_id).in_(ids)))
    return {subject.subject_id: subject for subject in rows}


async def require_tellable(
    change: Change, entries: Sequence[ExposureEntry], public: Public, field: str
) -> None:
    """Raises WrongState with whatever speaks against telling authorities of any of the entries.

    `public` are the grades of their subjects as the public is shown them.
    """
    faults = list[Fault]()
    subjects = await names_of(change.session, entries)
    against = await _obstacles(change, entries, subjects, public)
    for place, entry in enumerate(entries):
        subject = subjects.get(entry.subject_id)
        name = subject.name if subject else entry.subject_id
        said = _of_entry(entry, change.today)
        said += [(one.zh, one.en, one.cite) for one in against.get(entry.entry_id, [])]
        faults += [
            Fault(f"{field}[{place}]", f"{name}：{zh}", f"{name}: {en}", cite=cite)
            for zh, en, cite in said
        ]
    if faults:
        zh, en = "有的主体现在不能通报", "Authorities cannot be told of some subjects now"
        raise WrongState(zh, en, cite=CITE, faults=faults)


async def _obstacles(
    change: Change,
    entries: Sequence[ExposureEntry],
    subjects: Mapping[str, Subject],
    public: Public,
) -> dict[int | None, list[Obstacle]]:
    """What speaks against exposing the subject of each entry for what it stands there, by entry."""
    known = [entry for entry in entries if entry.subject_id in subjects]
    of_entries = [subjects[entry.subject_id] for entry in known]
    found = await grounds_of_entries(change.session, known, of_entries, public, change.today)
    return {entry.entry_id: said for entry, (_, said) in zip(known, found, strict=True)}


def _of_entry(entry: ExposureEntry, on: date) -> list[tuple[str, str, str]]:
    """What an entry itself says against it: it came down, or its grade is told to nobody."""
    said = []
    if entry.state is not EntryState.PUBLIC:
        said.append(("已从名单撤下", "came off the list", CITE))
    if circular_rule(entry.ruleset_id, entry.grade, on) is None:
        zh = "列入的事由不是失信等级，没有通报的依据"
        said.append((zh, "is not listed for a grade of which a text has authorities told", CITE))
    return said


async def require_untold(
    change: Change, entries: Sequence[ExposureEntry], authority_ids: Collection[str]
) -> None:
    """Raises WrongState if one of the authorities was told of one of the entries already."""
    rows = (
        select(CircularReceiver.name, CircularEntry.subject_name, Circular.number)
        .join(CircularEntry, col(CircularEntry.circular_id) == col(CircularReceiver.circular_id))
        .join(Circular, col(Circular.circular_id) == col(CircularReceiver.circular_id))
        .where(
            col(Circular.state) == CircularState.ISSUED,
            col(CircularReceiver.authority_id).in_(authority_ids),
            col(CircularEntry.entry_id).in_([entry.entry_id for entry in entries]),
        )
        .order_by(col(Circular.number), col(CircularReceiver.place))
    )
    faults = [
        Fault(
            "authority_ids",
            f"{receiver}：已由{number}得知{subject}",
            f"{receiver} was told of {subject} by {number}",
        )
        for receiver, subject, number in await change.session.exec(rows)
    ]
    if faults:
        zh, en = "有的单位已经接到通报", "Some authorities were told already"
        raise WrongState(zh, en, cite=CITE, faults=faults)
