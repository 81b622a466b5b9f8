"""The metrics of alerts: instruments by colour, alerts, watches, deliveries, escalation cases.

The metric `quanheng_awaiting_person` counts, in one scrape, every matter in alerts that waits for a
person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.colours.basis import LADDER
from law.colours.rule import Colour
from law.periods import local_day, start_of
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.metrics.common import AWAITING_PERSON
from plumbing.metrics.figures import (
    SELDOM_SECONDS,
    Look,
    Reading,
    age,
    ask,
    figure,
    tally,
)
from services.alerts.escalation import first_grades
from services.alerts.instrument_filters import colour_in_sql
from services.alerts.ladders.tables import LadderState
from services.alerts.tables import (
    ON_FILE,
    Alert,
    Escalation,
    EscalationState,
    EscalationStep,
    Ladder,
    Notice,
    NoticeState,
    NoticeTemplate,
    Record,
    StepState,
    Watch,
)
from services.alerts.templates.tables import TemplateState
from services.alerts.untold import standing, untold
from services.alerts.waiting_papers import Paper, waiting_papers

_DAY = timedelta(days=1)
_OPEN_STATES = tuple(state for state in EscalationState if state is not EscalationState.CLOSED)
_UNDELIVERED_STATES = (NoticeState.PENDING, NoticeState.FAILED, NoticeState.NO_ADDRESS)

ALERTS_RAISED = tally(
    "alerts_raised_total", "已发出的预警，按颜色", "alerts ever raised, by colour", "colour"
)
INSTRUMENTS = figure(
    "instruments",
    "在册器具，按当日颜色（none 为正常）",
    "instruments on file by their colour today",
    "colour",
)
NOTICES = figure(
    "notices",
    "未完成的通知：pending 待投递，failed 投递失败，no_address 没有地址",
    "notices not delivered, by state",
    "state",
)
NOTICES_UNSENDABLE = figure(
    "notices_without_mail_server",
    "因未设置发信服务器（QUANHENG_SMTP_URL）而等待的通知",
    "notices that wait because no mail server is set",
)
NOTICE_AGE = figure(
    "notice_oldest_pending_seconds",
    "最早一份待投递通知已等待的秒数",
    "age in seconds of the oldest notice waiting for delivery, 0 without one",
)
UNTOLD = figure(
    "untold_red_seconds",
    "首次建档时已为红色、至今没有告知经营者的警示最久的时间（秒，整日计，0 为没有）",
    "whole days, in seconds, that the oldest red alert of a first load is untold, 0 without one",
)
ESCALATIONS = figure(
    "escalations_open",
    "未了结的督促，按状态（proposed 待批准，appointed 已约谈待记录）",
    "escalation cases not closed, by state: proposed ones wait for a caseworker's approval",
    "state",
)
WATCH_BEHIND = figure(
    "watch_behind_seconds",
    "每日监视落后的时间（秒，整日计，各机关中最多者；0 为已监视到当日）",
    "whole days since the last day watched, in seconds, of the bureau furthest behind",
)
BUREAUS_BEHIND = figure(
    "watch_bureaus_behind",
    "昨日及以前尚未监视完的机关",
    "bureaus whose watch has not come to yesterday",
)


class Awaiting(StrEnum):
    """The kinds of matters in alerts that wait for a person, as labels of a metric."""

    STEP_PROPOSED = "step_proposed"  # a caseworker or unit head approves, defers or declines it
    INTERVIEW_UNRECORDED = "interview_unrecorded"  # its day is past, its outcome not recorded
    INTERVIEW_NOTE_REFUSED = "interview_note_refused"  # the register refused its record
    STEPS_EXHAUSTED = "steps_exhausted"  # every step was taken and a red alert still stands
    DELIVERY_FAILED = "delivery_failed"  # given up: correct the address, then retry
    DELIVERY_REFUSED = "delivery_refused"  # still tried: the mail server refused it or is away
    NO_ADDRESS = "no_address"  # no e-mail address is on file
    EXPOSURE_LIST_WAITING = "exposure_list_waiting"  # somebody else reviews or releases it
    CIRCULAR_DRAFTED = "circular_drafted"  # a unit head who did not draft it issues it
    LADDER_PROPOSED = "ladder_proposed"  # a second administrator approves or discards it
    TEMPLATE_PROPOSED = "template_proposed"  # likewise
    UNTOLD_RED = "untold_red"  # red since a first load: a bureau releases the first notice
    UNTOLD_GRADE = "untold_grade"  # a grade of a first load: a bureau begins the follow-up


_UNDELIVERED = (
    sa.select(col(Notice.state), sa.func.count())
    .where(col(Notice.state).in_(_UNDELIVERED_STATES))
    .group_by(col(Notice.state))
)
_OLDEST = sa.select(sa.func.min(col(Notice.created_at))).where(
    col(Notice.state) == NoticeState.PENDING
)
_REFUSED = (
    sa.select(sa.func.count())
    .select_from(Notice)
    .where(col(Notice.state) == NoticeState.PENDING, col(Notice.error) != "")
)
_OPEN_CASES = (
    sa.select(col(Escalation.state), sa.func.count())
    .where(col(Escalation.closed_at).is_(None))
    .group_by(col(Escalation.state))
)
# A person who enters the interview by hand names its document as the source.
_NOTES_REFUSED = (
    sa.select(sa.func.count())
    .select_from(EscalationStep)
    .where(
        col(EscalationStep.archive_error) != "",
        ~sa.exists().where(col(Record.source_ref) == col(EscalationStep.number)),
    )
)
_LADDERS_PROPOSED = (
    sa.select(sa.func.count()).select_from(Ladder).where(col(Ladder.state) == LadderState.PROPOSED)
)
_TEMPLATES_PROPOSED = (
    sa.select(sa.func.count())
    .select_from(NoticeTemplate)
    .where(col(NoticeTemplate.state) == TemplateState.PROPOSED)
)
_UNTOLD: sa.Select[Any] = untold(sa.select(sa.func.count()))
_RAISED = sa.select(col(Alert.colour), sa.func.count()).group_by(col(Alert.colour))


def _interviews_unrecorded(now: datetime) -> sa.Select[Any]:
    """How many interviews of an earlier day have no outcome."""
    today = start_of(local_day(now))
    return (
        sa.select(sa.func.count())
        .select_from(EscalationStep)
        .where(
            col(EscalationStep.state) == StepState.APPOINTED, col(EscalationStep.meets_at) < today
        )
    )


def looks(database: Database, clock: Clock, *, sends_mail: bool) -> list[Look]:
    """Returns the database queries of the metrics; `sends_mail` is whether a mail server is set.

    The query that reads every instrument and every alert runs less often than the others.
    """
    questions = _Questions(database, clock, sends_mail=sends_mail)
    return [
        Look("deliveries", questions.deliveries),
        Look("escalations", questions.escalations),
        Look("awaiting", questions.awaiting),
        Look("watches", questions.watches),
        Look("untold", questions.untold),
        Look("colours", questions.colours, SELDOM_SECONDS),
    ]


class _Questions:
    """The questions, asked of one database."""

    def __init__(self, database: Database, clock: Clock, *, sends_mail: bool) -> None:
        self._database, self._clock, self._sends_mail = database, clock, sends_mail

    async def deliveries(self) -> list[Reading]:
        rows, [(oldest,)] = await ask(self._database, _UNDELIVERED, _OLDEST)
        counts = {state.value: count for state, count in rows}
        unsendable = 0 if self._sends_mail else counts.get(NoticeState.PENDING.value, 0)
        return [
            *NOTICES.of(counts, (state.value for state in _UNDELIVERED_STATES)),
            NOTICES_UNSENDABLE.at(unsendable),
            NOTICE_AGE.at(age(self._clock.now(), oldest)),
        ]

    async def escalations(self) -> list[Reading]:
        [rows] = await ask(self._database, _OPEN_CASES)
        counts = {state.value: count for state, count in rows}
        return ESCALATIONS.of(counts, (state.value for state in _OPEN_STATES))

    async def awaiting(self) -> list[Reading]:
        unrecorded = _interviews_unrecorded(self._clock.now())
        queries = (_OPEN_CASES, _UNDELIVERED, unrecorded, _NOTES_REFUSED, _REFUSED, _UNTOLD)
        proposed = (_LADDERS_PROPOSED, _TEMPLATES_PROPOSED)
        open_cases, undelivered, *totals = await ask(self._database, *queries, *proposed)
        cases, notices = dict(open_cases), dict(undelivered)
        interviews, notes, mails, untold_reds, ladders, templates = (n for [(n,)] in totals)
        async with self._database.snapshot() as session:
            grades = await first_grades.standing(session, self._clock.today())
            papers = {one.paper: one.number for one in await waiting_papers(session)}
        circulars = papers.pop(Paper.TO_ISSUE, 0)
        counts = {
            Awaiting.STEP_PROPOSED: cases.get(EscalationState.PROPOSED, 0),
            Awaiting.INTERVIEW_UNRECORDED: interviews,
            Awaiting.INTERVIEW_NOTE_REFUSED: notes,
            Awaiting.STEPS_EXHAUSTED: cases.get(EscalationState.EXHAUSTED, 0),
            Awaiting.DELIVERY_FAILED: notices.get(NoticeState.FAILED, 0),
            Awaiting.DELIVERY_REFUSED: mails,
            Awaiting.NO_ADDRESS: notices.get(NoticeState.NO_ADDRESS, 0),
            Awaiting.EXPOSURE_LIST_WAITING: sum(papers.values()),
            Awaiting.CIRCULAR_DRAFTED: circulars,
            Awaiting.LADDER_PROPOSED: ladders,
            Awaiting.TEMPLATE_PROPOSED: templates,
            Awaiting.UNTOLD_RED: untold_reds,
            Awaiting.UNTOLD_GRADE: grades.grades,
        }
        return AWAITING_PERSON.of({kind.value: count for kind, count in counts.items()})

    async def untold(self) -> list[Reading]:
        async with self._database.snapshot() as session:
            found = await standing(session)
        days = found.days(self._clock.today())
        return [UNTOLD.at(timedelta(days=days).total_seconds())]

    async def watches(self) -> list[Reading]:
        [rows] = await ask(self._database, sa.select(col(Watch.watched_through)))
        today = self._clock.today()
        behind = [today - day if day else 2 * _DAY for (day,) in rows]
        longest = max([timedelta(0), *behind]).total_seconds()
        late_bureaus = sum(lag > _DAY for lag in behind)
        return [WATCH_BEHIND.at(longest), BUREAUS_BEHIND.at(late_bureaus)]

    async def colours(self) -> list[Reading]:
        colour = colour_in_sql(self._clock.today()).label("colour")
        by_colour = sa.select(colour, sa.func.count()).where(sa.text(ON_FILE)).group_by(colour)
        instruments, raised = await ask(self._database, by_colour, _RAISED)
        alerts = {colour.value: count for colour, count in raised}
        return [
            *INSTRUMENTS.of(dict(instruments), [colour.value for colour in Colour]),
            *ALERTS_RAISED.of(alerts, [colour.value for colour in LADDER]),
        ]
