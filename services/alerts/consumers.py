"""What alerts does about facts of the other services: one function per event.

`apply` works in the inbox's transaction, on this service's own database; `react` only starts and
signals workflows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlmodel import col, select

from law.evidence import ADVERSE, RecordKind
from plumbing.change import Change, Handler, applying
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import M, Received
from plumbing.events.inbox import EventHandler
from plumbing.events.leadership import exclusively
from plumbing.events.subjects import Stream
from plumbing.service import Parts
from protos.alerts.v1 import events_pb2 as own
from protos.grading.v1 import events_pb2 as grading
from protos.objection.v1 import events_pb2 as objection
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import registry_pb2
from services.alerts import projection
from services.alerts.escalation import cases as escalations
from services.alerts.escalation.timers import EscalationTimers
from services.alerts.notices import issue as notices
from services.alerts.notices import texts
from services.alerts.notices.batch_notices import batch_decided
from services.alerts.notices.issue import contact_of, known
from services.alerts.notices.texts import Fact, Text
from services.alerts.tables import (
    Bureau,
    Instrument,
    NoticeKind,
    NoticeState,
    Record,
    Subject,
    Watch,
)
from services.alerts.timers import Timers
from services.alerts.watch import evaluate


def consumers(parts: Parts, timers: Timers) -> list[Consumer]:
    """One consumer per stream this service listens to."""
    escalating = EscalationTimers(parts.database, timers, parts.clock)
    start = Starting(parts.database, timers, escalating)

    def on(event_type: type[M], handler: Handler[M], **react: Any) -> EventHandler[M]:
        return EventHandler(
            event_type, apply=applying("alerts", parts.clock, in_turn(handler)), **react
        )

    def consumer(name: str, stream: Stream, handlers: Sequence[EventHandler[Any]]) -> Consumer:
        return Consumer(name, stream, parts.database, parts.js, parts.clock, handlers)

    register = (
        on(registry.BureausChanged, bureaus_changed, react=start.watches),
        on(registry.SubjectsChanged, subjects_changed),
        on(registry.InstrumentsChanged, instruments_changed),
        on(registry.VerificationsRecorded, verifications_recorded),
        on(registry.RecordsChanged, records_changed),
        on(registry.BatchDecided, batch_decided),
        EventHandler(registry.ClockMoved, react=start.move_clock),
    )
    cases = (
        on(objection.LetterIssued, letter_issued),
        on(objection.TermRungReached, term_rung_reached),
    )
    return [
        consumer("alerts-registry", Stream.REGISTRY, register),
        consumer("alerts-grading", Stream.GRADING, (on(grading.GradeChanged, grade_changed),)),
        consumer("alerts-objection", Stream.OBJECTION, cases),
        consumer(
            "alerts-deliveries",
            Stream.ALERTS,
            (EventHandler(own.NoticesIssued, react=start.deliveries),),
        ),
        consumer(
            "alerts-escalations",
            Stream.ALERTS,
            (EventHandler(own.EscalationsChanged, react=escalating.changed),),
        ),
    ]


def in_turn(handler: Handler[M]) -> Handler[M]:
    """Lets replicas take in events one at a time.

    How an instrument stands follows from several things, which come in any order and by several
    streams: of two taken in side by side, neither would see what the other brings.
    """

    async def handle(change: Change, received: Received[M]) -> None:
        await exclusively(change.session, "projection")
        await handler(change, received)

    return handle


class Starting:
    """The reactions: workflows started and signalled, as often as an event is delivered."""

    def __init__(self, database: Database, timers: Timers, escalating: EscalationTimers) -> None:
        self._database, self._timers, self._escalating = database, timers, escalating

    async def watches(self, received: Received[registry.BureausChanged]) -> None:
        """Every bureau has its watch."""
        for bureau in received.message.bureaus:
            await self._timers.watch(bureau.code)

    async def move_clock(self, received: Received[registry.ClockMoved]) -> None:
        """Every watch and every case looks at the clock again."""
        async with self._database.snapshot() as session:
            bureaus = (await session.exec(select(Watch.bureau))).all()
        for bureau in bureaus:
            await self._timers.watch(bureau, received.message.offset_seconds)
        await self._escalating.move_clock(received.message.offset_seconds)

    async def deliveries(self, received: Received[own.NoticesIssued]) -> None:
        """Notices that have an address are delivered."""
        for notice in received.message.notices:
            if notice.state == NoticeState.PENDING:
                await self._timers.deliver(notice.notice_id)


async def bureaus_changed(change: Change, received: Received[registry.BureausChanged]) -> None:
    """Keeps bureaus and their contacts."""
    await projection.put_bureaus(change, received.message.bureaus)


async def subjects_changed(change: Change, received: Received[registry.SubjectsChanged]) -> None:
    """Keeps subjects; when a review ends their instruments come under watch, silently."""
    event = received.message
    silent = event.change.baseline
    turned = await projection.put_subjects(change, event.subjects, silent=silent)
    await _look_at(change, turned, {subject.subject_id for subject in event.subjects})


async def instruments_changed(
    change: Change, received: Received[registry.InstrumentsChanged]
) -> None:
    """Keeps instruments; one that came back into use is looked at at once."""
    event = received.message
    silent = event.change.baseline
    left = await projection.owners_left(change.session, event.instruments)
    turned = await projection.put_instruments(change, event.instruments, silent=silent)
    handed_on = [i for i in event.instruments if i.instrument_id in left]
    owners = {*left.values(), *(i.subject_id for i in handed_on)}
    await _look_at(change, turned, owners, {i.instrument_id for i in handed_on})


async def verifications_recorded(
    change: Change, received: Received[registry.VerificationsRecorded]
) -> None:
    """Keeps verifications; a rejection and a late arrival are not left for the morning."""
    event = received.message
    silent = event.change.baseline
    await _look_at(change, await projection.put_verifications(change, event, silent=silent))


async def _look_at(
    change: Change,
    turned: Sequence[Instrument],
    subjects: Collection[str] = (),
    instruments: Collection[str] = (),
) -> None:
    """Raises what is due for instruments that turned; then cases are opened and closed.

    `subjects` and `instruments` are looked at for their cases' sake alone.
    """
    if watched := [instrument for instrument in turned if instrument.watched]:
        await evaluate(change, watched)
    await escalations.settle(
        change,
        {*instruments, *(i.instrument_id for i in turned)},
        {*subjects, *(i.subject_id for i in turned)},
    )


async def records_changed(change: Change, received: Received[registry.RecordsChanged]) -> None:
    """Tells a subject of every adverse record entered about it; a first load tells nobody."""
    event = received.message
    ids = [record.record_id for record in event.records]
    rows = await change.session.exec(select(Record).where(col(Record.record_id).in_(ids)))
    before = {row.record_id: row for row in rows}
    for record in event.records:
        row = before.get(record.record_id)
        if row is None and not event.change.baseline and _is_told(record):
            await _tell_of(change, record)
        if row is None or record.version > row.version:
            await change.session.merge(_record(record))


def _is_told(record: registry_pb2.Record) -> bool:
    return record.status == "active" and not record.removed and RecordKind(record.kind) in ADVERSE


async def _tell_of(change: Change, record: registry_pb2.Record) -> None:
    subject = await known(change.session, Subject, record.subject_id)
    if subject.placeholder:
        return
    # Who entered it answers for it; the notice is filed where the subject is supervised.
    contact = await contact_of(change.session, record.bureau, subject.bureau)
    text = texts.adverse_record(subject.name, change.today, _fact(_record(record)), contact)
    key = f"adverse_record/{record.record_id}"
    await notices.issue(change, NoticeKind.ADVERSE_RECORD, key, subject, subject.bureau, text)


def _record(said: registry_pb2.Record) -> Record:
    return Record(
        record_id=said.record_id,
        subject_id=said.subject_id,
        kind=said.kind,
        summary=said.summary,
        source_ref=said.source_ref,
        determined_on=date.fromisoformat(said.determined_on),
        version=said.version,
    )


def _fact(row: Record) -> Fact:
    return Fact(row.kind, row.summary, row.source_ref, row.determined_on)


async def grade_changed(change: Change, received: Received[grading.GradeChanged]) -> None:
    """Tells a subject that its grade fell, by which records, and what it can do."""
    event, session = received.message, change.session
    if event.baseline or not event.fell:
        return
    subject = await known(session, Subject, event.subject_id)
    if subject.placeholder:
        return
    contact = await contact_of(session, event.after.bureau)
    # The register's own stream is ahead of the grade that follows from it, or soon will be.
    facts = [str(_fact(await known(session, Record, record))) for record in event.record_ids]
    after, grades = event.after, (event.before.grade, event.after.grade)
    today, receipt_id = change.today, after.receipt_id
    text = texts.grade_fell(subject.name, today, grades, receipt_id, facts, contact)
    key = f"grade_fell/{after.receipt_id}"
    await notices.issue(change, NoticeKind.GRADE_FELL, key, subject, after.bureau, text)


async def letter_issued(change: Change, received: Received[objection.LetterIssued]) -> None:
    """Sends a letter of a case to its subject."""
    case, letter = received.message.case, received.message.letter
    subject = await known(change.session, Subject, case.subject_id)
    text, key = Text(letter.title, letter.body), f"letter/{letter.letter_id}"
    await notices.issue(change, NoticeKind.LETTER, key, subject, case.bureau, text)


async def term_rung_reached(change: Change, received: Received[objection.TermRungReached]) -> None:
    """Reminds the bureau of a case's term. An extended term reaches the same rung again."""
    case = received.message.case
    bureau = await known(change.session, Bureau, case.bureau)
    text = Text(f"办理期限提醒：{case.number}", received.message.message_zh)
    key = f"term/{case.case_id}/{received.id}"
    await notices.issue(change, NoticeKind.TERM, key, bureau, case.bureau, text)
