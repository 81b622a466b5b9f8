"""Quiet hours: a mail waits until they end, but not past a day whose terms it may name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from law.periods import SHANGHAI
from services.alerts.languages import Language
from services.alerts.notices.preferences import is_mailed
from services.alerts.notices.quiet_hours import waits
from services.alerts.tables import DigestPreference, Notice, NoticeKind, NoticeState, Rhythm


def notice(kind: NoticeKind, subject_id: str = "s1") -> Notice:
    return Notice(
        notice_id="n1",
        key="n1",
        kind=kind,
        subject_id=subject_id,
        bureau="330106",
        address="unit@test.example",
        title="标题",
        body="正文",
        state=NoticeState.PENDING,
        created_at=datetime(2026, 9, 14, tzinfo=SHANGHAI),
    )


def wish(first: str = "22:00", last: str = "07:00", **fields: Any) -> DigestPreference:
    return DigestPreference(
        subject_id="s1",
        rhythm=Rhythm.DAILY,
        mailed=True,
        language=Language.CHINESE,
        quiet_from=first,
        quiet_until=last,
        **fields,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-09-14T{text}+08:00")


@pytest.mark.parametrize(
    ("kind", "moment", "hours"),
    [
        (NoticeKind.DIGEST, "21:59", None),
        (NoticeKind.DIGEST, "22:00", 9),
        (NoticeKind.DIGEST, "00:05", 6 + 55 / 60),
        (NoticeKind.DIGEST, "07:00", None),
        (NoticeKind.TERM, "22:30", None),  # its term may end at midnight
        (NoticeKind.TERM, "01:00", 6),  # the terms of the day end at its end
        (NoticeKind.LETTER, "23:00", None),
        (NoticeKind.ORDER, "23:00", None),  # the verification may be tomorrow
        (NoticeKind.ORDER, "01:00", 6),
        (NoticeKind.ACCOUNT, "01:00", None),
    ],
)
def test_a_mail_waits_for_the_end_of_the_quiet_hours(
    kind: NoticeKind, moment: str, hours: float | None
) -> None:
    expected = None if hours is None else timedelta(hours=hours)
    assert waits(notice(kind), wish(), at(moment)) == expected


@pytest.mark.parametrize(
    ("kind", "moment", "hours"),
    [
        (NoticeKind.FILING, "23:00", 8),
        (NoticeKind.BATCH, "01:00", None),  # it may wait for approval
        (NoticeKind.TERM, "01:00", None),
        (NoticeKind.INSTITUTION, "01:00", None),  # it tells what is overdue
        (NoticeKind.APPROVALS, "01:00", None),
        (NoticeKind.CASE, "23:00", None),
    ],
)
def test_a_bureau_is_told_of_terms_whatever_the_hour(
    kind: NoticeKind, moment: str, hours: float | None
) -> None:
    expected = None if hours is None else timedelta(hours=hours)
    assert waits(notice(kind, subject_id=""), wish(), at(moment)) == expected


def test_quiet_hours_of_a_day_end_on_it_and_none_are_none() -> None:
    assert waits(notice(NoticeKind.TERM), wish("12:00", "14:00"), at("13:00")) == timedelta(hours=1)
    assert waits(notice(NoticeKind.DIGEST), wish("", ""), at("01:00")) is None
    utc = datetime.fromisoformat("2026-09-13T17:00:00+00:00")  # one in the morning of Shanghai
    assert waits(notice(NoticeKind.DIGEST), wish(), utc) == timedelta(hours=6)


def test_only_what_need_not_be_mailed_is_kept_from_the_mail() -> None:
    one = wish(portal_only=["order"], by_webhook=["digest"])
    assert not is_mailed(one, NoticeKind.ORDER, by_webhook=False)
    assert is_mailed(one, NoticeKind.DIGEST, by_webhook=False)
    assert not is_mailed(one, NoticeKind.DIGEST, by_webhook=True)
    assert is_mailed(one, NoticeKind.LETTER, by_webhook=True)
