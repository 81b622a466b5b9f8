"""Which text governs: what was activated here, else the packaged table of jurisdictions (D-08).

Whatever grades asks `Governing.text`. An activation holds from its first day on; the one from the
latest day decides, and of these the latest made, so that nothing ended comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law import ruleset as texts
from law.evidence import SubjectKind
from law.rules import NotGraded, Ruleset
from plumbing.identity import scope_prefix
from services.grading.tables import Activation

ENDED = NotGraded(
    "ended",
    "启用的规则已失效，尚未启用新的规则",
    "The text activated here has ended, and no other was activated",
    "D-08",
)


@dataclass(frozen=True, slots=True)
class Activated:
    """An activation, as far as it decides."""

    activation_id: str
    prefix: str  # of the codes of the bureaus it reaches
    sectors: frozenset[str]  # empty: every sector
    ruleset_id: str
    valid_from: date

    def fits(self, bureau: str, sector: str, day: date) -> bool:
        """Tell whether it speaks of the bureau, the sector and the day."""
        reaches = not self.sectors or sector in self.sectors
        return reaches and self.valid_from <= day and bureau.startswith(self.prefix)

    def touches(self, prefix: str) -> bool:
        """Tell whether it reaches some bureau whose code begins so."""
        return self.prefix.startswith(prefix) or prefix.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Governing:
    """The activations, the deciding ones first, over the packaged table."""

    activated: tuple[Activated, ...] = ()

    def text(self, bureau: str, sector: str, day: date, kind: SubjectKind) -> Ruleset | NotGraded:
        """The text that governs such a subject on a day, or why it has no grade."""
        for one in self.activated:
            if one.fits(bureau, sector, day):
                return _text(texts.load(one.ruleset_id), sector, day, kind)
        return texts.governing(bureau, sector, day, kind)

    def turns(self) -> Iterator[date]:
        """The days on which another text may begin to govern somewhere."""
        for entry in texts.jurisdictions().entries:
            yield from _ends(entry.valid_from, entry.valid_to)
        for one in self.activated:
            yield from _ends(one.valid_from, texts.load(one.ruleset_id).valid_to)


PACKAGED: Final = Governing()
_KEPT: dict[tuple[str, int], Governing] = {}
_KEEP = 16


async def load(session: AsyncSession) -> Governing:
    """What governs as this transaction sees it; read anew only when something was activated.

    Activations are only ever added, so their number and the newest tell which there are.
    """
    newest = (
        select(Activation.activation_id, sa.func.count().over())
        .order_by(col(Activation.seq).desc())
        .limit(1)
    )
    key = (await session.exec(newest)).first()
    if key is None:
        return PACKAGED
    kept = _KEPT.get((key[0], key[1]))
    if kept is None:
        if len(_KEPT) >= _KEEP:
            _KEPT.clear()
        kept = _KEPT[key[0], key[1]] = await _read(session)
    return kept


async def _read(session: AsyncSession) -> Governing:
    deciding = select(Activation).order_by(
        col(Activation.valid_from).desc(), col(Activation.seq).desc()
    )
    return Governing(tuple(map(_activated, (await session.exec(deciding)).all())))


def _activated(row: Activation) -> Activated:
    return Activated(
        row.activation_id,
        scope_prefix(row.bureau),
        frozenset(row.sectors),
        row.ruleset_id,
        row.valid_from,
    )


def _text(text: Ruleset, sector: str, day: date, kind: SubjectKind) -> Ruleset | NotGraded:
    if text.valid_to is not None and day > text.valid_to:
        return ENDED
    return texts.outside(text, kind, sector) or text


def _ends(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None:
        yield last + timedelta(days=1)
