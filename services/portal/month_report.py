"""What the report of a month says: sections of figures, each with how it was reckoned.

The page and the paper show the same figures. Only what a service can count for a month that is over
is here; the colours of a past day, for example, are not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from plumbing.client import ask
from plumbing.months import Month, before
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit
from services.portal.wording import N_, Words


class Figure(NamedTuple):
    """A number with its name, and the list behind it; empty where there is none."""

    name: str
    number: int
    link: str = ""


class Section(NamedTuple):
    """The figures of one matter, and how they were reckoned."""

    title: str
    how: str
    figures: list[Figure]


class Figures(NamedTuple):
    """What the services counted."""

    month: Month
    grades: grading.SummariseGradesResponse
    events: alerts.SummariseMonthResponse
    cases: objection.SummariseCasesResponse
    records: registry.SummariseRecordsResponse


async def counted(visit: Visit, month: Month) -> Figures:
    """Asks the services for the figures of a month within the visitor's scope."""
    on, since = month.last.isoformat(), before(month.first).isoformat()
    written, services = str(month), visit.services
    return Figures(
        month,
        *await asyncio.gather(
            ask(
                services.grading.SummariseGrades(grading.SummariseGradesRequest(on=on, since=since))
            ),
            ask(services.alerts.SummariseMonth(alerts.SummariseMonthRequest(month=written))),
            ask(services.objection.SummariseCases(objection.SummariseCasesRequest(month=written))),
            ask(
                services.registry.SummariseRecords(registry.SummariseRecordsRequest(month=written))
            ),
        ),
    )


def sections(figures: Figures, words: Words) -> list[Section]:
    """Returns the sections of the report, in the language of the words."""
    say = words.say
    parts: list[tuple[str, str, Iterable[Figure]]] = [
        (
            N_("主体与信用等级"),
            N_("当月最后一天有效的等级，按现在所知，不含已删除的主体。"),
            _grades(figures, words),
        ),
        (
            N_("等级变化"),
            N_("同一主体按同一文件，上月最后一天与当月最后一天有效的等级不同的，按现在所知。"),
            _moves(figures, words),
        ),
        (N_("预警"), N_("当月发出的预警，不含首次导入的存量。"), _alerts(figures, words)),
        (
            N_("检定"),
            N_("检定日期在当月、现已登记的检定，其器具现属本辖区。"),
            _verifications(figures, words),
        ),
        (
            N_("督促"),
            N_("当月立案、结案的督促案件，以及当月批准的步骤，未办即作废的不计。"),
            _escalations(figures, words),
        ),
        (
            N_("异议与信用修复"),
            N_("当月提交的案件；当月作出决定的案件，不论何时提交，按期即在期限最后一日或以前。"),
            _cases(figures, words),
        ),
        (
            N_("信用记录"),
            N_(
                "录入日期在当月的记录；最近一次公开审查在当月的记录；当月期满移出、现未恢复的记录。"
            ),
            _records(figures, words),
        ),
    ]
    return [Section(say(title), say(how), list(one)) for title, how, one in parts]


def _grades(figures: Figures, words: Words) -> Iterator[Figure]:
    yield Figure(words.say(N_("主体合计")), sum(one.subjects for one in figures.grades.counts))
    for one in figures.grades.counts:
        yield Figure(_graded(words, one.ruleset_id, one.grade), one.subjects)
    if figures.grades.deregistered:
        yield Figure(words.say(N_("另有已注销、不再评级的")), figures.grades.deregistered)


def _graded(words: Words, ruleset_id: str, grade: str) -> str:
    if not ruleset_id:
        return words.say(N_("不评价"))
    return f"{words.text_title(ruleset_id)} {_grade(words, ruleset_id, grade)}"


def _grade(words: Words, ruleset_id: str, grade: str) -> str:
    return words.grade(ruleset_id, grade) if grade else words.say(N_("不评价"))


def _moves(figures: Figures, words: Words) -> Iterator[Figure]:
    for one in figures.grades.moves:
        grades = (_grade(words, one.ruleset_id, grade) for grade in (one.before, one.after))
        yield Figure(" → ".join(grades), one.subjects)


def _alerts(figures: Figures, words: Words) -> Iterator[Figure]:
    found = {one.name: one.count for one in figures.events.alerts}
    for colour in ("red", "yellow", "green"):
        yield Figure(words.colour(colour).word, found.get(colour, 0))


def _verifications(figures: Figures, words: Words) -> Iterator[Figure]:
    for one in figures.events.verifications:
        yield Figure(words.result(one.name), one.count)


def _escalations(figures: Figures, words: Words) -> Iterator[Figure]:
    events = figures.events
    yield Figure(words.say(N_("立案")), events.escalations_opened, "/escalations")
    yield Figure(words.say(N_("结案")), events.escalations_closed, "/escalations")
    for one in events.steps:
        yield Figure(words.escalation_step(one.name), one.count)


def _cases(figures: Figures, words: Words) -> Iterator[Figure]:
    first, last = (day.isoformat() for day in (figures.month.first, figures.month.last))
    entered, kept, missed = map(words.say, (N_("收到申请"), N_("按期决定"), N_("逾期决定")))
    for one in figures.cases.month_cases:
        kind, span = words.case_kind_of(one.kind), f"lodged_from={first}&lodged_to={last}"
        lodged = f"/cases?kind={one.kind}&{span}&closed=yes"
        yield Figure(f"{kind} {entered}", one.lodged, lodged)
        yield Figure(f"{kind} {kept}", one.decided_in_time)
        late = one.decided - one.decided_in_time
        yield Figure(f"{kind} {missed}", late)


def _records(figures: Figures, words: Words) -> Iterator[Figure]:
    records, say = figures.records, words.say
    yield Figure(say(N_("录入")), records.entered)
    yield Figure(say(N_("审查同意公开")), records.released, "/publication")
    yield Figure(say(N_("审查后不公开")), records.withheld, "/publication")
    yield Figure(say(N_("期满移出")), records.expired)


def months_until(today: date, number: int) -> list[str]:
    """Returns the last months that are over on a day, the newest first, such as 2026-09."""
    found: list[str] = []
    for _ in range(number):
        month = Month.of("", today)
        found.append(str(month))
        today = month.first
    return found
