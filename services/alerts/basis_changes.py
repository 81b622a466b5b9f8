"""What follows when the bases of instruments' colours changed: alerts, escalation, exposure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from plumbing.change import Change
from services.alerts.escalation.cases import match_cases
from services.alerts.escalation.holding import release
from services.alerts.exposure_lists.endings import settle
from services.alerts.tables import Instrument
from services.alerts.watch import evaluate


async def follow_up(
    change: Change,
    altered: Sequence[Instrument],
    subjects: Collection[str] = (),
    instruments: Collection[str] = (),
    *,
    unverified: Collection[str] = (),
) -> None:
    """Raises the alerts due for altered instruments, then opens and closes escalation cases.

    The cases of `subjects` and of the owners of `instruments` are looked at as well. Entries of
    exposure lists whose ground is over end. Those `unverified` are red at once, as `evaluate` says.
    """
    if watched := [instrument for instrument in altered if instrument.watched]:
        await evaluate(change, watched, unverified)
    owners = {*subjects, *(i.subject_id for i in altered)}
    await match_cases(change, {*instruments, *(i.instrument_id for i in altered)}, owners)
    await release(change, owners)
    await settle(change, owners)
