"""Taking a step in a case: the state, the step on file, the event and the audit entry at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from google.protobuf.message import Message
from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, NotPermitted
from law.objection import (
    OBJECTION_CITE,
    OUTCOME_CITE,
    REPAIR_CITE,
    CaseKind,
    Step,
    after,
    may_decide,
)
from law.terms.ledger import Term
from plumbing.change import Change
from plumbing.identity import Caller
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.schedule import due_on
from services.objection.tables import Case, CaseStep
from services.objection.wire import case_message

Announce = Callable[[pb.Case], Message]


def aggregate_of(case: Case) -> str:
    """The aggregate whose events are a case's, and its object in the audit chain."""
    return f"case/{case.case_id}"


def decision_cite(case: Case) -> str:
    """The article on which the decision in a case rests."""
    return REPAIR_CITE if case.kind is CaseKind.REPAIR else OUTCOME_CITE


async def locked_case(change: Change, case_id: str, kind: CaseKind | None = None) -> Case:
    """The case, held against other writers until the change commits.

    Raises NotFound, also for a case of another kind than the one asked for.
    """
    wanted = select(Case).where(col(Case.case_id) == case_id).with_for_update()
    case = (await change.session.exec(wanted)).first()
    if case is None or kind not in (None, case.kind):
        raise NotFound("没有这个案件", "There is no such case", case=case_id)
    return case


async def case_in_scope(change: Change, case_id: str, kind: CaseKind) -> Case:
    """The case, held, for an official. Raises NotFound, NotPermitted for another's bureau."""
    case = await locked_case(change, case_id, kind)
    change.caller.require_bureau(case.bureau)
    if kind is CaseKind.OBJECTION:
        _require_first_instance(change.caller, case)
    return case


def _require_first_instance(caller: Caller, case: Case) -> None:
    """Refuses a city's bureau the objections of its districts: it is to review them (S3 27)."""
    if caller.bureau.endswith("00") and caller.bureau != case.bureau:
        raise NotPermitted(
            "异议由提供记录的机关核实处理，市级机关负责复核",
            "The bureau that provided the record hears the objection; the city's bureau reviews it",
            cite=OBJECTION_CITE,
            bureau=case.bureau,
        )


async def own_case(change: Change, case_id: str, kind: CaseKind) -> Case:
    """The case, held, for its own subject. Raises NotFound, NotPermitted for another's."""
    case = await locked_case(change, case_id, kind)
    change.caller.require_subject(case.subject_id, case.bureau)
    return case


def require_impartial(change: Change, case: Case, records: Iterable[Record]) -> None:
    """Refuses whoever lodged the case or entered one of its records (S3 27, D-09)."""
    for record in records:
        may_decide(change.on_behalf_of, record.entered_by, applicant=case.lodged_by).require()


def required_text(field: str, text: str, cite: str) -> str:
    """A text of a request that says something. Raises InvalidInput naming its field."""
    if not text.strip():
        fault = Fault(field, "须写明", "This must be said", cite=cite)
        raise InvalidInput(faults=[fault])
    return text.strip()


async def take(
    change: Change,
    case: Case,
    step: Step,
    announce: Announce,
    *,
    cite: str,
    note: str = "",
    **altered: Any,
) -> pb.Case:
    """Takes a step that alters these columns. Raises WrongState where the law permits it not."""
    state = after(case.state, step)
    before = _told(case, altered)
    for name, value in {**altered, "state": state, "version": case.version + 1}.items():
        setattr(case, name, value)
    if case.term is not None and "term" in altered:
        case.due_on = due_on(Term.from_json(case.term))
    change.session.add(case)
    return await put_on_file(change, case, step, announce, cite=cite, note=note, before=before)


async def put_on_file(
    change: Change,
    case: Case,
    step: str,
    announce: Announce,
    *,
    cite: str,
    note: str = "",
    before: dict[str, Any] | None = None,
) -> pb.Case:
    """Notes a step taken: in the file, the outbox and the audit chain."""
    said = case_message(case, change.today)
    actor = change.on_behalf_of
    change.session.add(
        CaseStep(case_id=case.case_id, step=step, at=change.at, actor=actor, cite=cite, note=note)
    )
    await change.announce(announce(said), aggregate=aggregate_of(case), bureau=case.bureau)
    told = _told(case, before or {})
    change.audit(f"{case.kind}.{step}", aggregate_of(case), before=before, after=told, ground=cite)
    return said


def _told(case: Case, names: dict[str, Any]) -> dict[str, Any]:
    """The named columns of a case, its state and its version, as plain JSON values."""
    return {name: _plain(getattr(case, name)) for name in ("state", "version", *names)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
