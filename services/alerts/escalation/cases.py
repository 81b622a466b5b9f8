"""Escalation cases: opened, joined and closed with the red alerts that stand (S4 四(二), R-130).

An episode begins with a subject's first standing red alert and ends when none stands. A case is
opened and closed in the transaction that raises or cures; what the workflow does comes after.
A silent alert (baseline) neither opens a case nor holds it open: nobody was told of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import Colour
from law.escalation import Step, due_on, rung
from law.terms.workdays import CITE as WORKING_DAYS
from law.terms.workdays import edition
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from protos.alerts.v1 import events_pb2
from services.alerts.escalation import texts as escalation_texts
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.texts import Outcome
from services.alerts.notices import issue as notices
from services.alerts.tables import (
    Alert,
    Escalation,
    EscalationAlert,
    EscalationState,
    EscalationStep,
    Instrument,
    NoticeKind,
    StepState,
    Subject,
)

CITE = "S4 四(二)"
CASES_PER_EVENT = 500
IDS_IN_QUERY = 1000
UNDECIDED = (StepState.PROPOSED, StepState.DEFERRED)
PENDING = (*UNDECIDED, StepState.APPOINTED)
# A red alert of which somebody is told, and which still says how its instrument stands.
STANDS = (col(Alert.colour) == Colour.RED) & ~col(Alert.baseline) & notices.APPLIES
ON_INSTRUMENT = col(Instrument.instrument_id) == col(Alert.instrument_id)

T = TypeVar("T")
Red = tuple[int, str, str]  # alert, present owner of its instrument, bureau


async def settle(
    change: Change, instruments: Collection[str], subjects: Collection[str] = ()
) -> None:
    """Makes the cases agree with the red alerts that stand.

    `instruments` turned, came to another owner, or had an alert raised; `subjects` own them or
    owned them. Whoever comes second to a subject finds what the first left.
    """
    if not instruments and not subjects:
        return
    await exclusively(change.session, "escalations")
    reds = await _standing(change.session, instruments)
    owners = {*subjects, *(owner for _, owner, _ in reds)}
    cases = await _open_cases(change.session, owners)
    opened = await _open(change, [red for red in reds if red[1] not in cases])
    await _join(change.session, reds, cases | opened)
    for case in await _cured(change.session, cases.values()):
        await _close(change, case)
    await _follow_owners(change, [case for case in cases.values() if case.closed_at is None])


async def _standing(session: AsyncSession, instruments: Collection[str]) -> list[Red]:
    found: list[Red] = []
    for some in _some(instruments):
        columns = (col(Alert.alert_id), col(Instrument.subject_id), col(Instrument.bureau))
        wanted = select(*columns).join(Instrument, ON_INSTRUMENT)
        rows = await session.exec(wanted.where(col(Alert.instrument_id).in_(some), STANDS))
        found += [(number or 0, owner, bureau) for number, owner, bureau in rows]
    return found


async def _open_cases(session: AsyncSession, owners: Collection[str]) -> dict[str, Escalation]:
    found: dict[str, Escalation] = {}
    for some in _some(sorted(owners)):
        wanted = select(Escalation).where(col(Escalation.subject_id).in_(some), is_open())
        rows = await session.exec(wanted.with_for_update())
        found |= {case.subject_id: case for case in rows}
    return found


def is_open() -> sa.ColumnElement[bool]:
    """Whether a case is open, in SQL."""
    return col(Escalation.closed_at).is_(None)


async def _open(change: Change, reds: Sequence[Red]) -> dict[str, Escalation]:
    """Opens a case for every owner of these alerts."""
    bureaus = {owner: bureau for _, owner, bureau in reds}
    episodes = await _episodes(change.session, bureaus)
    cases = {o: _case(change, o, bureau, episodes[o] + 1) for o, bureau in bureaus.items()}
    change.session.add_all(cases.values())
    by_bureau: defaultdict[str, list[Escalation]] = defaultdict(list)
    for case in cases.values():
        by_bureau[case.bureau].append(case)
    for bureau, opened in sorted(by_bureau.items()):
        ids = ",".join(case.escalation_id for case in opened)
        after = {"escalations": len(opened), "digest": sha256(ids.encode()).hexdigest()}
        change.audit("open_escalations", f"watch/{bureau}", after=after, ground=CITE)
        await announce(change, f"watch/{bureau}", opened)
    return cases


async def _episodes(session: AsyncSession, owners: Collection[str]) -> Mapping[str, int]:
    last: defaultdict[str, int] = defaultdict(int)
    for some in _some(owners):
        counted = select(Escalation.subject_id, sa.func.max(Escalation.episode))
        rows = await session.exec(
            counted.where(col(Escalation.subject_id).in_(some)).group_by(Escalation.subject_id)
        )
        last.update(rows.all())
    return last


def _case(change: Change, subject_id: str, bureau: str, episode: int) -> Escalation:
    first = rung(Step.REMINDER, change.today)
    return Escalation(
        escalation_id=f"{subject_id}/{episode}",
        subject_id=subject_id,
        episode=episode,
        bureau=bureau,
        state=EscalationState.WAITING,
        step=first.step,
        waits_from=change.today,
        due_on=due_on(first, change.today, edition()).date,
        opened_at=change.at,
    )


async def _join(
    session: AsyncSession, reds: Iterable[Red], cases: Mapping[str, Escalation]
) -> None:
    """Notes which alerts belong to which case; one that does already is left as it is."""
    wanted = {(cases[owner].escalation_id, alert) for alert, owner, _ in reds}
    for some in _some(sorted(wanted), IDS_IN_QUERY // 2):
        key = sa.tuple_(col(EscalationAlert.escalation_id), col(EscalationAlert.alert_id))
        rows = await session.exec(select(EscalationAlert).where(key.in_(some)))
        known = {(row.escalation_id, row.alert_id) for row in rows}
        session.add_all(
            EscalationAlert(escalation_id=case, alert_id=alert)
            for case, alert in some
            if (case, alert) not in known
        )


async def _cured(session: AsyncSession, cases: Collection[Escalation]) -> list[Escalation]:
    """Those of the cases of which no alert stands any more."""
    standing: set[str] = set()
    for some in _some(cases):
        ids = [case.escalation_id for case in some]
        rows = await session.exec(
            select(Escalation.escalation_id)
            .distinct()
            .join(EscalationAlert, of_case())
            .join(Alert, col(Alert.alert_id) == col(EscalationAlert.alert_id))
            .join(Instrument, ON_INSTRUMENT)
            .where(col(Escalation.escalation_id).in_(ids), STANDS, IS_OWNED)
        )
        standing.update(rows.all())
    return [case for case in cases if case.escalation_id not in standing]


def of_case() -> sa.ColumnElement[bool]:
    """Which alerts belong to a case, in SQL."""
    return col(EscalationAlert.escalation_id) == col(Escalation.escalation_id)


# An instrument that was handed on is its new owner's to correct. Not to be looked for by the index
# of owners, one of whom may have 100,000 meters and a single case.
IS_OWNED = sa.func.coalesce(col(Instrument.subject_id), "") == col(Escalation.subject_id)


async def _close(change: Change, case: Escalation) -> None:
    """Closes a case at once, whatever its step; what waits for approval is void."""
    lines = await red_lines(change.session, case)
    pending = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == case.escalation_id,
        col(EscalationStep.state).in_(PENDING),
    )
    steps = (await change.session.exec(pending)).all()
    appointed = any(step.state is StepState.APPOINTED for step in steps)
    for step in steps:
        step.state = StepState.VOID
    before = told(case)
    case.state, case.closed_at = EscalationState.CLOSED, change.at
    case.waits_from, case.due_on = None, None
    await put_on_file(change, case, "close_escalation", before, CITE)
    await _tell_of_closing(change, case, lines, cancelled=appointed)


async def _tell_of_closing(
    change: Change, case: Escalation, lines: Sequence[Outcome], *, cancelled: bool
) -> None:
    subject = await change.session.get(Subject, case.subject_id)
    # Whoever was told of nothing is not told that it is over.
    if subject is None or subject.placeholder or not any(line.told for line in lines):
        return
    contact = await notices.contact_of(change.session, case.bureau)
    text = escalation_texts.closed(
        subject.name, change.today, lines, contact, interview_cancelled=cancelled
    )
    key = f"escalation/{case.escalation_id}/closed"
    await notices.issue(change, NoticeKind.ESCALATION, key, subject, case.bureau, text)


async def red_lines(session: AsyncSession, case: Escalation) -> list[Outcome]:
    """The instruments whose alerts belong to a case, each as it stands now."""
    columns = (Instrument, sa.func.max(col(Alert.notice_id)), sa.func.max(_stands_as_number()))
    rows = await session.exec(
        select(*columns)
        .join(Alert, ON_INSTRUMENT)
        .join(EscalationAlert, col(EscalationAlert.alert_id) == col(Alert.alert_id))
        .where(col(EscalationAlert.escalation_id) == case.escalation_id)
        .group_by(col(Instrument.instrument_id))
        .order_by(col(Instrument.instrument_id))
    )
    return [_outcome(row, case, told=bool(notice), red=bool(red)) for row, notice, red in rows]


def _outcome(row: Instrument, case: Escalation, *, told: bool, red: bool) -> Outcome:
    gone = row.removed or row.subject_id != case.subject_id
    return Outcome(
        row.type_code, row.serial_no, row.standing, row.valid_until, told, red and not gone, gone
    )


def _stands_as_number() -> sa.ColumnElement[int]:
    return sa.case((STANDS, 1), else_=0)


async def _follow_owners(change: Change, cases: Sequence[Escalation]) -> None:
    """A subject that is another bureau's now is escalated by that one."""
    ids = [case.subject_id for case in cases]
    for some in _some(ids):
        rows = await change.session.exec(
            select(Subject.subject_id, Subject.bureau).where(col(Subject.subject_id).in_(some))
        )
        bureaus = dict(rows.all())
        for case in cases:
            if (bureau := bureaus.get(case.subject_id, case.bureau)) != case.bureau:
                before, case.bureau = told(case), bureau
                await put_on_file(change, case, "move_escalation", before, "S4 一(四)")


async def derive_again(change: Change, case: Escalation) -> None:
    """Counts a wait anew by the newest calendar. CIVIL-CODE 201."""
    if case.waits_from is None:
        return
    day = due_on(rung(case.step, case.waits_from), case.waits_from, edition()).date
    if day != case.due_on:
        before, case.due_on = told(case), day
        await put_on_file(change, case, "move_due_day", before, WORKING_DAYS)


async def put_on_file(
    change: Change, case: Escalation, action: str, before: dict[str, Any], ground: str
) -> None:
    """Counts the version of an altered case on, audits and announces it."""
    case.version += 1
    change.session.add(case)
    object_ = f"escalation/{case.escalation_id}"
    change.audit(action, object_, before=before, after=told(case), ground=ground)
    await announce(change, object_, [case])


def told(case: Escalation) -> dict[str, Any]:
    """A case as plain JSON values."""
    return case.model_dump(mode="json")


async def announce(change: Change, aggregate: str, cases: Sequence[Escalation]) -> None:
    """Says how cases of one bureau stand now, up to 500 a message."""
    for some in _some(cases, CASES_PER_EVENT):
        event = events_pb2.EscalationsChanged(escalations=map(wire_escalations.case, some))
        await change.announce(event, aggregate=aggregate, bureau=some[0].bureau)


def _some(things: Iterable[T], size: int = IDS_IN_QUERY) -> Iterator[list[T]]:
    """The things, so many at a time."""
    rest = [*things]
    for start in range(0, len(rest), size):
        yield rest[start : start + size]
