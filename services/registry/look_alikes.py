"""Subjects whose names look like another name, for the caseworker who registers or confirms one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.identity.names import LONGEST_FORM, alike, skeleton
from plumbing.identity import Caller
from plumbing.paging import read_in_chunks
from services.registry import scope
from services.registry.tables import Subject

MOST = 20  # look-alikes that are shown
_CHUNK = 2000


async def look_alikes(
    session: AsyncSession, caller: Caller, on: date, name: str, besides: str = ""
) -> list[str]:
    """Returns the ids of at most 20 subjects in the caller's scope whose names look like a name.

    `besides` is the id of a subject that is left out. The names are compared in parts, so that
    other calls are answered in between.
    """
    length = len(skeleton(name))
    near = sa.func.length(Subject.name).between(length - 1, length + 1 + LONGEST_FORM)
    rows = select(Subject.subject_id, Subject.name).where(
        sa.not_(col(Subject.removed)),
        scope.subjects(caller, on),
        near,
        col(Subject.subject_id) != besides,
    )
    found: list[str] = []
    async for chunk in read_in_chunks(session, rows, col(Subject.subject_id), _CHUNK):
        found += [subject_id for subject_id, other in chunk if alike(name, other)]
        if len(found) >= MOST:
            break
        await asyncio.sleep(0)
    return found[:MOST]


async def rows_of(session: AsyncSession, ids: Sequence[str]) -> Sequence[Subject]:
    """Reads the subjects with these ids, by name."""
    wanted = select(Subject).where(col(Subject.subject_id).in_(ids))
    return (await session.exec(wanted.order_by(col(Subject.name)))).all()
