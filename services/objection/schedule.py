"""The last day of a case's term, and the schedule of its reminders.

Pure functions. Every date is computed with the newest edition of the working-day calendar (D-07).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.objection import INTAKE_OF, SUPPLEMENT_TERM, CaseKind, CaseState
from law.terms.data import Told, definition
from law.terms.ledger import Reminder, Term, reminders_of, start
from law.terms.workdays import edition
from plumbing.clock import local_date
from plumbing.papers.day_names import day_zh
from services.objection.mandates import Agent, agent_of
from services.objection.messages import Rung, Schedule
from services.objection.tables import NO_TERM, Case

ESCALATE = "escalate"
INTAKE = "intake/"  # begins the key of a reminder to accept or decline a case
SUPPLEMENT = "supplement/"  # begins the key of a reminder that a case is to be supplemented
MANDATE = "mandate/"  # begins the key of a reminder that the mandate of an agent ends


def due_on(term: Term) -> date:
    """Returns the last day of a term, inclusive, by the calendar in force now."""
    return term.target(edition()).date


def accept_by(case: Case) -> date:
    """Returns the last day to accept or decline a lodged case, by the calendar in force now.

    It is NO_TERM for a case that is not lodged, and for a repair, whose term runs already.
    """
    term = _own_intake(case)
    return due_on(term) if term else NO_TERM


def accept_by_is_example(case: Case) -> bool:
    """Returns whether the day of `accept_by` comes from a number of days that no text states."""
    term = _own_intake(case)
    return term is not None and definition(term.definition_id, term.event_on).example


def _own_intake(case: Case) -> Term | None:
    if case.state is not CaseState.LODGED or case.term is not None:
        return None
    return intake_term(case.kind, complete_on(case))


def schedule_of(term: Term, number: str, version: int) -> Schedule:
    """Returns the schedule of reminders for a case's term, by the calendar in force now.

    `number` and `version` are those of the case.
    """
    newest = edition()
    last = due_on(term)
    rungs = [_rung(reminder, last, number) for reminder in term.reminders(newest)]
    return Schedule(
        version=version, due_at=term.overdue_at(newest), rungs=rungs, edition=newest.number
    )


def schedule_of_case(case: Case) -> Schedule | None:
    """Returns the schedule of the reminders of a case: of its term, or before, to accept it.

    While the subject is to supplement the case, it is reminded as well; so is an agent of the last
    day of its mandate. None if there is nobody to remind.
    """
    schedule = _own_schedule(case)
    if case.state is CaseState.SUPPLEMENT_REQUESTED and case.supplement is not None:
        asked = _supplement_schedule(case, Term.from_json(case.supplement["term"]))
        schedule = _and(schedule, asked.rungs) if schedule else asked
    return _and(schedule, _of_the_mandate(case)) if schedule else None


def _and(schedule: Schedule, rungs: Sequence[Rung]) -> Schedule:
    return schedule.model_copy(update={"rungs": [*schedule.rungs, *rungs]})


def _own_schedule(case: Case) -> Schedule | None:
    if case.term is not None:
        return schedule_of(Term.from_json(case.term), case.number, case.version)
    if case.state is not CaseState.LODGED:
        return None
    return intake_schedule(case.kind, complete_on(case), case.number, case.version)


def complete_on(case: Case) -> date:
    """Returns the day on which the case was lodged, or supplemented since."""
    supplied = case.supplement["supplied_on"] if case.supplement else ""
    return date.fromisoformat(supplied) if supplied else local_date(case.lodged_at)


def _supplement_schedule(case: Case, term: Term) -> Schedule:
    newest, last = edition(), due_on(term)
    rungs = [
        Rung(
            key=f"{SUPPLEMENT}{reminder.kind}/{reminder.id}/{last.isoformat()}",
            at=reminder.at,
            message_zh=_supplement_message(reminder, term, case.number),
        )
        for reminder in term.reminders(newest)
    ]
    return Schedule(
        version=case.version, due_at=term.overdue_at(newest), rungs=rungs, edition=newest.number
    )


def _of_the_mandate(case: Case) -> list[Rung]:
    """Reminders of the last day of a mandate, at the points of a supplement; none of a renewed one.

    No text sets a term for it: a mandate lasts as long as it says.
    """
    agent = agent_of(case)
    if agent is None or agent.renewal is not None:
        return []
    points = definition(SUPPLEMENT_TERM, local_date(case.lodged_at)).reminders
    return [
        Rung(
            key=f"{MANDATE}{reminder.kind}/{reminder.id}/{agent.until.isoformat()}",
            at=reminder.at,
            message_zh=_mandate_message(reminder, agent, case.number),
        )
        for reminder in reminders_of(agent.until, points, edition())
    ]


def _mandate_message(reminder: Reminder, agent: Agent, number: str) -> str:
    last = day_zh(agent.until)
    if reminder.kind == ESCALATE:
        return (
            f"{number}一案代理人{agent.name}的委托书已于{last}到期：请代理人提交新的委托书，"
            "或者由申请人本人办理"
        )
    return (
        f"{number}一案代理人{agent.name}的委托书有效至{last}：需要继续代理的，请提交新的委托书，"
        "到期后代理人不能查看和办理"
    )


def _supplement_message(reminder: Reminder, term: Term, number: str) -> str:
    last = last_day_zh(term)
    if reminder.kind == ESCALATE:
        return (
            f"{number}要求补正的期限已于{last}届满，申请人尚未补正；案件不会自动结束，"
            "请决定不予受理或者继续等待"
        )
    return f"{number}的申请材料尚待补正，请不晚于{last}补正"


def last_day_zh(term: Term) -> str:
    """Returns the last day of a term; says so where no text states its number of days."""
    example = "（天数为示例值）" if definition(term.definition_id, term.event_on).example else ""
    return f"{day_zh(due_on(term))}{example}"


def intake_term(kind: CaseKind, lodged_on: date) -> Term | None:
    """Returns the term to accept or decline a case lodged on a day; None for a repair."""
    return start(INTAKE_OF[kind], lodged_on, edition()) if kind in INTAKE_OF else None


def intake_schedule(kind: CaseKind, lodged_on: date, number: str, version: int) -> Schedule | None:
    """Returns the schedule of reminders to accept or decline a case; None for a repair.

    `lodged_on` is the day from which it is counted: of lodging, or of the last supplement. Lodging
    a repair starts its term, so nobody has to be reminded before.
    """
    term, newest = intake_term(kind, lodged_on), edition()
    if term is None:
        return None
    rungs = [
        Rung(
            key=f"{INTAKE}{reminder.id}/{due_on(term).isoformat()}",
            at=reminder.at,
            message_zh=_intake_message(reminder, term, lodged_on, number),
            tells=list(reminder.tells),
        )
        for reminder in term.reminders(newest)
    ]
    return Schedule(
        version=version, due_at=term.overdue_at(newest), rungs=rungs, edition=newest.number
    )


def _intake_message(reminder: Reminder, term: Term, lodged_on: date, number: str) -> str:
    since = f"{number}于{day_zh(lodged_on)}提交，尚未决定是否受理"
    last = last_day_zh(term)
    if reminder.kind == ESCALATE:
        return f"{since}，已过{last}，请单位负责人督办{_further(reminder)}"
    return f"{since}，请不晚于{last}决定{_further(reminder)}"


def _rung(reminder: Reminder, last: date, number: str) -> Rung:
    # The key contains the last day, so a term that ends later has reminders of its own.
    return Rung(
        key=f"{reminder.id}/{last.isoformat()}",
        at=reminder.at,
        message_zh=_message(reminder, last, number),
        tells=list(reminder.tells),
    )


def _message(reminder: Reminder, last: date, number: str) -> str:
    if reminder.kind == ESCALATE:
        over = f"{number}办理期限已于{day_zh(last)}届满，尚未作出决定"
        return f"{over}，请单位负责人督办{_further(reminder)}"
    return f"{number}办理期限至{day_zh(last)}届满，请及时核查并作出决定{_further(reminder)}"


def _further(reminder: Reminder) -> str:
    """Whom a message also addresses, beside whoever it names itself."""
    if Told.MUNICIPAL_BUREAU in reminder.tells:
        return "，并报告市级机关"
    if reminder.kind != ESCALATE and Told.UNIT_HEAD in reminder.tells:
        return "，请单位负责人督促"
    return ""
