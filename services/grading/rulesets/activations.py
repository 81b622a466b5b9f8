"""Reads the stored activations, which decide which ruleset governs a jurisdiction (D-08)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.texts_in_force import governing
from law.texts_in_force.governing import PACKAGED, GoverningTexts
from plumbing.identity import scope_prefix
from services.grading.tables import Activation

_CACHE: dict[tuple[str, int], GoverningTexts] = {}
_CACHE_SIZE = 16


async def load(session: AsyncSession) -> GoverningTexts:
    """Returns the governing rulesets as this transaction sees them; cached until a new activation.

    Activations are only added, so their number and the newest one identify the whole set.
    """
    newest = (
        select(Activation.activation_id, sa.func.count().over())
        .order_by(col(Activation.seq).desc())
        .limit(1)
    )
    key = (await session.exec(newest)).first()
    if key is None:
        return PACKAGED
    cached = _CACHE.get((key[0], key[1]))
    if cached is None:
        if len(_CACHE) >= _CACHE_SIZE:
            _CACHE.clear()
        cached = _CACHE[key[0], key[1]] = await _read(session)
    return cached


async def _read(session: AsyncSession) -> GoverningTexts:
    deciding = select(Activation).order_by(
        col(Activation.valid_from).desc(), col(Activation.seq).desc()
    )
    return GoverningTexts(tuple(map(_activated, (await session.exec(deciding)).all())))


def _activated(row: Activation) -> governing.Activation:
    return governing.Activation(
        row.activation_id,
        scope_prefix(row.bureau),
        frozenset(row.sectors),
        row.ruleset_id,
        row.valid_from,
    )
