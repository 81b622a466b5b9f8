"""How subjects, institutions and bureaus want their notices: when, by which way, in which language.

Only digests, and what happens to orders, results, calibrations and filings, can be kept from the
mail: they then stand among the messages. An institution can keep what is due from it from the mail.
All other notices are mailed, whatever anybody prefers. A bureau may have its notices without a
term in one mail a week (`bureau_weeks`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.identity import Role
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.languages import Language
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.owners import BUREAU, audited, key_of_caller, require_key
from services.alerts.tables import DigestPreference, MobileNumber, NoticeKind, Rhythm, Watch

IDS_PER_QUERY = 1000
OF_LISTS = ("portal_only", "by_webhook", "by_sms")
# The kinds of which a subject or an institution chooses the way; all others are mailed.
OF_INSTITUTIONS = frozenset({NoticeKind.INSTITUTION})
OF_SUBJECTS = frozenset(
    {
        NoticeKind.DIGEST,
        NoticeKind.ORDER,
        NoticeKind.RESULT,
        NoticeKind.CALIBRATION,
        NoticeKind.FILING,
    }
)
CHOSEN = OF_SUBJECTS | OF_INSTITUTIONS
# What a bureau is told that has no term, and may be told once a week.
WEEKLY_OF_BUREAUS = frozenset(
    {NoticeKind.FILING, NoticeKind.UPKEEP, NoticeKind.CALIBRATION, NoticeKind.SUBJECT}
)
USUAL = DigestPreference(subject_id="", rhythm=Rhythm.DAILY, mailed=True, language=Language.CHINESE)
USUAL_OF_INSTITUTION = DigestPreference(
    subject_id="", rhythm=Rhythm.DAILY, mailed=True, language=Language.BOTH
)


async def get_digest_preference(
    view: View, _request: pb.GetDigestPreferenceRequest
) -> pb.GetDigestPreferenceResponse:
    """Returns how the caller's subject, institution or bureau wants its notices."""
    key = await key_of_caller(view)
    of_subject = view.caller.has(Role.OPERATOR)
    row = await preference_of(view.session, key or ("" if of_subject else INSTITUTION))
    return pb.GetDigestPreferenceResponse(
        rhythm=row.rhythm,
        mailed=mails_digests(row),
        language=row.language,
        weekday=row.weekday + 1,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        portal_only=row.portal_only or [],
        by_webhook=row.by_webhook or [],
        by_sms=row.by_sms or [],
        sms_also=row.sms_also,
    )


async def set_digest_preference(
    change: Change, request: pb.SetDigestPreferenceRequest
) -> pb.SetDigestPreferenceResponse:
    """Sets how the caller's subject, institution or bureau wants its notices.

    Raises InvalidInput for quiet hours with one end, or whose ends are the same moment, for kinds
    that never come to this owner, and for text messages without a number that was confirmed; and
    the errors of `require_key`.
    """
    _require_hours(request)
    own = await require_key(change)
    _require_kinds(request, _ways_of(own))
    await _require_number(change, request, own)
    after: dict[str, Any] = {
        "rhythm": Rhythm(request.rhythm),
        # A bureau chooses no way, and its mail of the week is a digest.
        "mailed": request.mailed or own.startswith(BUREAU),
        "language": Language(request.language or Language.CHINESE),
        "weekday": max(request.weekday - 1, 0),
        "quiet_from": request.quiet_from,
        "quiet_until": request.quiet_until,
        **{name: [*getattr(request, name)] for name in OF_LISTS},
        "sms_also": request.sms_also,
    }
    await change.session.merge(DigestPreference(subject_id=own, **after))
    change.audit("set_digest_preference", audited(own), after=after)
    return pb.SetDigestPreferenceResponse(**{**after, "weekday": after["weekday"] + 1})


def _ways_of(key: str) -> frozenset[NoticeKind]:
    """The kinds of which an owner chooses the way; a bureau chooses none."""
    if key.startswith(BUREAU):
        return frozenset()
    return OF_INSTITUTIONS if key.startswith(INSTITUTION) else OF_SUBJECTS


def _require_hours(request: pb.SetDigestPreferenceRequest) -> None:
    if bool(request.quiet_from) != bool(request.quiet_until):
        field = "quiet_until" if request.quiet_from else "quiet_from"
        raise InvalidInput(faults=[Fault(field, "起止时间都要填写", "Both ends are needed")])
    if request.quiet_from and request.quiet_from == request.quiet_until:
        zh, en = "不能与开始时间相同", "must not be the moment at which they begin"
        raise InvalidInput(faults=[Fault("quiet_until", zh, en)])


def _require_kinds(request: pb.SetDigestPreferenceRequest, possible: frozenset[NoticeKind]) -> None:
    faults = [
        Fault(f"{name}[{place}]", "不会收到这一种", "never comes to this owner")
        for name in OF_LISTS
        for place, kind in enumerate(getattr(request, name))
        if kind not in possible
    ]
    if faults:
        raise InvalidInput(faults=faults)


async def _require_number(change: Change, request: pb.SetDigestPreferenceRequest, own: str) -> None:
    if not request.by_sms and not request.sms_also:
        return
    row = await change.session.get(MobileNumber, own)
    if row is None or not row.number:
        field = "by_sms" if request.by_sms else "sms_also"
        zh, en = "请先确认接收短信的手机号码", "Confirm a mobile number first"
        raise InvalidInput(faults=[Fault(field, zh, en)])


async def preference_of(session: AsyncSession, key: str) -> DigestPreference:
    """Returns how a subject, an institution or a bureau wants its notices."""
    row = await session.get(DigestPreference, key) if key else None
    return row or (USUAL_OF_INSTITUTION if key.startswith(INSTITUTION) else USUAL)


def mails_digests(wish: DigestPreference) -> bool:
    """Returns whether digests are mailed. Those of a bureau are, whatever it once could store."""
    return wish.mailed or wish.subject_id.startswith(BUREAU)


def is_mailed(
    wish: DigestPreference, kind: NoticeKind, *, by_webhook: bool, by_sms: bool = False
) -> bool:
    """Returns whether a notice of a kind is mailed.

    `by_webhook` is whether a webhook takes it, `by_sms` whether a text message can go out.
    """
    if kind is NoticeKind.DIGEST and not mails_digests(wish):
        return False
    if kind in (wish.portal_only or ()):
        return False
    if by_sms and kind in (wish.by_sms or ()):
        return False
    return not (by_webhook and kind in (wish.by_webhook or ()))


def waits_for_week(wish: DigestPreference, kind: NoticeKind) -> bool:
    """Returns whether a bureau's notice of a kind goes into its mail of the week."""
    return (
        wish.subject_id.startswith(BUREAU)
        and wish.rhythm is Rhythm.WEEKLY
        and kind in WEEKLY_OF_BUREAUS
    )


async def preferences_of(
    session: AsyncSession, keys: Sequence[str]
) -> Mapping[str, DigestPreference]:
    """Returns the preferences of those subjects and institutions that have set any, by key."""
    found: dict[str, DigestPreference] = {}
    for ids in chunks(keys, IDS_PER_QUERY):
        query = select(DigestPreference).where(col(DigestPreference.subject_id).in_(ids))
        found |= {row.subject_id: row for row in await session.exec(query)}
    return found


async def weekdays_due(session: AsyncSession, bureau: str, on: date) -> Mapping[int, date]:
    """Returns the days of the week whose weekly digests are due on a day, from 0 for Monday.

    Besides the day itself they are those that the watch of the bureau has missed since it last
    issued digests. Each comes with its earliest day that was missed.
    """
    watch = await session.get(Watch, bureau)
    told = watch.told_through if watch else None
    missed = (on - told).days if told else 1
    days = (on - timedelta(days=ago) for ago in range(max(missed, 1)))
    return {day.weekday(): day for day in days}


def is_due(preference: DigestPreference, weekdays: Collection[int], *, urgent: bool) -> bool:
    """Returns whether a digest is due; one that is `urgent` waits for no day of a week.

    `weekdays` are the days of the week that are due (`weekdays_due`).
    """
    return urgent or preference.rhythm is Rhythm.DAILY or preference.weekday in weekdays
