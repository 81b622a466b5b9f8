"""The mail of the week to a bureau that wants one: what it was told on the platform meanwhile.

It names the notices that have no term (`preferences.WEEKLY_OF_BUREAUS`) since the mail before, or
of the past week. Terms of law and what is overdue are mailed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from sqlmodel import col, select

from plumbing.change import Change
from plumbing.clock import midnight
from services.alerts.notices import texts
from services.alerts.notices.issue import issue
from services.alerts.notices.listing import first_ones
from services.alerts.notices.preferences import WEEKLY_OF_BUREAUS, preference_of, weekdays_due
from services.alerts.notices.texts import Text
from services.alerts.owners import BUREAU, TO_BUREAU
from services.alerts.tables import Bureau, Notice, NoticeKind, NoticeState, Rhythm

NAMED = 200  # in one mail; the platform has the others
_WEEK = timedelta(days=7)
_KEY = "bureau-week/"


async def issue_bureau_week(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the mail of the week to a bureau on its day; returns it in a list, or none.

    If the watch missed that day, the mail comes with the next watch.
    """
    wish = await preference_of(change.session, f"{BUREAU}{bureau}")
    office = await change.session.get(Bureau, bureau)
    days = await weekdays_due(change.session, bureau, on)
    if wish.rhythm is not Rhythm.WEEKLY:  # it chose weekly before: what still waits is mailed now
        since = min(days.values())
    elif wish.weekday in days:
        since = days[wish.weekday]
    else:
        return []
    told = await _told(change, bureau, since - _WEEK) if office else []
    if office is None or not told:
        return []
    zh, in_english = _text(told, on), partial(_in_english, told, on)
    key = f"{_KEY}{bureau}/{on}"
    notice = await issue(change, NoticeKind.DIGEST, key, office, bureau, zh, in_english=in_english)
    return [notice] if notice else []


async def _told(change: Change, bureau: str, since: date) -> Sequence[Notice]:
    """The notices of a bureau that waited for this mail, the oldest first.

    Those from `since` on, if there was no such mail before.
    """
    earlier = select(Notice.created_at).where(col(Notice.key).startswith(f"{_KEY}{bureau}/"))
    last = await change.session.exec(earlier.order_by(col(Notice.created_at).desc()).limit(1))
    after = last.first() or midnight(since)
    waiting = select(Notice).where(
        TO_BUREAU,
        col(Notice.bureau) == bureau,
        col(Notice.state) == NoticeState.INBOX,
        col(Notice.kind).in_(WEEKLY_OF_BUREAUS),
        col(Notice.created_at) > after,
        col(Notice.created_at) <= change.at,
    )
    in_order = waiting.order_by(col(Notice.created_at), col(Notice.notice_id))
    return (await change.session.exec(in_order)).all()


def _text(told: Sequence[Notice], on: date) -> Text:
    lines = first_ones(told, NAMED, lambda one: one.title, "另有 {n} 条，见平台。")
    opening = "以下通知已在平台的“消息”里，没有逐条发邮件："
    return Text(f"本周通知：{len(told)} 条（{on}）", texts.body(opening, *lines))


def _in_english(told: Sequence[Notice], on: date) -> Text:
    rest = "And {n} more on the platform."
    lines = first_ones(told, NAMED, lambda one: one.title_en or one.title, rest)
    opening = "These notices are among the messages on the platform and were not mailed one by one:"
    return Text(f"Notices of the week: {len(told)} ({on})", texts.body(opening, *lines))
