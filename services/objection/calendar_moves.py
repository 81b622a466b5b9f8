"""A new edition of the working-day calendar moves the last days of open terms.

An edition decides nothing: it only tells the case, its bureau and its applicant another last day. A
reminder that was sent for the old last day is not sent again for the new one; those not yet sent
move with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from law.objection import CaseState
from law.terms.ledger import Term
from law.terms.workdays import CITE, DueDate, Edition, edition
from plumbing.calendars.servicer import OpenTerm
from plumbing.change import Change, Changes
from plumbing.identity import service_caller
from plumbing.papers.day_names import day_zh
from plumbing.view import View
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from services.objection.schedule import (
    INTAKE,
    SUPPLEMENT,
    accept_by,
    complete_on,
    due_on,
    intake_term,
)
from services.objection.steps import UNDECIDED, EventOf, locked_case, record_step
from services.objection.tables import NO_TERM, Case, ReachedRung

STEP = "calendar"
_OWN = ""
_NAMES = {_OWN: "case", INTAKE: "intake", SUPPLEMENT: "supplement"}
_NAMES_ZH = {_OWN: "办理期限", INTAKE: "决定是否受理的期限", SUPPLEMENT: "补正期限"}


@dataclass(frozen=True)
class Moved:
    """A term of a case that a new edition moves; `family` begins the keys of its reminders."""

    family: str
    old: DueDate
    new: DueDate


async def open_terms(view: View) -> AsyncIterator[OpenTerm]:
    """Yields the running terms of all cases, to be counted by another calendar."""
    query = select(Case).where(col(Case.state).in_(UNDECIDED)).order_by(col(Case.case_id))
    for case in await view.session.exec(query):
        for family, term in _running_terms(case).items():
            kind = _NAMES[family] if family else case.kind.value
            yield OpenTerm(kind, case.case_id, case.number, case.bureau, term.target)


async def adopt_edition(changes: Changes) -> None:
    """Counts the open terms again by the newest edition; each case that it moves in one change.

    A case that follows the edition already is left alone, so this may be repeated.
    """
    newest = edition()
    query = select(Case).where(col(Case.settled_at).is_(None)).order_by(col(Case.case_id))
    async with changes.database.snapshot() as session:
        cases = (await session.exec(query)).all()
    for case in cases:
        if _needs(case, newest):
            async with changes.change(service_caller("objection")) as change:
                await _adopt(change, case.case_id, newest)


def _needs(case: Case, newest: Edition) -> bool:
    """Whether a case was counted by another edition, or its stored last day is another one."""
    behind = case.calendar is None or case.calendar < newest.number
    return behind or not days_agree(case)


def days_agree(case: Case) -> bool:
    """Returns whether the stored last days of a case are those of the calendar in force."""
    return (case.due_on, case.accept_by) == (_due_on(case), accept_by(case))


async def _adopt(change: Change, case_id: str, newest: Edition) -> None:
    case = await locked_case(change, case_id)
    if not _needs(case, newest):
        return
    moved, before = list(_moved(case, newest)), case.calendar
    case.due_on, case.accept_by, case.calendar = _due_on(case), accept_by(case), newest.number
    case.version += bool(moved)
    change.session.add(case)
    for term in moved:
        await _keep_sent(change, case, term)
        await _tell(change, case, term, newest, before)


def _moved(case: Case, newest: Edition) -> Iterator[Moved]:
    """The running terms of a case that the newest edition moves or makes final."""
    if case.calendar is None or case.calendar >= newest.number:
        return
    told = edition(case.calendar)
    for family, term in _running_terms(case).items():
        old, new = term.target(told), term.target(newest)
        if (old.date, old.provisional) != (new.date, new.provisional):
            yield Moved(family, old, new)


def _running_terms(case: Case) -> dict[str, Term]:
    """The terms of an undecided case that run, by the beginning of their reminders' keys."""
    terms: dict[str, Term] = {}
    if case.state not in UNDECIDED:
        return terms
    if case.term is not None:
        terms[""] = Term.from_json(case.term)
    elif case.state is CaseState.LODGED:
        intake = intake_term(case.kind, complete_on(case))
        terms |= {INTAKE: intake} if intake else {}
    if case.state is CaseState.SUPPLEMENT_REQUESTED and case.supplement is not None:
        terms[SUPPLEMENT] = Term.from_json(case.supplement["term"])
    return {family: term for family, term in terms.items() if not term.is_paused}


async def _keep_sent(change: Change, case: Case, moved: Moved) -> None:
    """Notes the reminders that were sent for the old last day as sent for the new one."""
    old, new = f"/{moved.old.date.isoformat()}", f"/{moved.new.date.isoformat()}"
    if old == new:
        return
    query = select(ReachedRung).where(ReachedRung.case_id == case.case_id)
    reached = {row.rung: row for row in await change.session.exec(query)}
    for key, row in reached.items():
        again = key.removesuffix(old) + new
        if key.endswith(old) and _family(key) == moved.family and again not in reached:
            change.session.add(ReachedRung(case_id=case.case_id, rung=again, at=row.at))


def _family(key: str) -> str:
    return next((family for family in (INTAKE, SUPPLEMENT) if key.startswith(family)), _OWN)


async def _tell(
    change: Change, case: Case, moved: Moved, newest: Edition, before: int | None
) -> None:
    text = _message(case, moved, newest)
    await record_step(
        change,
        case,
        STEP,
        _event(moved, newest, text),
        cite=CITE,
        note=text,
        before={"calendar": before},
    )


def _event(moved: Moved, newest: Edition, text: str) -> EventOf:
    def event_of(message: pb.Case) -> events.TermMoved:
        return events.TermMoved(
            case=message,
            term=_NAMES[moved.family],
            old_on=moved.old.date.isoformat(),
            new_on=moved.new.date.isoformat(),
            provisional=moved.new.provisional,
            calendar_edition=newest.number,
            document=newest.documents[-1],
            message_zh=text,
        )

    return event_of


def _message(case: Case, moved: Moved, newest: Edition) -> str:
    """Says which notice moves which term of a case, from which day to which."""
    name = _NAMES_ZH[moved.family]
    source = f"按{newest.documents[-1]}（工作日历第{newest.number}版）"
    after = "（仍为暂定）" if moved.new.provisional else ""
    if moved.old.date == moved.new.date:
        return f"{case.number}：{source}，{name}仍至{day_zh(moved.new.date)}届满，不再是暂定"
    days = f"由{day_zh(moved.old.date)}改为{day_zh(moved.new.date)}{after}"
    return f"{case.number}：{source}，{name}的届满日{days}"


def _due_on(case: Case) -> date:
    return due_on(Term.from_json(case.term)) if case.term is not None else NO_TERM
