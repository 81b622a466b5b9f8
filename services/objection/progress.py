"""How following a case through goes on file: changes made by activities, each of them once.

An activity may run again after a crash at any line; what is on file already stays as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from law.objection import TERM_CITE, CaseKind, CaseState, Step
from law.terms.ledger import Term
from plumbing.change import Change
from protos.grading.v1.grading_pb2 import Grade
from protos.objection.v1 import events_pb2 as events
from services.objection import numbering
from services.objection.letters import LetterText
from services.objection.messages import RungDue, Stuck
from services.objection.steps import aggregate_of, decision_cite, locked_case, put_on_file, take
from services.objection.tables import Case, CaseLetter, ReachedRung
from services.objection.wire import case_message, letter_message

_CLOSED = {CaseKind.OBJECTION: events.ObjectionClosed, CaseKind.REPAIR: events.RepairClosed}
STUCK = "stuck/"  # what a rung's key begins with that a refusal and no moment reached
# The term of an objection runs from acceptance, that of a repair from submission (C-13).
_UNDECIDED = (
    CaseState.LODGED,
    CaseState.SUPPLEMENT_REQUESTED,
    CaseState.ACCEPTED,
    CaseState.EXTENSION_REQUESTED,
)


async def reach_rung(change: Change, due: RungDue) -> bool:
    """Announces a reached rung unless it was before, or the case is decided; True if it did."""
    case = await locked_case(change, due.case_id)
    if case.state not in _UNDECIDED:
        return False
    known = await change.session.get(ReachedRung, (due.case_id, due.rung.key))
    if known is not None:
        return False
    change.session.add(ReachedRung(case_id=due.case_id, rung=due.rung.key, at=change.at))
    await put_on_file(
        change,
        case,
        "rung",
        lambda said: events.TermRungReached(
            case=said, rung=due.rung.key, message_zh=due.rung.message_zh
        ),
        cite=Term.from_json(case.term).cite if case.term else TERM_CITE,
        note=f"{due.rung.key}：{due.rung.message_zh}",
    )
    return True


async def report_stuck(change: Change, stuck: Stuck) -> bool:
    """Announces, once per step, that following a case through was refused; True if it did."""
    case = await locked_case(change, stuck.case_id)
    key = f"{STUCK}{stuck.step}"
    if await change.session.get(ReachedRung, (case.case_id, key)) is not None:
        return False
    change.session.add(ReachedRung(case_id=case.case_id, rung=key, at=change.at))
    told = (
        f"{case.number}的后续事项无法自动完成（{stuck.step}）：{stuck.why}。"
        "原因消除后，请平台管理员运行 quanheng reconcile 继续办理。"
    )
    await put_on_file(
        change,
        case,
        "stuck",
        lambda said: events.TermRungReached(case=said, rung=key, message_zh=told),
        cite=decision_cite(case),
        note=told,
    )
    return True


async def note_grade_before(change: Change, case_id: str, grade: Grade) -> None:
    """Keeps the grade that stood when the decision was taken up."""
    case = await locked_case(change, case_id)
    if case.grade_before is None:
        case.grade_before, case.receipt_before = grade.grade, grade.receipt_id
        _note(change, case, "grade_before", grade=grade.grade, receipt=grade.receipt_id)


async def note_versions(change: Change, case_id: str, versions: Mapping[str, int]) -> None:
    """Keeps which versions of the records the next grade must rest on."""
    case = await locked_case(change, case_id)
    if not case.record_versions:
        case.record_versions = dict(versions)
        _note(change, case, "mark_ended", **{k: str(v) for k, v in versions.items()})


async def note_grade_after(change: Change, case_id: str, grade: Grade) -> None:
    """Keeps the grade that follows from the decision."""
    case = await locked_case(change, case_id)
    if case.grade_after is None:
        case.grade_after, case.receipt_after = grade.grade, grade.receipt_id
        _note(change, case, "grade_after", grade=grade.grade, receipt=grade.receipt_id)


async def issue_letter(change: Change, case_id: str, text: LetterText) -> None:
    """Issues a letter to the subject, one of each title (S4 五(三): the applicant is told)."""
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
    _note(change, case, "letter", letter=letter.letter_id, title=letter.title)


async def settle(change: Change, case_id: str) -> None:
    """Ends a case from which nothing more follows; a decided one is closed with it."""
    case = await locked_case(change, case_id)
    if case.settled_at is not None:
        return
    await numbering.free_records(change, case)
    case.settled_at = change.at
    if case.state is CaseState.DECIDED:
        await _close(change, case)
    else:
        _note(change, case, "settle")


async def _close(change: Change, case: Case) -> None:
    await take(
        change,
        case,
        Step.CLOSE,
        lambda c: _CLOSED[case.kind](case=c, at=c.closed_at),
        cite=decision_cite(case),
        closed_at=change.at,
    )


def _note(change: Change, case: Case, what: str, **told: str) -> None:
    change.session.add(case)
    ground = decision_cite(case)
    change.audit(f"{case.kind}.{what}", aggregate_of(case), after=dict(told), ground=ground)
