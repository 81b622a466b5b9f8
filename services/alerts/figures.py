"""The figures of alerts: colours, alerts raised, the watch, and how deliveries stand."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from law.colours.basis import LADDER
from law.colours.rule import Colour
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.metrics.figures import (
    SELDOM_SECONDS,
    Look,
    Reading,
    age,
    ask,
    figure,
    tally,
)
from services.alerts.queries import ON_FILE, colour_on
from services.alerts.tables import (
    Alert,
    Escalation,
    EscalationState,
    Notice,
    NoticeState,
    Watch,
)

_DAY = timedelta(days=1)
_UNDER_WAY = tuple(state for state in EscalationState if state is not EscalationState.CLOSED)
_UNFINISHED = (NoticeState.PENDING, NoticeState.FAILED, NoticeState.NO_ADDRESS)

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
NOTICE_AGE = figure(
    "notice_oldest_pending_seconds",
    "最早一份待投递通知已等待的秒数",
    "age in seconds of the oldest notice waiting for delivery, 0 without one",
)
ESCALATIONS = figure(
    "escalations_open",
    "未了结的递进处置，按状态（proposed 待批准，appointed 已约谈待记录）",
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


_UNDELIVERED = (
    sa.select(col(Notice.state), sa.func.count())
    .where(col(Notice.state).in_(_UNFINISHED))
    .group_by(col(Notice.state))
)
_OLDEST = sa.select(sa.func.min(col(Notice.created_at))).where(
    col(Notice.state) == NoticeState.PENDING
)
_ESCALATED = (
    sa.select(col(Escalation.state), sa.func.count())
    .where(col(Escalation.closed_at).is_(None))
    .group_by(col(Escalation.state))
)
_RAISED = sa.select(col(Alert.colour), sa.func.count()).group_by(col(Alert.colour))


def looks(database: Database, clock: Clock) -> list[Look]:
    """The questions of alerts; those about every instrument and alert are asked seldom."""

    async def deliveries() -> list[Reading]:
        counted, [(oldest,)] = await ask(database, _UNDELIVERED, _OLDEST)
        counts = {state.value: count for state, count in counted}
        waited = NOTICE_AGE.at(age(clock.now(), oldest))
        return [*NOTICES.of(counts, (state.value for state in _UNFINISHED)), waited]

    async def escalations() -> list[Reading]:
        [counted] = await ask(database, _ESCALATED)
        counts = {state.value: count for state, count in counted}
        return ESCALATIONS.of(counts, (state.value for state in _UNDER_WAY))

    async def watches() -> list[Reading]:
        [days] = await ask(database, sa.select(col(Watch.watched_through)))
        today = clock.today()
        behind = [today - day if day else 2 * _DAY for (day,) in days]
        longest = max([timedelta(0), *behind]).total_seconds()
        lagging = sum(since > _DAY for since in behind)
        return [WATCH_BEHIND.at(longest), BUREAUS_BEHIND.at(lagging)]

    async def colours() -> list[Reading]:
        colour = colour_on(clock.today()).label("colour")
        standing = sa.select(colour, sa.func.count()).where(ON_FILE).group_by(colour)
        stand, raised = await ask(database, standing, _RAISED)
        rungs = {colour.value: count for colour, count in raised}
        return [
            *INSTRUMENTS.of(dict(stand), [colour.value for colour in Colour]),
            *ALERTS_RAISED.of(rungs, [colour.value for colour in LADDER]),
        ]

    return [
        Look("deliveries", deliveries),
        Look("escalations", escalations),
        Look("watches", watches),
        Look("colours", colours, SELDOM_SECONDS),
    ]
