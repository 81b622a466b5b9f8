"""The handlers of the events of other services and of alerts, and the table of handlers by event.

A handler named `apply` runs in the inbox's transaction and changes only the database of alerts. A
handler named `react` only starts and signals workflows, each time an event is delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlmodel import select

from plumbing.calendars.editions import keeping
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
from services.alerts import projection
from services.alerts.basis_changes import follow_up
from services.alerts.case_events import (
    case_handed_over,
    case_lodged,
    contest_changed,
    letter_issued,
    no_longer_open_or_new,
    objection_sent_back,
)
from services.alerts.escalation.grade_cases import follow_grade, match_grades
from services.alerts.escalation.holding import put_order, release
from services.alerts.escalation.timers import EscalationTimers
from services.alerts.exposure_lists.endings import follow_public_grade, settle
from services.alerts.following import subject_acted, subjects_joined
from services.alerts.handing_on import hand_on
from services.alerts.notices import case_notices, english, mandate_notices, texts
from services.alerts.notices.account_mails import account_mail_due
from services.alerts.notices.batch_notices import batch_decided
from services.alerts.notices.compulsion_notices import altered_compulsion, tell_of_compulsion
from services.alerts.notices.dccs import dcc_changed
from services.alerts.notices.environment_mails import environment_marked, environment_noted
from services.alerts.notices.filing import instruments_filed
from services.alerts.notices.institution_mails import institution_due
from services.alerts.notices.institution_orders import tell_institution_of_orders
from services.alerts.notices.issue import contact_of, issue, known
from services.alerts.notices.moved_terms import term_moved
from services.alerts.notices.order_notices import tell_of_orders
from services.alerts.notices.order_steps import keep_steps, take_steps_back
from services.alerts.notices.owner_notices import tell_of_owners
from services.alerts.notices.proposal_notices import proposal_decided
from services.alerts.notices.receiver_mails import receiver_mail_due
from services.alerts.notices.record_notices import fact_of, records_changed, telling_asked
from services.alerts.notices.reopened_orders import tell_of_reopened
from services.alerts.notices.results import certificate_uploaded, keep_passed, newly_passed
from services.alerts.notices.shown_laboratories import laboratory_shown
from services.alerts.notices.stated_terms import order_terms_stated
from services.alerts.notices.term_digests import term_rung_reached
from services.alerts.notices.unauthorised_orders import forget_handed_on
from services.alerts.notices.upkeep import upkeep_noted
from services.alerts.register_events import (
    calibration_due_changed,
    endings_changed,
    institutions_changed,
    permits_changed,
)
from services.alerts.tables import (
    AppliedEdition,
    NoticeKind,
    NoticeState,
    Record,
    Subject,
    Watch,
)
from services.alerts.timers import Timers
from services.alerts.webhooks.institution_messages import tell_programs_of_orders
from services.alerts.webhooks.messages import pending_of

_LODGED: Sequence[type[Any]] = (
    objection.ObjectionLodged,
    objection.ReconsiderationLodged,
    objection.RepairLodged,
)
_NO_LONGER_NEW: Sequence[type[Any]] = (
    *(objection.ObjectionAccepted, objection.ObjectionDeclined, objection.ObjectionWithdrawn),
    *(objection.ReconsiderationAccepted, objection.ReconsiderationDeclined),
    objection.ReconsiderationWithdrawn,
    *(objection.RepairAccepted, objection.RepairDeclined, objection.RepairWithdrawn),
)


_DECIDED: Sequence[type[Any]] = (
    *(objection.ObjectionDecided, objection.ObjectionClosed),
    *(objection.ReconsiderationDecided, objection.ReconsiderationClosed),
)


def consumers(parts: Parts, timers: Timers) -> list[Consumer]:
    """Returns the event consumers of alerts, each with its stream and a handler per event."""
    escalation_timers = EscalationTimers(parts.database, timers, parts.clock)
    workflows = WorkflowStarter(parts.database, timers, escalation_timers)

    def on(event_type: type[M], handler: Handler[M], **react: Any) -> EventHandler[M]:
        apply = applying("alerts", parts.clock, one_at_a_time(handler))
        return EventHandler(event_type, apply=apply, **react)

    def consumer(name: str, stream: Stream, *handlers: EventHandler[Any]) -> Consumer:
        return parts.consumer(name, stream, handlers)

    issued = EventHandler(own.NoticesIssued, react=workflows.start_deliveries)
    written = EventHandler(own.WebhookMessagesWritten, react=workflows.send_messages, later=True)
    escalated = EventHandler(own.EscalationsChanged, react=escalation_timers.changed)
    return [
        consumer(
            "alerts-registry",
            Stream.REGISTRY,
            on(registry.BureausChanged, bureaus_changed, react=workflows.start_watches),
            on(registry.SubjectsChanged, subjects_changed),
            on(registry.InstrumentsChanged, instruments_changed),
            on(registry.VerificationsRecorded, verifications_recorded),
            on(registry.RecordsChanged, records_changed),
            on(registry.TellingAsked, telling_asked),
            on(registry.SubjectsJoined, subjects_joined),
            on(registry.BatchDecided, batch_decided),
            on(registry.ProposalDecided, proposal_decided),
            on(registry.OrdersChanged, orders_changed),
            on(registry.AccountMailDue, account_mail_due),
            *(on(event, handler, later=True) for event, handler in _of_registry_later()),
            EventHandler(registry.ClockMoved, react=workflows.move_clock),
        ),
        consumer(
            "alerts-grading",
            Stream.GRADING,
            on(grading.GradeChanged, grade_changed),
            on(grading.PublicGradeDiffers, public_grade_differs, later=True),
        ),
        consumer(
            "alerts-objection",
            Stream.OBJECTION,
            *(on(event, handler) for event, handler in _of_cases()),
            *(on(event, handler, later=True) for event, handler in _of_cases_later()),
            *(on(event, contest_changed, later=True) for event in _DECIDED),
        ),
        consumer("alerts-deliveries", Stream.ALERTS, issued, written),
        consumer("alerts-escalations", Stream.ALERTS, escalated),
    ]


def _of_registry_later() -> list[tuple[type[Any], Handler[Any]]]:
    """The handlers of events of the register that the first releases did not know."""
    return [
        (registry.SubjectActed, subject_acted),
        (registry.InstitutionsChanged, institutions_changed),
        (registry.InstitutionDue, institution_due),
        (registry.EnvironmentMarked, environment_marked),
        (registry.EnvironmentNoted, environment_noted),
        (registry.CalibrationDueChanged, calibration_due_changed),
        (registry.CertificateUploaded, certificate_uploaded),
        (registry.EndingsChanged, endings_changed),
        (registry.PermitsChanged, permits_changed),
        (registry.DccChanged, dcc_changed),
        (registry.UpkeepNoted, upkeep_noted),
        (registry.LaboratoryShown, laboratory_shown),
        (registry.OrderTermsStated, order_terms_stated),
        (registry.CalendarEditionApplied, keeping(AppliedEdition)),
    ]


def _of_cases() -> list[tuple[type[Any], Handler[Any]]]:
    """The handlers of the events of cases."""
    return [
        (objection.LetterIssued, letter_issued),
        (objection.TermRungReached, term_rung_reached),
        (objection.CaseHandedOver, case_handed_over),
        (objection.ObjectionSentBack, objection_sent_back),
        (objection.ColleaguesNamed, case_notices.colleagues_named),
        (objection.SupplementDue, case_notices.supplement_due),
        (objection.RecusalAsked, case_notices.recusal_asked),
        (objection.RecusalDecided, case_notices.recusal_decided),
    ]


def _of_cases_later() -> list[tuple[type[Any], Handler[Any]]]:
    """The handlers of events of cases of which the first releases told nobody."""
    return [
        (objection.ExtensionRequested, case_notices.extension_requested),
        (objection.ExtensionDecided, case_notices.extension_decided),
        (objection.TermMoved, term_moved),
        (objection.ReceiverMailDue, receiver_mail_due),
        (objection.MandateEnding, mandate_notices.mandate_ending),
        (objection.MandateRenewed, mandate_notices.mandate_renewed),
        (objection.MandateChecked, mandate_notices.mandate_checked),
        *((event, case_lodged) for event in _LODGED),
        *((event, no_longer_open_or_new) for event in _NO_LONGER_NEW),
    ]


def one_at_a_time(handler: Handler[M]) -> Handler[M]:
    """Wraps an event handler so that only one replica of alerts runs such a handler at a time.

    The colour of an instrument depends on several events, which arrive in any order and on several
    streams. Two handlers that run at the same time would not see each other's changes.
    """

    async def handle(change: Change, received: Received[M]) -> None:
        await exclusively(change.session, "projection")
        await handler(change, received)

    return handle


class WorkflowStarter:
    """Starts and signals the workflows of alerts; every method may be repeated safely."""

    def __init__(
        self, database: Database, timers: Timers, escalation_timers: EscalationTimers
    ) -> None:
        self._database, self._timers = database, timers
        self._escalation_timers = escalation_timers

    async def start_watches(self, received: Received[registry.BureausChanged]) -> None:
        """Starts the daily watch of every bureau that the event names."""
        for bureau in received.message.bureaus:
            await self._timers.watch(bureau.code)

    async def move_clock(self, _received: Received[registry.ClockMoved]) -> None:
        """Sends the sandbox clock's present offset to every watch and every escalation workflow."""
        async with self._database.snapshot() as session:
            bureaus = (await session.exec(select(Watch.bureau))).all()
        for bureau in bureaus:
            await self._timers.watch(bureau)
        await self._escalation_timers.move_clock()

    async def start_deliveries(self, received: Received[own.NoticesIssued]) -> None:
        """Starts the delivery of every notice in the event that has an address, and its messages.

        The messages are those to webhooks.
        """
        notices = received.message.notices
        for notice in notices:
            if notice.state == NoticeState.PENDING:
                await self._timers.deliver(notice.notice_id)
        async with self._database.snapshot() as session:
            messages = await pending_of(session, [notice.notice_id for notice in notices])
        for message_id in messages:
            await self._timers.send(message_id)

    async def send_messages(self, received: Received[own.WebhookMessagesWritten]) -> None:
        """Starts the delivery of every message to a webhook in the event."""
        for message_id in received.message.message_ids:
            await self._timers.send(message_id)


async def bureaus_changed(change: Change, received: Received[registry.BureausChanged]) -> None:
    """Stores the bureaus of the event with their contact details."""
    await projection.put_bureaus(change, received.message.bureaus)


async def subjects_changed(change: Change, received: Received[registry.SubjectsChanged]) -> None:
    """Stores the subjects of the event, then opens and closes escalation cases.

    When the review of a subject ends, its instruments are watched; alerts already due are recorded
    without a notice.
    """
    event = received.message
    silent = event.change.baseline
    altered = await projection.put_subjects(change, event.subjects, silent=silent)
    ids = {subject.subject_id for subject in event.subjects}
    removed = {subject.subject_id for subject in event.subjects if subject.removed}
    joined = event.change.cause == registry.CAUSE_JOINED
    await follow_up(change, altered, ids)
    await match_grades(change, ids, withdrawn=() if joined else removed)


# The acts of the lives of subjects are told as such.
_TELLS_OWNERS = (registry.CAUSE_ENTERED, registry.CAUSE_CORRECTED, registry.CAUSE_IMPORTED)


async def instruments_changed(
    change: Change, received: Received[registry.InstrumentsChanged]
) -> None:
    """Stores the instruments of the event and raises the alerts now due.

    Alerts that nobody was told of go to the present owners of instruments handed on. Then opens and
    closes escalation cases of the present and former owners, and tells owners of which instruments
    it was stated or cleared that they need not be verified, and of which came to or left them.
    """
    event = received.message
    silent = event.change.baseline
    before = await projection.former_owners(change.session, event.instruments)
    told = () if silent else await altered_compulsion(change.session, event.instruments)
    altered = await projection.put_instruments(change, event.instruments, silent=silent)
    await hand_on(change, before)
    handed_on = [
        i for i in event.instruments if before.get(i.instrument_id, i.subject_id) != i.subject_id
    ]
    owners = {owner for i in handed_on for owner in (before[i.instrument_id], i.subject_id)}
    moved = {i.instrument_id for i in handed_on}
    await follow_up(change, altered, owners, moved, unverified=event.unverified_in_use)
    await tell_of_compulsion(change, told)
    if not silent and event.change.cause in _TELLS_OWNERS:
        await tell_of_owners(change, handed_on, before)
        await forget_handed_on(change, moved)
    if event.change.cause == registry.CAUSE_FILED:
        await instruments_filed(change, event.instruments)


async def verifications_recorded(
    change: Change, received: Received[registry.VerificationsRecorded]
) -> None:
    """Stores the verifications of the event and raises the alerts now due for their instruments.

    A rejection, or a verification that arrives late, raises its alert at once, not at the next
    daily watch. Of one that was passed its owner is told with the next digest.
    """
    event = received.message
    silent = event.change.baseline
    passed = [] if silent else await newly_passed(change, event.verifications)
    await follow_up(change, await projection.put_verifications(change, event, silent=silent))
    await keep_passed(change, passed)


async def orders_changed(change: Change, received: Received[registry.OrdersChanged]) -> None:
    """Stores the orders of the event, tells who is concerned, and has escalation wait or go on."""
    for order in received.message.orders:
        await put_order(change, order)
    if received.message.reopened:
        await tell_of_reopened(change, received.message.orders, received.message.ground)
        await take_steps_back(change, received.message.orders)
    elif not received.message.moved:
        await tell_of_orders(change, received.message.orders, received.message.ground)
        await keep_steps(change, received.message.orders)
        await tell_institution_of_orders(change, received.message.orders, received.message.ground)
        await tell_programs_of_orders(change, received.message.orders)
    await release(change, {order.subject_id for order in received.message.orders})


async def grade_changed(change: Change, received: Received[grading.GradeChanged]) -> None:
    """Opens or ends the case of a grade, ends an exposure, and tells a subject whose grade fell.

    The notice names the records that caused the fall and explains how to object.
    """
    event, session = received.message, change.session
    await follow_grade(change, event)
    await settle(change, {event.subject_id})
    if event.baseline or not event.fell:
        return
    subject = await known(session, Subject, event.subject_id)
    if subject.placeholder:
        return
    contact = await contact_of(session, event.after.bureau)
    # A record that is not known here yet is on its way: TryLater has the event handled again.
    facts = [fact_of(await known(session, Record, record)) for record in event.record_ids]
    today, receipt_id = change.today, event.after.receipt_id
    fall = (receipt_id, facts, contact)
    text = texts.grade_fell(subject.name, today, _grades(event, texts.grade_name), *fall)
    grades = _grades(event, english.grade_name)
    in_english = partial(english.grade_fell, subject.name, today, grades, *fall)
    key, kind, bureau = f"grade_fell/{receipt_id}", NoticeKind.GRADE_FELL, event.after.bureau
    await issue(change, kind, key, subject, bureau, text, in_english=in_english)


async def public_grade_differs(
    change: Change, received: Received[grading.PublicGradeDiffers]
) -> None:
    """Ends an exposure for a grade that the public is not shown any more."""
    await follow_public_grade(change, received.message)


def _grades(event: grading.GradeChanged, named: Callable[[str, str], str]) -> tuple[str, str]:
    before, after = event.before, event.after
    return named(before.ruleset_id, before.grade), named(after.ruleset_id, after.grade)
