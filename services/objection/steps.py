"""The steps of a case; one transaction changes the case, its steps, the outbox and the audit chain.

The functions in the first half are for commands: find a case, check the caller, carry out a step.
Those in the second half are for the activities of the workflow. An activity may run again after a
crash at any line, so each of these functions changes only what an earlier run has not changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import col

from law.errors import Fault, InvalidInput, NotFound, NotPermitted
from law.objection import (
    OBJECTION_CITE,
    OUTCOME_CITE,
    REPAIR_CITE,
    TERM_CITE,
    CaseKind,
    CaseState,
    Step,
    may_decide,
)
from law.terms.data import ReminderKind
from law.terms.ledger import Term
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.papers.check_code import new_check_code
from plumbing.papers.letter_template import LetterText
from plumbing.short_ids import find_by_id
from protos.grading.v1.grading_pb2 import Grade
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.conflicts import state_after
from services.objection.mandates import require_applicant
from services.objection.messages import Rung, RungDue
from services.objection.numbers import next_letter_number
from services.objection.schedule import (
    INTAKE,
    MANDATE,
    SUPPLEMENT,
    accept_by,
    due_on,
    schedule_of_case,
)
from services.objection.tables import OPEN, Case, CaseLetter, CaseStep, ReachedRung
from services.objection.wire import case_message, letter_message

EventOf = Callable[[pb.Case], Message]
OVERTAKEN = "rung_overtaken"  # the step of a reminder that was skipped for a later one
# States in which a term can be running: an objection's runs from acceptance, a repair's from
# submission (C-13).
UNDECIDED = (
    CaseState.LODGED,
    CaseState.SUPPLEMENT_REQUESTED,
    CaseState.ACCEPTED,
    CaseState.EXTENSION_REQUESTED,
)
# The state that a reminder is about, by the beginning of its key; others are about the term.
_ABOUT = {INTAKE: CaseState.LODGED, SUPPLEMENT: CaseState.SUPPLEMENT_REQUESTED}
_CLOSED = {
    CaseKind.OBJECTION: events.ObjectionClosed,
    CaseKind.RECONSIDERATION: events.ReconsiderationClosed,
    CaseKind.REPAIR: events.RepairClosed,
}


def aggregate_of(case: Case) -> str:
    """Returns the name of a case in events and in the audit chain."""
    return f"case/{case.case_id}"


def decision_cite(case: Case) -> str:
    """Returns the article of the decision of a case."""
    return REPAIR_CITE if case.kind is CaseKind.REPAIR else OUTCOME_CITE


async def locked_case(change: Change, case_id: str, *kinds: CaseKind) -> Case:
    """Returns a case, locked until the change commits.

    Raises NotFound if there is no such case, or if it is of none of `kinds`, where any are given.
    """
    case = await find_by_id(change.session, Case, case_id, lock=True)
    if case is None or (kinds and case.kind not in kinds):
        raise NotFound("没有这个案件", "There is no such case", case=case_id)
    return case


async def case_in_scope(change: Change, case_id: str, *kinds: CaseKind) -> Case:
    """Returns a case for an official of its bureau, locked until the change commits.

    Raises NotFound if there is no such case, and NotPermitted if it is outside the caller's bureau.
    The city's bureau also gets NotPermitted for objections of its districts, which it reviews (S3
    27).
    """
    case = await locked_case(change, case_id, *kinds)
    change.caller.require_bureau(case.bureau)
    if case.kind is CaseKind.OBJECTION:
        _require_first_instance(change.caller, case)
    return case


def _require_first_instance(caller: Caller, case: Case) -> None:
    if caller.bureau.endswith("00") and caller.bureau != case.bureau:
        raise NotPermitted(
            "异议由提供记录的机关核实处理，市级机关负责复核",
            "The bureau that provided the record hears the objection; the city's bureau reviews it",
            cite=OBJECTION_CITE,
            bureau=case.bureau,
        )


async def own_case(change: Change, case_id: str, *kinds: CaseKind) -> Case:
    """Returns a case for its subject or agent, locked. Raises NotFound or NotPermitted."""
    case = await locked_case(change, case_id, *kinds)
    require_applicant(change.caller, case, change.today)
    return case


def require_impartial(change: Change, case: Case, records: Iterable[Record]) -> None:
    """Raises NotPermitted if the caller lodged the case or wrote one of its `records` (S3 27).

    Whoever entered, imported, corrected or approved any version of a record has written it.
    """
    for record in records:
        authors = {record.entered_by, *record.authors}
        may_decide(change.on_behalf_of, authors, applicant=case.lodged_by).require()


def required_text(field: str, text: str, cite: str) -> str:
    """Returns the text without surrounding blanks.

    Raises InvalidInput for the field `field` if the text is empty; `cite` is the article for the
    error.
    """
    if not text.strip():
        fault = Fault(field, "须写明", "This text is required", cite=cite)
        raise InvalidInput(faults=[fault])
    return text.strip()


async def take_step(
    change: Change,
    case: Case,
    step: Step,
    event_of: EventOf,
    *,
    cite: str,
    note: str = "",
    **columns: Any,
) -> pb.Case:
    """Carries out a step of a case; returns the case as a protobuf message.

    The step is stored, announced and audited. The keyword arguments in `columns` are set on the
    case. If the term changes, its last day is computed again. Raises WrongState if the law does not
    allow the step in the present state.
    """
    state = state_after(case, step)
    before = _values(case, columns)
    for name, value in {**columns, "state": state, "version": case.version + 1}.items():
        setattr(case, name, value)
    if case.term is not None and "term" in columns:
        case.due_on = due_on(Term.from_json(case.term))
    case.accept_by = accept_by(case)
    change.session.add(case)
    return await record_step(change, case, step, event_of, cite=cite, note=note, before=before)


async def record_step(
    change: Change,
    case: Case,
    step: str,
    event_of: EventOf,
    *,
    cite: str,
    note: str = "",
    before: dict[str, Any] | None = None,
) -> pb.Case:
    """Stores, announces and audits a step of a case; returns the case as a protobuf message."""
    message = case_message(case, change.today)
    actor = change.on_behalf_of
    change.session.add(
        CaseStep(case_id=case.case_id, step=step, at=change.at, actor=actor, cite=cite, note=note)
    )
    await change.announce(event_of(message), aggregate=aggregate_of(case), bureau=case.bureau)
    now = _values(case, before or {})
    change.audit(f"{case.kind}.{step}", aggregate_of(case), before=before, after=now, ground=cite)
    return message


def _values(case: Case, names: Iterable[str]) -> dict[str, Any]:
    """The named columns, the state and the version of a case as plain JSON values."""
    return {name: _plain(getattr(case, name)) for name in ("state", "version", *names)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _told_by(rung: Rung) -> EventOf:
    """What announces a reminder: of a supplement, of a mandate, or else of the term."""
    key, text = rung.key, rung.message_zh
    if _is_for_subject(rung):
        return lambda message: events.SupplementDue(case=message, rung=key, message_zh=text)
    if _family(rung) == MANDATE:
        over = key.startswith(f"{MANDATE}{ReminderKind.ESCALATE}/")
        return lambda message: events.MandateEnding(
            case=message, rung=key, message_zh=text, over=over
        )
    return lambda message: events.TermRungReached(
        case=message, rung=key, message_zh=text, tells=rung.tells
    )


async def reach_rung(change: Change, due: RungDue) -> bool:
    """Announces a reminder or escalation of a case's term; returns False if it was not announced.

    Each is announced once, none for a case that is decided, declined or withdrawn, none to accept a
    case that is accepted. One that a later one has overtaken is only noted in the case.
    """
    case = await locked_case(change, due.case_id)
    if not _still_meant(case, due.rung):
        return False
    if case.state not in UNDECIDED or not await _is_new(change, case, due.rung.key):
        return False
    cite = _cite_of(case, due.rung)
    if _is_overtaken(case, due.rung, change.at):
        _note_overtaken(change, case, due.rung, cite)
        return False
    text = due.rung.message_zh
    await record_step(change, case, "rung", _told_by(due.rung), cite=cite, note=text)
    return True


def _cite_of(case: Case, rung: Rung) -> str:
    if _family(rung) == MANDATE:
        return OBJECTION_CITE
    return Term.from_json(case.term).cite if case.term else TERM_CITE


def _still_meant(case: Case, rung: Rung) -> bool:
    """Whether a case is still in the state that a reminder is about."""
    family = _family(rung)
    if family == MANDATE:
        return str(case.agent_until) in rung.key and case.mandate_sent_on is None
    return family not in _ABOUT or case.state is _ABOUT[family]


def _family(rung: Rung) -> str:
    return next((family for family in (*_ABOUT, MANDATE) if rung.key.startswith(family)), "")


def _is_for_subject(rung: Rung) -> bool:
    return rung.key.startswith(f"{SUPPLEMENT}{ReminderKind.REMIND}/")


def _is_overtaken(case: Case, rung: Rung, now: datetime) -> bool:
    """Whether a later reminder or escalation of the same term of the case is due as well."""
    schedule = schedule_of_case(case)
    rungs = schedule.rungs if schedule else []
    return any(rung.at < one.at <= now and _family(one) == _family(rung) for one in rungs)


def _note_overtaken(change: Change, case: Case, rung: Rung, cite: str) -> None:
    note = f"{rung.message_zh}（已到下一次提醒的时点，不再单独通知）"
    actor = change.on_behalf_of
    change.session.add(
        CaseStep(
            case_id=case.case_id, step=OVERTAKEN, at=change.at, actor=actor, cite=cite, note=note
        )
    )
    _audit(change, case, OVERTAKEN, rung=rung.key)


async def _is_new(change: Change, case: Case, rung: str) -> bool:
    """Notes that a rung was reached; False when that was noted before."""
    if await change.session.get(ReachedRung, (case.case_id, rung)) is not None:
        return False
    change.session.add(ReachedRung(case_id=case.case_id, rung=rung, at=change.at))
    return True


async def note_grade_before(
    change: Change, case_id: str, grade: Grade, digests: Mapping[str, str]
) -> None:
    """Stores in the case the grade from before the decision takes effect, unless already stored.

    `digests` has the digest of the grade's receipt by its id.
    """
    case = await locked_case(change, case_id)
    if case.grade_before is None:
        case.grade_before, case.receipt_before = grade.grade, grade.receipt_id
        case.receipt_digests = {**case.receipt_digests, **digests}
        _audit(change, case, "grade_before", grade=grade.grade, receipt=grade.receipt_id)


async def note_versions(change: Change, case_id: str, versions: Mapping[str, int]) -> None:
    """Stores in the case the record versions that the next grade must take into account.

    Does nothing if versions are already stored.
    """
    case = await locked_case(change, case_id)
    if not case.record_versions:
        case.record_versions = dict(versions)
        _audit(change, case, "mark_ended", **{k: str(v) for k, v in versions.items()})


async def note_grade_after(
    change: Change, case_id: str, grade: Grade, digests: Mapping[str, str]
) -> None:
    """Stores in the case the grade after the decision took effect, unless already stored.

    `digests` has the digest of the grade's receipt by its id.
    """
    case = await locked_case(change, case_id)
    if case.grade_after is None:
        case.grade_after, case.receipt_after = grade.grade, grade.receipt_id
        case.receipt_digests = {**case.receipt_digests, **digests}
        _audit(change, case, "grade_after", grade=grade.grade, receipt=grade.receipt_id)


async def issue_letter(change: Change, case_id: str, text: LetterText) -> None:
    """Stores, numbers and announces a letter to the subject of a case (S4 五(三)).

    Does nothing if the case already has a letter of this title.
    """
    case = await locked_case(change, case_id)
    if await change.session.get(CaseLetter, (case_id, text.title)):
        return
    letter = CaseLetter(
        case_id=case_id,
        title=text.title,
        letter_id=str(uuid.uuid4()),
        body=text.body,
        template=text.template,
        issued_at=change.at,
        number=await next_letter_number(change, text.series, case.bureau),
        check_code=new_check_code(),
    )
    change.session.add(letter)
    event = events.LetterIssued(
        case=case_message(case, change.today), letter=letter_message(letter)
    )
    await change.announce(event, aggregate=aggregate_of(case), bureau=case.bureau)
    _audit(
        change, case, "letter", letter=letter.letter_id, title=letter.title, number=letter.number
    )


async def settle(change: Change, case_id: str) -> None:
    """Ends a case after all its consequences were carried out; a decided case becomes closed.

    New cases can then be lodged on its records.
    """
    case = await locked_case(change, case_id)
    if case.settled_at is not None:
        return
    open_records = OPEN[case.kind]
    of_case = sa.delete(open_records).where(col(open_records.case_id) == case.case_id)
    await (await change.session.connection()).execute(of_case)
    case.settled_at = change.at
    if case.state is CaseState.DECIDED:
        await _close(change, case)
    else:
        _audit(change, case, "settle")


async def _close(change: Change, case: Case) -> None:
    await take_step(
        change,
        case,
        Step.CLOSE,
        lambda message: _CLOSED[case.kind](case=message, at=message.closed_at),
        cite=decision_cite(case),
        closed_at=change.at,
    )


def _audit(change: Change, case: Case, action: str, **values: str) -> None:
    change.session.add(case)
    ground = decision_cite(case)
    change.audit(f"{case.kind}.{action}", aggregate_of(case), after=dict(values), ground=ground)
