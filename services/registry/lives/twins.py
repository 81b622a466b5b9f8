"""The list of twins: subjects of one name in several bureaus, not every one with a credit code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.evidence import SubjectKind
from plumbing import paging, row_scope
from plumbing.identity import Caller
from plumbing.view import View
from protos.registry.v1 import lives_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.registry import lookup, wire
from services.registry.lives import apart
from services.registry.tables import Subject

# What tells apart subjects that are outside the caller's scope: nothing about people.
_TOLD = ("subject_id", "kind", "name", "credit_code", "bureau", "sector", "version")


async def list_twins(view: View, request: pb.ListTwinsRequest) -> pb.ListTwinsResponse:
    """Returns a page of the subjects in the caller's scope with namesakes elsewhere, by name.

    Namesakes that somebody has kept apart are left out; with `apart`, only they are told. Natural
    persons and subjects in review are none. Two that are both in the scope are told of
    once at least, by the first of them.
    """
    other: Any = aliased(Subject)
    own = row_scope.covered(view.caller, Subject.bureau)
    which = _tells_of(view.caller, other)
    if request.subject_id:
        which = col(Subject.subject_id) == await lookup.subject_id(view, request.subject_id)
    held = apart.decided(Subject, other)
    twin = sa.exists().where(
        *_twins(Subject, other), which, held if request.apart else sa.not_(held)
    )
    rows = select(Subject).where(*_may_be_one(Subject), own, twin)
    order = Subject.name, Subject.subject_id
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    twins = await _with_namesakes(view.session, view.caller, page, apart_only=request.apart)
    return pb.ListTwinsResponse(twins=twins, next_page_token=token, **count)


def _tells_of(caller: Caller, twin: Any) -> sa.ColumnElement[bool]:
    """Whether a subject has to tell of a twin: one that is out of the scope, or comes later."""
    covered = row_scope.covered(caller, twin.bureau)
    return sa.or_(sa.not_(covered), twin.subject_id > col(Subject.subject_id))


def _may_be_one(model: Any) -> tuple[Any, ...]:
    kind = model.kind != SubjectKind.NATURAL_PERSON
    return sa.not_(model.removed), sa.not_(model.in_review), kind, model.name_key != ""


def _twins(one: Any, other: Any) -> tuple[Any, ...]:
    """The rule of `compare_subjects` for namesakes of two bureaus, as conditions of a query."""
    uncoded = sa.or_(one.credit_code == "", other.credit_code == "")
    return (
        other.name_key == one.name_key,
        other.bureau != one.bureau,
        *_may_be_one(other),
        uncoded,
    )


async def _with_namesakes(
    session: AsyncSession, caller: Caller, page: Sequence[Subject], *, apart_only: bool
) -> list[pb.Twins]:
    keys = {row.name_key for row in page}
    named = select(Subject).where(col(Subject.name_key).in_(keys), *_may_be_one(Subject))
    by_key: dict[str, list[Subject]] = defaultdict(list)
    for row in await session.exec(named.order_by(col(Subject.bureau), col(Subject.subject_id))):
        by_key[row.name_key].append(row)
    held = await apart.decisions(session, page, [one for rows in by_key.values() for one in rows])
    names = await apart.people(session, held.values()) if apart_only else {}
    twins = []
    for row in page:
        others = [one for one in by_key[row.name_key] if apart.are_twins(row, one)]
        pairs = {one.subject_id: (row.subject_id, one.subject_id) for one in others}
        shown = [one for one in others if (pairs[one.subject_id] in held) is apart_only]
        twins.append(
            pb.Twins(
                subject=wire.subject(row),
                namesakes=[_told(caller, one) for one in shown],
                apart=[
                    apart.message(held[pairs[one.subject_id]], names) for one in shown if apart_only
                ],
            )
        )
    return twins


def _told(caller: Caller, row: Subject) -> registry.Subject:
    message = wire.subject(row)
    if caller.covers(row.bureau):
        return message
    return registry.Subject(**{name: getattr(message, name) for name in _TOLD})
