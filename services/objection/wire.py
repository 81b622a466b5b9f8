"""Converts rows to protobuf messages; a term's dates are computed from its ledger and today."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from law.objection import CaseState, acts_next
from law.terms.data import definition
from law.terms.ledger import Term
from law.terms.workdays import edition
from plumbing.identity import Caller
from plumbing.papers.letter_text import digest
from protos.objection.v1 import objection_pb2 as pb
from services.objection.contested.grades import GradeContest
from services.objection.contested.items import item_message, items_of
from services.objection.mandates import acts_for_another, agent_of, has_lapsed
from services.objection.repairs.repair_file import RepairFile
from services.objection.schedule import accept_by, accept_by_is_example
from services.objection.tables import NO_TERM, Case, CaseLetter, CaseStep


def case_message(case: Case, today: date) -> pb.Case:
    """Returns the protobuf message of a case, with its term as of the day `today`."""
    agent = agent_of(case)
    return pb.Case(
        case_id=case.case_id,
        number=case.number,
        subject_id=case.subject_id,
        bureau=case.bureau,
        record_ids=case.record_ids,
        state=case.state,
        grounds=case.grounds,
        evidence=case.evidence,
        lodged_by=case.lodged_by,
        lodged_at=stamp(case.lodged_at),
        caseworker=case.caseworker,
        term=term_message(Term.from_json(case.term), today) if case.term else None,
        extension_requested_days=case.extension_requested_days,
        extension_ground=case.extension_ground,
        outcome=case.outcome or "",
        reasons=case.reasons,
        decided_by=case.decided_by,
        decided_at=stamp(case.decided_at),
        closed_at=stamp(case.closed_at),
        carried_by=case.carried_by,
        grade_before=case.grade_before or "",
        grade_after=case.grade_after or "",
        receipt_before=case.receipt_before,
        receipt_after=case.receipt_after,
        version=case.version,
        kind=case.kind,
        repair=RepairFile.model_validate(case.repair).message() if case.repair else None,
        follows=case.follows,
        marks_on_acceptance=case.marks_on_acceptance,
        supplement=_supplement(case, today),
        acts_next=acts_next(case.kind, case.state),
        items=map(item_message, items_of(case)),
        contested_grade=_contested_grade(case),
        agent=agent.message() if agent else None,
        **_acceptance(case),
    )


# What an agent is shown before its mandate is checked: what it sent, and where the case stands.
_BEFORE_THE_CHECK = {
    *("case_id", "number", "bureau", "subject_id", "record_ids", "state", "kind", "grounds"),
    *("evidence", "lodged_by", "lodged_at", "version", "supplement", "acts_next"),
    *("accept_by", "accept_by_example", "agent"),
}


# What it is still shown once its mandate is over, so that it can send a later one.
_AFTER_THE_LAST_DAY = {"case_id", "number", "bureau", "kind", "agent"}


def shown_to(caller: Caller, case: Case, message: pb.Case, today: date) -> pb.Case:
    """Returns the message of a case as the caller may see it.

    Until somebody of the bureau has checked the mandate of an agent, that agent sees no fact of the
    register; once the mandate is over, nothing but the mandate.
    """
    agent = agent_of(case)
    if agent is None or not acts_for_another(caller, case):
        return message
    if has_lapsed(caller, case, today):
        return pb.Case(**_named(message, _AFTER_THE_LAST_DAY))
    if agent.checked_by:
        return message
    items = [pb.ContestedItem(target=item.target, id=item.id) for item in message.items]
    return pb.Case(**_named(message, _BEFORE_THE_CHECK), items=items)


def _named(message: pb.Case, names: Collection[str]) -> dict[str, Any]:
    return {field.name: value for field, value in message.ListFields() if field.name in names}


def _contested_grade(case: Case) -> pb.ContestedGrade | None:
    if case.contested_grade is None:
        return None
    return GradeContest.model_validate(case.contested_grade).message()


def _supplement(case: Case, today: date) -> pb.Supplement | None:
    """What the subject is to supplement; None once it has."""
    if case.state is not CaseState.SUPPLEMENT_REQUESTED or not case.supplement:
        return None
    term = Term.from_json(case.supplement["term"])
    return pb.Supplement(
        missing=case.supplement["missing"],
        term=term_message(term, today),
        example=definition(term.definition_id, term.event_on).example,
    )


def _acceptance(case: Case) -> dict[str, Any]:
    """By when the bureau decides whether it accepts a lodged case; nothing for any other."""
    last = accept_by(case)
    if last == NO_TERM:
        return {}
    return {"accept_by": last.isoformat(), "accept_by_example": accept_by_is_example(case)}


def related_message(case: Case) -> pb.RelatedCase:
    """Returns the protobuf message of a case as another case in the same matter names it."""
    return pb.RelatedCase(
        case_id=case.case_id,
        number=case.number,
        kind=case.kind,
        state=case.state,
        outcome=case.outcome or "",
        bureau=case.bureau,
    )


def term_message(term: Term, today: date) -> pb.Term:
    """Returns the protobuf message of a term as of the day `today`."""
    newest = edition()
    target, latest = term.target(newest), term.latest(newest)
    return pb.Term(
        started_on=term.event_on.isoformat(),
        target_on=target.date.isoformat(),
        latest_on=latest.date.isoformat(),
        budget_days=term.total,
        cap_days=term.cap,
        remaining_days=term.remaining(today, newest),
        overdue=today > target.date,
        provisional=target.provisional or latest.provisional,
        calendar_edition=newest.number,
        cite=term.cite,
    )


def step_message(step: CaseStep) -> pb.Step:
    """Returns the protobuf message of a step of a case."""
    return pb.Step(
        step=step.step, at=stamp(step.at), actor=step.actor, cite=step.cite, note=step.note
    )


def letter_message(letter: CaseLetter) -> pb.Letter:
    """Returns the protobuf message of a letter."""
    return pb.Letter(
        letter_id=letter.letter_id,
        title=letter.title,
        body=letter.body,
        issued_at=stamp(letter.issued_at),
        number=letter.number,
        check_code=letter.check_code,
        sha256=digest(letter.body),
        template=letter.template,
    )


def stamp(moment: datetime | None) -> Timestamp | None:
    """Converts a moment to a protobuf timestamp; returns None for None."""
    if moment is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
