"""Digests to the subjects of a bureau: at most one of a kind to each for a day.

A subject gets it in its rhythm, in its language, on its way, and in the words of its bureau.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from plumbing.change import Change
from services.alerts.notices.issue import (
    NOTHING,
    Matter,
    announce,
    contact_of,
    existing_keys,
    follow_wish,
    new_notice,
    put_into,
)
from services.alerts.notices.preferences import USUAL, is_due, preferences_of, weekdays_due
from services.alerts.notices.texts import Text
from services.alerts.tables import Notice, NoticeKind, Subject
from services.alerts.templates.own import put_words, template_of

# Writing texts takes time, and a database ends a transaction that is silent for long.
WRITTEN_AT_ONCE = 200


@dataclass(frozen=True)
class OwnerDigest:
    """What a subject is told in one notice, written once it is due.

    `urgent` does not wait for the day of a weekly digest.
    """

    subject: Subject
    in_chinese: Callable[[], Text]
    in_english: Callable[[], Text]
    matter: Matter = NOTHING
    urgent: bool = False


async def issue_to_owners(
    change: Change, kind: NoticeKind, bureau: str, on: date, digests: Sequence[OwnerDigest]
) -> list[Notice]:
    """Issues the digests of a kind that are due on a day; returns their notices.

    Those of subjects that had one for this day already, or want theirs on another day of the week,
    are left out: what they tell is told another day. A day of the week that the watch missed is
    made up for.
    """
    if not digests:
        return []
    session, issued = change.session, list[Notice]()
    office = await contact_of(session, bureau)
    template = await template_of(session, bureau, kind)
    had = await existing_keys(session, [_key(kind, one.subject, on) for one in digests])
    weekdays = await weekdays_due(session, bureau, on)
    wishes = await preferences_of(session, [one.subject.subject_id for one in digests])
    for one in digests:
        subject, wish = one.subject, wishes.get(one.subject.subject_id, USUAL)
        key = _key(kind, subject, on)
        if key in had or not is_due(wish, weekdays, urgent=one.urgent):
            continue
        notice = new_notice(change, kind, key, subject, bureau, one.in_chinese(), one.matter)
        put_into(notice, wish.language, one.in_english)
        await follow_wish(session, notice, wish, subject.subject_id)
        put_words(notice, template, subject.name, office.name, on)
        session.add(notice)
        issued.append(notice)
        if len(issued) % WRITTEN_AT_ONCE == 0:
            await session.flush()
    await announce(change, f"watch/{bureau}", issued)
    return issued


def _key(kind: NoticeKind, subject: Subject, on: date) -> str:
    return f"{kind}/{subject.subject_id}/{on}"
