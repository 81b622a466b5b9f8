"""The steps of a case: each changes its state, its file, the outbox and the audit chain at once.

The first half is for commands: finding the case, checking who may act, taking a step. The second
half is for the activities of the workflow. An activity may run again after a crash at any line, so
each function there changes only what is still missing.
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
    after,
    may_decide,
)
from law.terms.ledger import Term
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.short_ids import find_by_id
from protos.grading.v1.grading_pb2 import Grade
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.letters import LetterText
from services.objection.messages import RungDue, Stuck
from services.objection.schedule import due_on
from services.objection.tables import OPEN, Case, CaseLetter, CaseStep, ReachedRung
from services.objection.wire import case_message, letter_message

EventOf = Callable[[pb.Case], Message]
STUCK = "stuck/"  # begins the key of a rung that stands for a refused activity
# States in which a term can be running: an objection's runs from acceptance, a repair's from
# submission (C-13).
UNDECIDED = (
    CaseState.LODGED,
    CaseState.SUPPLEMENT_REQUESTED,
    CaseState.ACCEPTED,
    CaseState.EXTENSION_REQUESTED,
)
_CLOSED = {CaseKind.OBJECTION: events.ObjectionClosed, CaseKind.REPAIR: events.RepairClosed}


def aggregate_of(case: Case) -> str:
    """The name of a case in events and in the audit chain."""
    return f"case/{case.case_id}"


def decision_cite(case: Case) -> str:
    """The article on which the decision of a case rests."""
    return REPAIR_CITE if case.kind is CaseKind.REPAIR else OUTCOME_CITE


async def locked_case(change: Change, case_id: str, kind: CaseKind | None = None) -> Case:
    """Reads a case and locks it until the change commits.

    Raises NotFound when there is no such case, or when it is not of the kind asked for.
    """
    case = await find_by_id(change.session, Case, case_id, lock=True)
    if case is None or kind not in (None, case.kind):
        raise NotFound("没有这个案件", "There is no such case", case=case_id)
    return case


async def case_in_scope(change: Change, case_id: str, kind: CaseKind) -> Case:
    """Locks a case for an official. Raises NotFound, or NotPermitted outside the caller's bureau.

    A city's bureau is also refused the objections of its districts, which it reviews (S3 27).
    """
    case = await locked_case(change, case_id, kind)
    change.caller.require_bureau(case.bureau)
    if kind is CaseKind.OBJECTION:
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


async def own_case(change: Change, case_id: str, kind: CaseKind) -> Case:
    """Locks a case for its own subject. Raises NotFound, or NotPermitted for any other caller."""
    case = await locked_case(change, case_id, kind)
    change.caller.require_subject(case.subject_id, case.bureau)
    return case


def require_impartial(change: Change, case: Case, records: Iterable[Record]) -> None:
    """Raises NotPermitted to whoever lodged the case or entered one of its records (S3 27)."""
    for record in records:
        may_decide(change.on_behalf_of, record.entered_by, applicant=case.lodged_by).require()


def required_text(field: str, text: str, cite: str) -> str:
    """A text without surrounding blanks. Raises InvalidInput naming the field when it is empty."""
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
    """Takes a step and sets these columns. Raises WrongState where the law does not allow it.

    The last day is computed again when the step changes the term.
    """
    state = after(case.state, step)
    before = _values(case, columns)
    for name, value in {**columns, "state": state, "version": case.version + 1}.items():
        setattr(case, name, value)
    if case.term is not None and "term" in columns:
        case.due_on = due_on(Term.from_json(case.term))
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
    """Writes a step into the file of the case, announces it and audits it; returns the case."""
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


async def reach_rung(change: Change, due: RungDue) -> bool:
    """Announces a reminder once, unless the case is decided; returns whether it did."""
    case = await locked_case(change, due.case_id)
    if case.state not in UNDECIDED or not await _is_new(change, case, due.rung.key):
        return False
    await record_step(
        change,
        case,
        "rung",
        lambda message: events.TermRungReached(
            case=message, rung=due.rung.key, message_zh=due.rung.message_zh
        ),
        cite=Term.from_json(case.term).cite if case.term else TERM_CITE,
        note=f"{due.rung.key}：{due.rung.message_zh}",
    )
    return True


async def report_stuck(change: Change, stuck: Stuck) -> bool:
    """Announces, once per activity, that it was refused for good; returns whether it did."""
    case = await locked_case(change, stuck.case_id)
    key = f"{STUCK}{stuck.step}"
    if not await _is_new(change, case, key):
        return False
    note = (
        f"{case.number}的后续事项无法自动完成（{stuck.step}）：{stuck.why}。"
        "原因消除后，请平台管理员运行 quanheng reconcile 继续办理。"
    )
    await record_step(
        change,
        case,
        "stuck",
        lambda message: events.TermRungReached(case=message, rung=key, message_zh=note),
        cite=decision_cite(case),
        note=note,
    )
    return True


async def _is_new(change: Change, case: Case, rung: str) -> bool:
    """Notes that a rung was reached; False when that was noted before."""
    if await change.session.get(ReachedRung, (case.case_id, rung)) is not None:
        return False
    change.session.add(ReachedRung(case_id=case.case_id, rung=rung, at=change.at))
    return True


async def note_grade_before(change: Change, case_id: str, grade: Grade) -> None:
    """Keeps the grade from before the decision takes effect."""
    case = await locked_case(change, case_id)
    if case.grade_before is None:
        case.grade_before, case.receipt_before = grade.grade, grade.receipt_id
        _audit(change, case, "grade_before", grade=grade.grade, receipt=grade.receipt_id)


async def note_versions(change: Change, case_id: str, versions: Mapping[str, int]) -> None:
    """Keeps the versions of the records that the next grade must take into account."""
    case = await locked_case(change, case_id)
    if not case.record_versions:
        case.record_versions = dict(versions)
        _audit(change, case, "mark_ended", **{k: str(v) for k, v in versions.items()})


async def note_grade_after(change: Change, case_id: str, grade: Grade) -> None:
    """Keeps the grade that follows from the decision."""
    case = await locked_case(change, case_id)
    if case.grade_after is None:
        case.grade_after, case.receipt_after = grade.grade, grade.receipt_id
        _audit(change, case, "grade_after", grade=grade.grade, receipt=grade.receipt_id)


async def issue_letter(change: Change, case_id: str, text: LetterText) -> None:
    """Issues a letter to the subject, one of each title per case (S4 五(三))."""
    case = await locked_case(change, case_id)
    if await change.session.get(CaseLetter, (case_id, text.title)):
        return
    letter = CaseLetter(
        case_id=case_id,
        title=text.title,
        letter_id=str(uuid.uuid4()),
        body=text.body,
        issued_at=change.at,
    )
    change.session.add(letter)
    event = events.LetterIssued(
        case=case_message(case, change.today), letter=letter_message(letter)
    )
    await change.announce(event, aggregate=aggregate_of(case), bureau=case.bureau)
    _audit(change, case, "letter", letter=letter.letter_id, title=letter.title)


async def settle(change: Change, case_id: str) -> None:
    """Ends a case from which nothing more follows; a decided one becomes closed.

    Other cases can then be lodged on its records.
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
