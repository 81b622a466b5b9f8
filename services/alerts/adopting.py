"""Instruments whose colours rest on another catalogue than the present one are derived again.

How a type is verified decides the basis of a colour, which is stored. It changes with a release, or
on the day on which a version of the catalogue comes into force. Each watch keeps by which modes the
instruments of its bureau were derived. Where they are others than today's, the instruments of the
types concerned are derived again: when the service starts, within a minute of midnight, and in any
case before the watch raises the alerts of the day (S4 四(一), C-19).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

import structlog
from sqlmodel import col, select

from law.colours.basis import Basis
from law.instruments import not_periodic
from plumbing.change import Change, Changes
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.leadership import exclusively
from plumbing.identity import service_caller
from services.alerts import projection
from services.alerts.basis_changes import follow_up
from services.alerts.tables import Instrument, Watch
from services.alerts.watch import CITE, lock

CATALOGUE = "CATALOGUE-2020-42"
INSTRUMENTS_PER_CHANGE = 1000
AGAIN_SECONDS = 60.0
log = structlog.get_logger()


@dataclass(frozen=True)
class _Portion:
    """How far instruments were derived by these modes: up to the one with the id `last`."""

    modes: Mapping[str, str]
    last: str = ""
    altered: int = 0
    complete: bool = False


async def adopt_catalogue(
    changes: Changes, bureau: str, *, at_most: int = INSTRUMENTS_PER_CHANGE
) -> int:
    """Derives the instruments of a bureau again whose types are verified otherwise than before.

    Returns how many changed. Each transaction handles `at_most` instruments with their alerts and
    escalation cases. After a crash all are looked at again; those that changed change no more.
    """
    done, altered = _Portion(modes={}), 0
    while not done.complete:
        async with changes.change(service_caller("alerts")) as change:
            done = await _adopt_portion(change, bureau, done, at_most)
        altered += done.altered
    return altered


async def _adopt_portion(change: Change, bureau: str, done: _Portion, at_most: int) -> _Portion:
    await exclusively(change.session, "projection")  # as the handlers of events
    watch, modes = await lock(change, bureau), not_periodic(change.today)
    types = _verified_otherwise(watch.modes, modes)
    if not types:
        return _Portion(modes, complete=True)
    # Past midnight another version may be in force: then it begins anew.
    after = done.last if done.modes == modes else ""
    rows = select(Instrument).where(
        col(Instrument.bureau) == bureau,
        col(Instrument.type_code).in_(types),
        col(Instrument.instrument_id) > after,
    )
    ordered = rows.order_by(col(Instrument.instrument_id)).limit(at_most)
    found = (await change.session.exec(ordered)).all()
    changed = await _derive(change, found)
    await _follow_up(change, changed)
    if len(found) == at_most:
        return _Portion(modes, found[-1].instrument_id, len(changed))
    before, watch.modes = watch.modes, modes
    change.audit(
        "adopt_catalogue",
        f"watch/{bureau}",
        before={"modes": before},
        after={"modes": modes},
        ground=CATALOGUE,
        bureau=bureau,
    )
    return _Portion(modes, altered=len(changed), complete=True)


def _verified_otherwise(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The types that are verified otherwise than before."""
    return sorted(code for code in {*before, *after} if before.get(code) != after.get(code))


async def derive_again(changes: Changes, instrument_ids: Collection[str]) -> None:
    """Derives instruments again that do not agree with the law, and raises what is due for them."""
    async with changes.change(service_caller("alerts")) as change:
        await exclusively(change.session, "projection")
        rows = select(Instrument).where(col(Instrument.instrument_id).in_(instrument_ids))
        found = (await change.session.exec(rows)).all()
        await _derive(change, found)
        await _follow_up(change, found)  # of all: some lack only an alert


async def _derive(change: Change, rows: Collection[Instrument]) -> list[Instrument]:
    """Derives instruments again; returns those that changed."""
    altered = await projection.derive_again(change, [*rows])
    by_bureau: dict[str, list[str]] = {}
    for row in altered:
        by_bureau.setdefault(row.bureau, []).append(row.instrument_id)
    for bureau, ids in sorted(by_bureau.items()):
        after = {"instruments": len(ids), "digest": sha256(",".join(ids).encode()).hexdigest()}
        object_ = f"watch/{bureau}"
        change.audit("derive_colours", object_, after=after, ground=CITE, bureau=bureau)
    return altered


async def _follow_up(change: Change, rows: Sequence[Instrument]) -> None:
    """Raises what is due; an instrument that was never verified is red at once."""
    unverified = [row.instrument_id for row in rows if row.standing is Basis.UNVERIFIED]
    await follow_up(change, rows, unverified=unverified)


class CatalogueFollower:
    """Has every bureau adopt the catalogue of the present release and day."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._adopted: Mapping[str, str] | None = None

    async def run(self) -> NoReturn:
        """Looks once a minute, for ever, whether types are verified otherwise than before."""
        while True:
            try:
                await self.look()
            except DATABASE_AWAY as error:
                log.info("catalogue.waiting", error=str(error)[:200])
            await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Derives instruments again if the catalogue is another one than at the last look."""
        modes = not_periodic(self._changes.clock.today())
        if modes == self._adopted:
            return
        async with self._changes.database.snapshot() as session:
            bureaus = (await session.exec(select(Watch.bureau))).all()
        for bureau in bureaus:
            await adopt_catalogue(self._changes, bureau)
        self._adopted = modes
