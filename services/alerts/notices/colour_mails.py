"""The mails about colours: the daily digest of green, yellow and red, and the mail of a rejection.

A digest lists the instruments that reached a colour since the previous digest. A rejected
verification turns an instrument red and is mailed at once (S4 四(一)).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis, colour_on
from law.colours.rule import Colour
from law.reader.texts import spell_articles
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.database import unindexed
from services.alerts.applying import APPLIES
from services.alerts.certificates import NO_CERTIFICATE, certificates_of
from services.alerts.lateness import open_orders
from services.alerts.notices import english
from services.alerts.notices.issue import KEYS_PER_QUERY, contact_of, issue, known
from services.alerts.notices.owner_digests import OwnerDigest, issue_to_owners
from services.alerts.notices.texts import Contact, Line, Text, body, type_name
from services.alerts.tables import (
    Alert,
    AwaitedOrder,
    Instrument,
    Notice,
    NoticeKind,
    Subject,
)

COLOUR_ZH = {Colour.RED: "红色警示", Colour.YELLOW: "黄色预警", Colour.GREEN: "绿色提示"}
_RENEW = "请在有效期届满前向计量检定机构申请检定"
_STOP = "请立即停止使用，并向计量检定机构申请检定；检定合格前不得使用"
_WAIT = "请立即停止使用，检定合格前不得使用"
_NOT_APPLIED = "没有尚未办结的检定申请。"
_NOT_YET_APPLIED = "尚未申请检定。"
_INSTRUCTIONS = {
    Basis.REJECTED: "请立即停止使用；修理后重新申请检定，检定合格前不得使用",
    Basis.REPAIRED: "请停止使用，并申请检定；检定合格前不得使用",
    Basis.UNVERIFIED: "请停止使用，并向计量检定机构申请首次检定",
}

_ALERT: sa.Table = Alert.__table__  # type: ignore[attr-defined]
_COLUMNS = (
    "alert_id", "subject_id", "instrument_id", "type_code", "serial_no", "colour", "standing",
    "valid_until", "since",
)  # fmt: skip
_WITHOUT_NOTICE = (
    sa.select(*(_ALERT.c[name] for name in _COLUMNS))
    .join(Instrument, col(Instrument.instrument_id) == _ALERT.c.instrument_id)
    .where(
        _ALERT.c.bureau == sa.bindparam("bureau"),
        _ALERT.c.notice_id.is_(None),
        _ALERT.c.alert_id < sa.bindparam("first"),
        APPLIES,
    )
)
_SET_NOTICE = (
    sa.update(_ALERT)
    .where(_ALERT.c.alert_id == sa.bindparam("id"))
    .values(notice_id=sa.bindparam("notice"))
)
# Alerts of a bureau are raised by transactions that take turns, so from `first` on they are fresh.
# Those of a subject are named by its digest, whose row this transaction has written.
_SET_NOTICE_OF_FRESH = (
    sa.update(_ALERT)
    .where(
        col(Notice.notice_id).in_(sa.bindparam("notices", expanding=True)),
        col(Notice.subject_id) == _ALERT.c.subject_id,
        _ALERT.c.alert_id >= sa.bindparam("first"),
        unindexed(_ALERT.c.bureau) == sa.bindparam("of_bureau"),
        _ALERT.c.notice_id.is_(None),
    )
    .values(notice_id=col(Notice.notice_id))
)
_LAST_OF_ALL = 2**63 - 1
_BY_INSTRUMENT = attrgetter("instrument_id")


async def issue_digests(
    change: Change,
    bureau: str,
    on: date,
    fresh: Sequence[sa.Row[Any]],
    *,
    only: Collection[str] | None = None,
) -> list[Notice]:
    """Issues one digest to each subject of a bureau that has alerts without a notice.

    `fresh` are the alerts that this change has raised, without those of a baseline. The digest is
    dated `on`; a subject gets at most one for each day, or for each week if it prefers that and has
    no red alert. `only` limits them to the subjects with these ids. Returns the notices issued.
    """
    session = change.session
    first = min((alert.alert_id for alert in fresh), default=_LAST_OF_ALL)
    alerts_of = await _alerts_without_notice(session, bureau, first, fresh)
    if only is not None:
        alerts_of = [(owner, alerts) for owner, alerts in alerts_of if owner.subject_id in only]
    contact = await contact_of(session, bureau)
    orders = await open_orders(session, {a.instrument_id for _, own in alerts_of for a in own})
    digests = [_digest_of(owner, on, alerts, orders, contact) for owner, alerts in alerts_of]
    issued = await issue_to_owners(change, NoticeKind.DIGEST, bureau, on, digests)
    told = {notice.subject_id: notice.notice_id for notice in issued}
    named = [
        {"id": alert.alert_id, "notice": told[owner.subject_id]}
        for owner, alerts in alerts_of
        for alert in alerts
        if alert.alert_id < first and owner.subject_id in told
    ]
    await _name(session, named, bureau, first, issued)
    return issued


def _digest_of(
    subject: Subject,
    on: date,
    alerts: Sequence[sa.Row[Any]],
    orders: Mapping[str, AwaitedOrder],
    contact: Contact,
) -> OwnerDigest:
    lines = [_line(a, orders.get(a.instrument_id)) for a in _most_severe(alerts)]
    facts = (subject.name, on, lines, contact)
    red = any(alert.colour is Colour.RED for alert in alerts)
    in_english = partial(english.digest, *facts)
    return OwnerDigest(subject, partial(digest, *facts), in_english, urgent=red)


async def _name(
    session: AsyncSession,
    named: Sequence[dict[str, Any]],
    bureau: str,
    first: int,
    issued: Sequence[Notice],
) -> None:
    """Stores which notice names an alert: one by one, all fresh ones of many subjects at once."""
    await session.flush()  # the statement reads the notices
    connection = await session.connection()
    if named:
        await connection.execute(_SET_NOTICE, named)
    if first == _LAST_OF_ALL:
        return
    for told in chunks(issued, KEYS_PER_QUERY):
        notices = [notice.notice_id for notice in told]
        asked = {"notices": notices, "first": first, "of_bureau": bureau}
        await connection.execute(_SET_NOTICE_OF_FRESH, asked)


async def _alerts_without_notice(
    session: AsyncSession, bureau: str, first: int, fresh: Sequence[sa.Row[Any]]
) -> list[tuple[Subject, Sequence[sa.Row[Any]]]]:
    """Alerts that no notice names, by owner; an owner not known here yet waits for another day.

    Only those before `first` are read: whether they still apply is to be seen, and fresh ones do.
    """
    connection = await session.connection()
    asked = {"bureau": bureau, "first": first}
    earlier = (await connection.execute(_WITHOUT_NOTICE, asked)).all()
    by_owner = defaultdict[str, list[sa.Row[Any]]](list)
    for alert in (*earlier, *fresh):
        by_owner[alert.subject_id].append(alert)
    return [(s, by_owner[s.subject_id]) for s in await _subjects(session, [*by_owner])]


async def _subjects(session: AsyncSession, subject_ids: Sequence[str]) -> list[Subject]:
    subjects: list[Subject] = []
    for chunk in chunks(subject_ids, KEYS_PER_QUERY):
        query = select(Subject).where(col(Subject.subject_id).in_(chunk))
        subjects += (await session.exec(query)).all()
    return subjects


def _most_severe(alerts: Iterable[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """The most severe alert of each instrument, in the order of instruments."""
    worst = dict[str, sa.Row[Any]]()
    for alert in alerts:
        other = worst.setdefault(alert.instrument_id, alert)
        if alert.colour.severity > other.colour.severity:
            worst[alert.instrument_id] = alert
    return sorted(worst.values(), key=_BY_INSTRUMENT)


async def issue_rejected(change: Change, alert: sa.Row[Any]) -> None:
    """Issues the mail that a rejection turned an instrument red, without waiting for the digest."""
    subject = await known(change.session, Subject, alert.subject_id)
    contact = await contact_of(change.session, alert.bureau)
    found = await certificates_of(change.session, [alert.alert_id])
    line = replace(_line(alert), certificate=found.get(alert.alert_id, NO_CERTIFICATE))
    facts = (subject.name, change.today, line, contact)
    # An alert that is raised anew keeps its id.
    key, text = f"rejected/{alert.alert_id}/{change.at.isoformat()}", rejected(*facts)
    in_english = partial(english.rejected, *facts)
    notice = await issue(
        change, NoticeKind.REJECTED, key, subject, alert.bureau, text, in_english=in_english
    )
    if notice is not None:
        named = {"id": alert.alert_id, "notice": notice.notice_id}
        await (await change.session.connection()).execute(_SET_NOTICE, named)


def _line(alert: sa.Row[Any], order: AwaitedOrder | None = None) -> Line:
    facts = (alert.type_code, alert.serial_no, alert.colour, alert.standing, alert.valid_until)
    return Line(*facts, since=alert.since, order=order)


def digest(name: str, on: date, lines: Sequence[Line], bureau: Contact) -> Text:
    """Returns the text of the digest to the subject `name`, the most severe colour first."""
    ordered = sorted(lines, key=lambda line: (-line.colour.severity, line.valid_until or date.min))
    counts = "、".join(
        f"{zh} {sum(line.colour is colour for line in lines)} 台"
        for colour, zh in COLOUR_ZH.items()
        if any(line.colour is colour for line in lines)
    )
    told = [_sentence(line, on) + applied(line, on) for line in ordered]
    numbered = [f"{number}. {one}" for number, one in enumerate(told, 1)]
    opening = f"{name}：\n截至 {on}，贵单位在用计量器具的检定状态有下列变化：{counts}。"
    return Text(
        f"计量器具检定预警（{on}）：{counts}",
        body(opening, *numbered, f"如有疑问，请联系{bureau}。"),
    )


def rejected(name: str, on: date, line: Line, bureau: Contact) -> Text:
    """Returns the text of the mail to the subject `name` about its rejected instrument."""
    by, number = line.certificate.institution, line.certificate.number
    which = [f"{line.since} 检定"] if line.since else []
    which += [f"结果通知书 {number}" if number else by] if number or by else []
    facts = (("检定日期", line.since), ("检定结果通知书", number), ("检定机构", by))
    instrument = f"{type_name(line.type_code)} {line.serial_no}"
    return Text(
        f"计量器具检定不合格：{instrument}" + (f"（{'，'.join(which)}）" if which else ""),
        body(
            f"{name}：\n贵单位下列在用计量器具经检定不合格，已列为红色警示：",
            _sentence(line, on),
            *(f"{label}：{value}。" for label, value in facts if value),
            f"如有疑问，请联系{bureau}。",
        ),
    )


def _sentence(line: Line, on: date) -> str:
    """The colour of one instrument, why, by which article, and what its user must do."""
    answer = colour_on(line.basis, line.valid_until, on)
    until = f"；有效期至 {line.valid_until}" if line.valid_until else ""
    return (
        f"【{COLOUR_ZH[line.colour]}】{type_name(line.type_code)}，"
        f"出厂编号 {line.serial_no}{until}。"
        f"{answer.reason}（{spell_articles(answer.cite)}）。{_instruction(line)}"
    )


def applied(line: Line, on: date) -> str:
    """Returns the sentence that tells who is to act now: what was applied for, or that nothing was.

    Empty where a green instrument has no application yet.
    """
    order = line.order
    if order is None or order.due_on is None:
        return {Colour.RED: _NOT_APPLIED, Colour.YELLOW: _NOT_YET_APPLIED}.get(line.colour, "")
    over = "，期限已过" if on > order.due_on else ""
    made = f"{order.applied_on} 已向{order.institution}申请检定"
    return f"{made}，该机构应于 {order.due_on} 前办理{over}。"


def _instruction(line: Line) -> str:
    """What its user must do; one that has applied already is not asked to apply."""
    if line.order is not None:
        return f"{_WAIT}。" if line.colour is Colour.RED else ""
    by_date = _STOP if line.colour is Colour.RED else _RENEW
    return f"{_INSTRUCTIONS.get(line.basis, by_date)}。"
