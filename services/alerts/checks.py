"""The checks and repairs of the alerts service for `quanheng check` and `quanheng reconcile`."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis, ColourBasis, colour_basis, ladder
from law.colours.rule import Colour, InstrumentState, VerificationFact
from plumbing import paging
from plumbing.calendars.editions import hold_editions
from plumbing.change import Changes
from plumbing.chunks import chunks
from plumbing.clock import Clock
from plumbing.copies import hold_copies
from plumbing.database import Database
from plumbing.future_days import report_future_days
from plumbing.service import Findings, Reconciled
from plumbing.together import together
from services.alerts.adopting import adopt_catalogue, derive_again
from services.alerts.escalation import first_grades
from services.alerts.escalation.checks import EscalationChecks
from services.alerts.exposure_lists.checks import end_over, report_over
from services.alerts.instrument_filters import colour_in_sql
from services.alerts.projection import facts_of
from services.alerts.standing import StandingWorkflows
from services.alerts.tables import (
    Alert,
    AppliedEdition,
    Bureau,
    CalibrationDue,
    Escalation,
    Institution,
    Instrument,
    Notice,
    NoticeKind,
    NoticeState,
    Subject,
    Verification,
    Watch,
)
from services.alerts.timers import Timers, delivery_id, message_workflow_id, watch_id
from services.alerts.untold import standing

CHUNK = 1000
_DAY = timedelta(days=1)
_COPIED = {
    "bureaus": Bureau,
    "subjects": Subject,
    "subjects.told": Subject,
    "instruments": Instrument,
    "calibrations.due": CalibrationDue,
    "institutions": Institution,
    "verifications": Verification,
}
# What is read of each instrument, the key first; objects would take longer than everything else.
_COMPARED = (
    *("instrument_id", "bureau", "type_code", "state", "rotate_on", "parts", "spell"),
    *("removed", "non_compulsory"),
    *("standing", "valid_until", "since", "governing_id", "watched"),
)
_OF_ALERT = (
    *("instrument_id", "spell", "governing_id", "colour"),
    *("standing", "valid_until"),
)
# A delivery begins a moment after its notice is committed; only a lasting lack counts.
SETTLING_SECONDS = 3.0
LOOK_EVERY_SECONDS = 0.1


class Checks:
    """Checks that projection, colours, alerts, watches, deliveries and escalation cases agree."""

    def __init__(
        self, database: Database, clock: Clock, timers: Timers, *, sends_mail: bool = True
    ) -> None:
        self._database, self._clock, self._timers = database, clock, timers
        self._standing = StandingWorkflows(database, clock, timers, sends_mail=sends_mail)
        self.escalations = EscalationChecks(database, clock, timers)

    async def check(self) -> Findings:
        """Compares stored colours and alerts with the law, and reports missing workflows.

        Stored rows are compared in one database snapshot; workflows are checked afterwards.
        """
        findings = Findings()
        async with self._database.snapshot() as session:
            await _add_digests(session, findings)
            watches = {w.bureau: w.watched_through for w in (await session.exec(select(Watch)))}
            await self._compare(session, watches, findings)
            await _count_notices(session, findings)
            await self._count_untold(session, findings)
            await self.escalations.check(session, findings)
            await report_over(session, findings, self._clock.today())
            await self._check_days(session, findings)
        await hold_editions(self._database, AppliedEdition, findings)
        self._count_watches(watches, findings)
        await self._find_missing_watches([*watches], findings)
        await self._find_missing_deliveries(findings)
        await self.escalations.check_workflows(findings)
        return findings

    async def reconcile(self) -> Reconciled:
        """Starts every missing workflow of a watch, a delivery, a message or an escalation case.

        Before that, derives again the colours that are not those of the law and of the present
        catalogue, and raises the alerts that are missing. Opens, closes and recounts escalation
        cases, where they do not agree with the red alerts, and takes down whatever is exposed
        without a ground.
        """
        report = Reconciled()
        await self._derive_again()
        watched = await self._standing.watched_bureaus()
        await self._start_missing(watched, watch_id, self._timers.watch, report)
        waiting = await self._standing.deliverable_notices()
        await self._start_missing(waiting, delivery_id, self._timers.deliver, report)
        unsent = await self._standing.pending_messages()
        await self._start_missing(unsent, message_workflow_id, self._timers.send, report)
        await self.escalations.reconcile(report)
        await end_over(Changes(self._database, self._clock))
        return report

    async def _derive_again(self) -> None:
        changes = Changes(self._database, self._clock)
        for bureau in await self._standing.watched_bureaus():
            await adopt_catalogue(changes, bureau)
        async with self._database.snapshot() as session:
            differing = [key async for key in _differing(session, self._clock.today())]
        for ids in chunks(differing, CHUNK):
            await derive_again(changes, ids)

    async def _start_missing(
        self,
        objects: Sequence[str],
        id_of: Callable[[str], str],
        start: Callable[[str], Awaitable[None]],
        report: Reconciled,
    ) -> None:
        run = await together(map(id_of, objects), self._timers.keep)
        missing = [one for one, runs in zip(objects, run, strict=True) if not runs]
        report.running += len(objects) - len(missing)
        report.started += map(id_of, missing)
        await together(missing, start)

    async def _idle(
        self, objects: Sequence[str], id_of: Callable[[str], str], workflow_type: str
    ) -> list[str]:
        """Those of the objects of which no workflow runs."""
        listed = await self._timers.listed(workflow_type) if objects else set()
        # The list is a moment behind, so a workflow that it lacks is asked for by its id.
        unlisted = [one for one in objects if id_of(one) not in listed]
        run = await together(map(id_of, unlisted), self._timers.runs)
        return [one for one, runs in zip(unlisted, run, strict=True) if not runs]

    async def _compare(
        self, session: AsyncSession, watches: Mapping[str, date | None], findings: Findings
    ) -> None:
        today = self._clock.today()
        colour = colour_in_sql(today).label("colour")
        coloured: Any = sa.select(*(getattr(Instrument, name) for name in _COMPARED), colour)
        key = col(Instrument.instrument_id)
        async for rows in paging.read_in_chunks(session, coloured, key, CHUNK):
            ids = [row.instrument_id for row in rows]
            facts, raised = await facts_of(session, ids), await _raised(session, ids)
            for row in rows:
                _compare_colour(row, facts.get(row.instrument_id, ()), today, findings)
                for due_on, missing in _missing_alerts(row, raised, watches.get(row.bureau)):
                    findings.differ(
                        "alert.missing",
                        f"instrument/{row.instrument_id}",
                        f"{due_on} 起应有的 {missing} 预警不存在，请执行 quanheng reconcile",
                        f"There is no {missing} alert although it was due on {due_on}",
                    )

    async def _check_days(self, session: AsyncSession, findings: Findings) -> None:
        for kind, identity, day in (
            ("watch", col(Watch.bureau), col(Watch.watched_through)),
            ("instrument", col(Alert.instrument_id), col(Alert.raised_at)),
            ("escalation", col(Escalation.escalation_id), col(Escalation.waits_from)),
        ):
            await report_future_days(session, self._clock, findings, kind, identity, day)

    async def _count_untold(self, session: AsyncSession, findings: Findings) -> None:
        found = await standing(session)
        days = found.days(self._clock.today())
        findings.figures |= {"untold_reds": found.alerts, "untold_reds.days": days}
        grades = await first_grades.standing(session, self._clock.today())
        days = grades.days(self._clock.today())
        findings.figures |= {"untold_grades": grades.grades, "untold_grades.days": days}

    def _count_watches(self, watches: Mapping[str, date | None], findings: Findings) -> None:
        yesterday = self._clock.today() - _DAY
        behind = [b for b, through in watches.items() if through is None or through < yesterday]
        findings.figures |= {"watches": len(watches), "watches.behind": len(behind)}

    async def _find_missing_watches(self, bureaus: Sequence[str], findings: Findings) -> None:
        for bureau in await self._idle(bureaus, watch_id, "Watch"):
            findings.differ(
                "watch.workflow_missing",
                f"bureau/{bureau}",
                "没有运行中的每日监视，请执行 quanheng reconcile",
                "No watch is running; run quanheng reconcile",
            )

    async def _find_missing_deliveries(self, findings: Findings) -> None:
        ends = asyncio.get_running_loop().time() + SETTLING_SECONDS
        while missing := await self._undelivered():
            if asyncio.get_running_loop().time() > ends:
                break
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        for notice_id in missing:
            findings.differ(
                "notice.workflow_missing",
                f"notice/{notice_id}",
                "待投递的通知没有运行中的投递，请执行 quanheng reconcile",
                "No delivery of this pending notice is running; run quanheng reconcile",
            )

    async def _undelivered(self) -> list[str]:
        """The pending notices of which no delivery runs; one just delivered is pending no more."""
        pending = await self._standing.deliverable_notices()
        idle = await self._idle(pending, delivery_id, "Delivery")
        still = set(await self._standing.deliverable_notices()) if idle else set()
        return [notice_id for notice_id in idle if notice_id in still]


async def _add_digests(session: AsyncSession, findings: Findings) -> None:
    for topic, model in _COPIED.items():
        await hold_copies(session, findings, topic, model)
    await _hold_letters(session, findings)
    connection = await session.connection()
    alerts = sa.select(sa.func.count()).select_from(Alert)
    findings.figures["alerts"] = (await connection.execute(alerts)).scalar_one()


async def _hold_letters(session: AsyncSession, findings: Findings) -> None:
    """The letters of cases as they were sent, to be compared with the letters that cases hold."""
    letters = select(Notice.key, Notice.title, Notice.body).where(
        Notice.kind == NoticeKind.LETTER, sa.not_(col(Notice.key).endswith("/agent"))
    )
    sent = (await session.exec(letters)).all()
    findings.hold("letters", ((key.removeprefix("letter/"), *text) for key, *text in sent))


async def _count_notices(session: AsyncSession, findings: Findings) -> None:
    counted = select(Notice.state, sa.func.count()).group_by(col(Notice.state))
    counts = dict((await session.exec(counted)).all())
    for state in NoticeState:
        findings.figures[f"notices.{state.value}"] = counts.get(state, 0)


async def _raised(session: AsyncSession, instrument_ids: Sequence[str]) -> set[tuple[Any, ...]]:
    raised: Any = sa.select(*(getattr(Alert, name) for name in _OF_ALERT))
    of_these = raised.where(col(Alert.instrument_id).in_(instrument_ids))
    return {tuple(row) for row in (await (await session.connection()).execute(of_these)).all()}


def _compare_colour(
    row: Any, facts: Sequence[VerificationFact], today: date, findings: Findings
) -> None:
    colour, expected = row.colour, _by_law(row, facts, today).colour(today)
    if colour != expected:
        findings.differ(
            "colour.differs",
            f"instrument/{row.instrument_id}",
            f"颜色为 {colour}，按规则应为 {expected}，请执行 quanheng reconcile",
            f"The colour is {colour}, by law it is {expected}; run quanheng reconcile",
        )


async def _differing(session: AsyncSession, today: date) -> AsyncIterator[str]:
    """The instruments whose stored basis is not the one of the law, or that lack an alert."""
    watches = {w.bureau: w.watched_through for w in (await session.exec(select(Watch)))}
    columns: Any = sa.select(*(getattr(Instrument, name) for name in _COMPARED))
    key = col(Instrument.instrument_id)
    async for rows in paging.read_in_chunks(session, columns, key, CHUNK):
        ids = [row.instrument_id for row in rows]
        facts, raised = await facts_of(session, ids), await _raised(session, ids)
        for row in rows:
            agrees = _agrees(row, facts.get(row.instrument_id, ()), today)
            if not agrees or any(_missing_alerts(row, raised, watches.get(row.bureau))):
                yield row.instrument_id


def _agrees(row: Any, facts: Sequence[VerificationFact], today: date) -> bool:
    """Whether the stored basis is the one that the law derives."""
    derived = _by_law(row, facts, today)
    basis = Basis.REMOVED if row.removed else derived.basis
    expected = (basis, derived.valid_until, derived.governing_id)
    return (row.standing, row.valid_until, row.governing_id) == expected


def _by_law(row: Any, facts: Sequence[VerificationFact], today: date) -> ColourBasis:
    """The basis from the verifications themselves, without what the projection stored."""
    state = InstrumentState.SCRAPPED if row.removed else row.state
    return colour_basis(
        *(row.type_code, state, row.rotate_on, facts, row.parts),
        on=today,
        compulsory=not row.non_compulsory,
    )


def _missing_alerts(
    row: Any, raised: Collection[tuple[Any, ...]], watched_through: date | None
) -> Iterator[tuple[date, Colour]]:
    """The alerts that were due and are not there on the present basis, each with its day."""
    if not row.watched or watched_through is None:
        return
    # An instrument never verified is left to the watch of the day after it became known.
    last = watched_through - _DAY if row.standing is Basis.UNVERIFIED else watched_through
    for due_on, colour in ladder(row.standing, row.valid_until, row.since):
        key = (row.instrument_id, row.spell, row.governing_id, colour)
        if due_on <= last and (*key, row.standing, row.valid_until) not in raised:
            yield due_on, colour
