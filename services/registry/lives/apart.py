"""Namesakes of several bureaus that a person has said are not the same.

The decision holds as long as both say what they said then: another name, code, bureau, address or
own number of one of them brings the pair back to the list of twins.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotPermitted, WrongState
from law.evidence import SubjectKind
from law.identity import Verdict
from law.identity.subjects import compare_subjects
from plumbing.change import Change
from protos.registry.v1 import lives_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.lives.acts import require_seen
from services.registry.lives.joining import both, named_by
from services.registry.lives.tables import TwinsApart
from services.registry.tables import Subject

_FACTS = ("name_key", "credit_code", "bureau", "address", "external_ref")  # what tells them apart
_BETWEEN = "\n"


async def keep_twins_apart(
    change: Change, request: pb.KeepTwinsApartRequest
) -> pb.KeepTwinsApartResponse:
    """Says that two namesakes of two bureaus are not the same; they may still be joined later.

    Raises InvalidInput for one subject given twice, NotFound, NotPermitted if neither is in the
    caller's scope, and WrongState if they are not perhaps the same, or one is not as it was read.
    """
    given = (request.subject_id, request.other_id)
    first, second = [(await named_by(change, x)).subject_id for x in given]
    one, other = await both(change, first, second, "other_id")
    covered = [side for side in (one, other) if change.caller.covers(side.bureau)]
    if not covered:
        zh, en = "两个主体都不在您的管辖范围内", "Neither subject is in your scope"
        raise NotPermitted(zh, en)
    require_seen(one, request.subject_version)
    require_seen(other, request.other_version)
    if not are_twins(one, other):
        zh, en = "两者不是跨机关的同名主体", "They are no namesakes of two bureaus"
        raise WrongState(zh, en)
    row = await _decide(change, one, other, request.ground)
    await _decide(change, other, one, request.ground)
    after = {"apart": one.subject_id, "from": other.subject_id, "names": [one.name, other.name]}
    object_, bureau = f"subject/{covered[0].subject_id}", covered[0].bureau
    change.audit("keep_twins_apart", object_, after=after, ground=request.ground, bureau=bureau)
    return pb.KeepTwinsApartResponse(apart=message(row, {}))


async def _decide(change: Change, own: Subject, twin: Subject, ground: str) -> TwinsApart:
    decision = TwinsApart(
        subject_id=own.subject_id,
        other_id=twin.subject_id,
        facts=_BETWEEN.join(map(facts_of, (own, twin))),
        ground=ground,
        at=change.at,
        by=change.on_behalf_of,
    )
    return await change.session.merge(decision)


def are_twins(one: Subject, other: Subject) -> bool:
    """Returns whether two subjects of two bureaus are perhaps the same.

    Natural persons, and what is nameless, in review or removed, never are: nobody is shown them.
    """
    if any(_is_out(side) for side in (one, other)) or one.bureau == other.bureau:
        return False
    return compare_subjects(one.model_dump(), other.model_dump()) is Verdict.PERHAPS


def _is_out(row: Subject) -> bool:
    person = row.kind == SubjectKind.NATURAL_PERSON
    return person or row.removed or row.in_review or not row.name_key


def facts_of(row: Subject) -> str:
    """Returns what tells a subject apart from its namesakes."""
    return _BETWEEN.join(getattr(row, name) for name in _FACTS)


def decided(one: Any, other: Any) -> sa.ColumnElement[bool]:
    """Returns the condition that somebody has kept two subjects apart who still say the same."""
    columns = [getattr(side, name) for side in (one, other) for name in _FACTS]
    present = reduce(lambda left, right: left + _BETWEEN + right, columns)
    return sa.exists().where(
        col(TwinsApart.subject_id) == one.subject_id,
        col(TwinsApart.other_id) == other.subject_id,
        col(TwinsApart.facts) == present,
    )


async def decisions(
    session: AsyncSession, sides: Sequence[Subject], namesakes: Collection[Subject]
) -> dict[tuple[str, str], TwinsApart]:
    """Returns the decisions about subjects and their namesakes that still hold, by both ids."""
    own = {one.subject_id: facts_of(one) for one in (*sides, *namesakes)}
    rows = select(TwinsApart).where(
        col(TwinsApart.subject_id).in_([one.subject_id for one in sides])
    )
    return {
        (row.subject_id, row.other_id): row
        for row in await session.exec(rows)
        if row.other_id in own
        and row.facts == _BETWEEN.join((own[row.subject_id], own[row.other_id]))
    }


async def people(session: AsyncSession, rows: Collection[TwinsApart]) -> dict[str, str]:
    """Returns the names of those who decided, by account."""
    accounts = select(Account).where(col(Account.account_id).in_({row.by for row in rows}))
    return {one.account_id: one.display_name for one in await session.exec(accounts)}


def message(row: TwinsApart, names: dict[str, str]) -> pb.TwinsApart:
    """Converts a decision to a message."""
    told = pb.TwinsApart(
        subject_id=row.subject_id,
        other_id=row.other_id,
        ground=row.ground,
        by=row.by,
        by_name=names.get(row.by, ""),
    )
    told.at.FromDatetime(row.at)
    return told
