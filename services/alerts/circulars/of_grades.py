"""Circulars about subjects at a grade, exposed or not: the list that S4 四(五)E3 has pushed (C-45).

What they say is shared between authorities and not published, so another rule decides who may stand
in them. A subject is told of until its grade is another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from law.disclosure.rule import Audience, Field, visible
from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.escalation import CircularRule, CircularSource, circular_rule, circular_rules
from law.evidence import SubjectKind
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.view import View
from protos.alerts.v1 import circulars_pb2 as pb
from services.alerts.circulars.tables import (
    GRADED,
    Circular,
    CircularEntry,
    CircularReceiver,
    CircularState,
)
from services.alerts.circulars.telling import announce_ending
from services.alerts.escalation.tables import Contest, StandingGrade
from services.alerts.notices.texts import grade_name
from services.alerts.tables import Subject

CITE = "S4 四(五)E3; C-45"
_SHARED = (Field.NAME, Field.GRADE)
Graded = tuple[Subject, StandingGrade]


async def candidates(
    view: View, request: pb.ListCircularCandidatesRequest
) -> pb.ListCircularCandidatesResponse:
    """Returns a page of the subjects in the caller's scope at a grade that is told of, by id."""
    rows = select(Subject).where(
        row_scope.covered(view.caller, Subject.bureau),
        sa.not_(col(Subject.removed)),
        col(Subject.subject_id).in_(
            select(StandingGrade.subject_id).where(_at_such_a_grade(view.today))
        ),
    )
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Subject.bureau))
    page, token = await paging.page(view.session, request, rows, Subject.subject_id)
    count = await paging.count(view.session, request, rows, token)
    graded = await _graded(view.session, [one.subject_id for one in page])
    against = await _against(view.session, graded, view.today)
    told = await _told_of(view.session, [subject.subject_id for subject, _ in graded])
    found = [_candidate(one, against, told, view.today) for one in graded]
    return pb.ListCircularCandidatesResponse(candidates=found, next_page_token=token, **count)


def _candidate(
    one: Graded,
    against: Mapping[str, list[Fault]],
    told: Mapping[str, list[str]],
    on: date,
) -> pb.CircularCandidate:
    subject, grade = one
    rule = _rule(grade, on)
    said = against[subject.subject_id]
    return pb.CircularCandidate(
        subject_id=subject.subject_id,
        subject_name=subject.name,
        bureau=subject.bureau,
        statement=_statement(subject, grade),
        cite=rule.cite if rule else CITE,
        obstacles_zh=[fault.message_zh for fault in said],
        obstacles_en=[fault.message_en for fault in said],
        told=told.get(subject.subject_id, []),
    )


async def draft(change: Change, subject_ids: Sequence[str]) -> tuple[Circular, list[CircularEntry]]:
    """Returns a draft about these subjects, which are of one bureau, with what it says of each.

    Raises InvalidInput for none or of several bureaus, NotFound for an unknown one, NotPermitted
    outside the caller's scope, and WrongState with what speaks against telling of one.
    """
    if not subject_ids:
        zh, en = "请写明通报哪些主体", "name the subjects to tell of"
        raise InvalidInput(faults=[Fault("subject_ids", zh, en)])
    graded = await _all_of(change, subject_ids)
    bureaus = {subject.bureau for subject, _ in graded}
    for bureau in sorted(bureaus):
        change.caller.require_bureau(bureau)
    if len(bureaus) > 1:
        zh, en = "须为同一机关的主体", "must be of one bureau"
        raise InvalidInput(faults=[Fault("subject_ids", zh, en)])
    await _require_tellable(change, graded, "subject_ids")
    rules = dict.fromkeys(rule.cite for _, grade in graded if (rule := _rule(grade, change.today)))
    row = Circular(
        circular_id=str(uuid4()),
        bureau=bureaus.pop(),
        list_id="",
        list_number="",
        state=CircularState.DRAFTED,
        cite="; ".join(rules),
        drafted_by=change.on_behalf_of,
        drafted_at=change.at,
    )
    return row, [_entry(row, place, *one) for place, one in enumerate(graded, 1)]


def _entry(row: Circular, place: int, subject: Subject, grade: StandingGrade) -> CircularEntry:
    return CircularEntry(
        circular_id=row.circular_id,
        entry_id=-place,
        subject_id=subject.subject_id,
        subject_name=subject.name,
        statement=_statement(subject, grade),
        ruleset_id=grade.ruleset_id,
        grade=grade.grade,
    )


async def _all_of(change: Change, subject_ids: Sequence[str]) -> list[Graded]:
    found = {
        subject.subject_id: (subject, grade)
        for subject, grade in await _graded(change.session, subject_ids)
    }
    for one in subject_ids:
        if one not in found:
            zh, en = (
                "没有这个主体，或者它没有信用等级",
                "There is no such subject, or it has no grade",
            )
            raise NotFound(zh, en, subject=one)
    return [found[one] for one in subject_ids]


async def require_as_drafted(change: Change, told: Sequence[CircularEntry]) -> None:
    """Raises WrongState unless a draft still says what is true, and nothing speaks against it."""
    graded = await _all_of(change, [one.subject_id for one in told])
    faults = [
        Fault(
            f"entries[{place}]",
            f"{one.subject_name}：名称或者等级在拟稿之后变动，请作废后重新拟稿",
            f"{one.subject_name}: its name or grade has changed since; discard this and draft anew",
            cite=CITE,
        )
        for place, (one, (subject, grade)) in enumerate(zip(told, graded, strict=True))
        if one.statement != _statement(subject, grade)
    ]
    if faults:
        zh, en = "有的内容与拟稿时不同", "Some of the text is not what was drafted"
        raise WrongState(zh, en, cite=CITE, faults=faults)
    await _require_tellable(change, graded, "entries")


async def _require_tellable(change: Change, graded: Sequence[Graded], field: str) -> None:
    against = await _against(change.session, graded, change.today)
    faults = [
        Fault(
            f"{field}[{place}]",
            f"{subject.name}：{one.message_zh}",
            f"{subject.name}: {one.message_en}",
            cite=one.cite,
        )
        for place, (subject, _) in enumerate(graded)
        for one in against[subject.subject_id]
    ]
    if faults:
        zh, en = "有的主体现在不能通报", "Authorities cannot be told of some subjects now"
        raise WrongState(zh, en, cite=CITE, faults=faults)


async def require_untold(
    change: Change, told: Sequence[CircularEntry], authority_ids: Collection[str]
) -> None:
    """Raises WrongState if one of the authorities was told of this grade of one of the subjects."""
    subjects = [one.subject_id for one in told]
    rows = _issued(subjects).where(col(CircularReceiver.authority_id).in_(authority_ids))
    faults = [
        Fault(
            "authority_ids",
            f"{receiver}：已由{number}得知{entry.subject_name}",
            f"{receiver} was told of {entry.subject_name} by {number}",
        )
        for entry, receiver, number in await change.session.exec(rows)
    ]
    if faults:
        zh, en = "有的单位已经接到通报", "Some authorities were told already"
        raise WrongState(zh, en, cite=CITE, faults=faults)


async def end_of_grades(change: Change, subject_ids: Collection[str]) -> None:
    """Ends what authorities were told of these subjects if the grade is another one, and says so.

    The same holds for a subject that was deregistered or removed, or has gone to another bureau.
    """
    rows = (
        select(CircularEntry, Circular)
        .join(Circular, col(Circular.circular_id) == col(CircularEntry.circular_id))
        .where(
            sa.text(GRADED),
            col(CircularEntry.subject_id).in_(subject_ids),
            col(Circular.state) == CircularState.ISSUED,
        )
        .order_by(col(CircularEntry.told_id))
        .with_for_update()
    )
    told = (await change.session.exec(rows)).all()
    graded = {
        subject.subject_id: (subject, grade)
        for subject, grade in await _graded(change.session, [one.subject_id for one, _ in told])
    }
    for entry, row in told:
        if reasons := _over(entry, row, graded.get(entry.subject_id)):
            entry.ended_at = change.at
            change.session.add(entry)
            object_ = f"circular/{row.circular_id}"
            after = {"subject_id": entry.subject_id, "reasons": reasons}
            change.audit(
                "end_circular_entry", object_, after=after, ground=row.cite, bureau=row.bureau
            )
            await announce_ending(change, row, entry, reasons)


def _over(entry: CircularEntry, row: Circular, now: Graded | None) -> str:
    """Why a subject is told of no more; empty while it is."""
    if now is None or now[0].removed or now[0].deregistered:
        return "该主体已删除或者已注销。"
    subject, grade = now
    if (grade.ruleset_id, grade.grade) != (entry.ruleset_id, entry.grade):
        return "计量信用等级已经变动。"
    return "该主体已经改由其他机关监管。" if subject.bureau != row.bureau else ""


def _statement(subject: Subject, grade: StandingGrade) -> str:
    return f"{subject.name}：{grade_name(grade.ruleset_id, grade.grade)}"


def _rule(grade: StandingGrade, on: date) -> CircularRule | None:
    return circular_rule(grade.ruleset_id, grade.grade, on, CircularSource.GRADE)


def _at_such_a_grade(on: date) -> sa.ColumnElement[bool]:
    grades = [
        (col(StandingGrade.ruleset_id) == rule.ruleset) & col(StandingGrade.grade).in_(rule.grades)
        for rule in circular_rules(CircularSource.GRADE, on)
    ]
    return sa.or_(sa.false(), *grades)


async def _graded(session: AsyncSession, subject_ids: Collection[str]) -> list[Graded]:
    rows = (
        select(Subject, StandingGrade)
        .join(StandingGrade, col(StandingGrade.subject_id) == col(Subject.subject_id))
        .where(col(Subject.subject_id).in_(subject_ids))
        .order_by(col(Subject.subject_id))
    )
    return [(subject, grade) for subject, grade in await session.exec(rows)]


async def _against(
    session: AsyncSession, graded: Sequence[Graded], on: date
) -> dict[str, list[Fault]]:
    """What speaks against telling authorities of each of these subjects (C-45)."""
    ids = [subject.subject_id for subject, _ in graded]
    rows = select(Contest).where(col(Contest.subject_id).in_(ids), col(Contest.running))
    running = defaultdict[str, list[str]](list)
    for contest in await session.exec(rows.order_by(Contest.number)):
        if contest.targets:
            running[contest.subject_id].append(contest.number)
    return {
        subject.subject_id: _obstacles(subject, grade, running[subject.subject_id], on)
        for subject, grade in graded
    }


def _obstacles(
    subject: Subject, grade: StandingGrade, contests: Sequence[str], on: date
) -> list[Fault]:
    faults = []
    if _rule(grade, on) is None:
        zh, en = "现在的等级没有通报的依据", "is at no grade of which a text has authorities told"
        faults.append(Fault("", zh, en, cite=CITE))
    if subject.unwatched:
        zh, en = "尚在核对、已删除或者已注销", "in review, removed or deregistered"
        faults.append(Fault("", zh, en, cite=CITE))
    for field in _SHARED:
        answer = visible(field, SubjectKind(subject.kind), Audience.SHARING, on)
        if not answer.allowed:
            zh, en = "这类主体的等级不得共享", "the grade of such a subject is not shared"
            faults.append(Fault("", zh, en, cite=answer.cite))
            break
    if contests:
        zh = f"异议、复核尚未办结（{'、'.join(contests)}）"
        faults.append(Fault("", zh, f"an objection runs ({', '.join(contests)})", cite=CITE))
    return faults


async def _told_of(session: AsyncSession, subject_ids: Collection[str]) -> dict[str, list[str]]:
    """The authorities that were told of the present grade of each of these subjects."""
    told = defaultdict[str, list[str]](list)
    for entry, receiver, _ in await session.exec(_issued(subject_ids)):
        told[entry.subject_id].append(receiver)
    return told


def _issued(subject_ids: Collection[str]) -> Select[CircularEntry, str, str]:
    """The issued circulars of these subjects at a grade that lasts, each with a receiver."""
    return (
        select(CircularEntry, CircularReceiver.name, Circular.number)
        .join(CircularReceiver, col(CircularReceiver.circular_id) == col(CircularEntry.circular_id))
        .join(Circular, col(Circular.circular_id) == col(CircularEntry.circular_id))
        .where(
            col(CircularEntry.grade) != "",
            col(CircularEntry.ended_at).is_(None),
            col(CircularEntry.subject_id).in_(subject_ids),
            col(Circular.state) == CircularState.ISSUED,
        )
        .order_by(col(Circular.number), col(CircularReceiver.place))
    )
