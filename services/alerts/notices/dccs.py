"""Certificates of calibration that wait for a confirmation: told once to who confirms them.

That is the institution that sent one, or the bureau. What was confirmed or set aside before the
watch of the day is not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.listing import first_ones
from services.alerts.notices.tables import KnownDcc
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.tables import Bureau, Institution, Notice, NoticeKind

NAMED = 100  # in one mail; the list of certificates has the others
_ABOUT = Matter("dccs")
_OF_EVENT = ("dcc_id", "institution", "bureau", "certificate_no", "laboratory", "version")


async def dcc_changed(change: Change, received: Received[registry.DccChanged]) -> None:
    """Keeps whether a certificate waits, unless a newer version is known."""
    event = received.message
    row = await change.session.get(KnownDcc, event.dcc_id, with_for_update=True)
    if row is None or event.version > row.version:
        fields = {name: getattr(event, name) for name in _OF_EVENT}
        await change.session.merge(KnownDcc(**fields, untold=event.state == "waiting"))


async def issue_dccs(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues one mail to the bureau, and to each institution that it keeps, of what waits."""
    notices = list[Notice]()
    office = await change.session.get(Bureau, bureau)
    own = col(KnownDcc.bureau) == bureau, col(KnownDcc.institution) == ""
    if office is not None and (rows := await _untold(change, *own)):
        kind, key = NoticeKind.CALIBRATION, f"dccs/{bureau}/{on}"
        text = _to_bureau(on, rows)
        notices += _told(await issue(change, kind, key, office, bureau, text, _ABOUT), rows)
    kept = select(Institution.name).where(Institution.bureau == bureau)
    sent = defaultdict[str, list[KnownDcc]](list)
    for row in await _untold(change, col(KnownDcc.institution).in_(kept)):
        sent[row.institution].append(row)
    named = select(Institution).where(col(Institution.name).in_([*sent]))
    for one in (await change.session.exec(named.order_by(col(Institution.name)))).all():
        key, texts = (
            f"dccs/{one.institution_id}/{on}",
            _to_institution(one.name, on, sent[one.name]),
        )
        notice = await issue_to_institution(change, key, one, texts, _ABOUT)
        notices += _told(notice, sent[one.name])
    return notices


async def _untold(change: Change, *which: sa.ColumnElement[bool]) -> Sequence[KnownDcc]:
    rows = select(KnownDcc).where(sa.text("untold"), *which).order_by(col(KnownDcc.dcc_id))
    found = (await change.session.exec(rows.with_for_update())).all()
    return sorted(found, key=lambda row: row.certificate_no)


def _told(notice: Notice | None, rows: Sequence[KnownDcc]) -> list[Notice]:
    if notice is None:
        return []
    for row in rows:
        row.untold = False
    return [notice]


def _to_bureau(on: date, rows: Sequence[KnownDcc]) -> Text:
    return Text(
        f"待确认的校准证书：{len(rows)} 份（{on}）",
        body("下列校准证书等待确认是哪件器具：", *_listed(rows), "确认以前不作为校准记录。"),
    )


def _to_institution(name: str, on: date, rows: Sequence[KnownDcc]) -> InBoth:
    zh = Text(
        f"待确认的校准证书：{len(rows)} 份（{on}）",
        body(
            f"{name}：\n贵机构上传的下列校准证书等待确认是哪件器具：",
            *_listed(rows),
            "确认以前不作为校准记录。",
        ),
    )
    en = Text(
        f"Certificates of calibration to be confirmed: {len(rows)} ({on})",
        body(
            f"{name}:\nSomebody is to confirm which instruments these certificates are about:",
            *_listed_en(rows),
            "They are no calibrations on file before that.",
        ),
    )
    return zh, en


def _listed(rows: Sequence[KnownDcc]) -> list[str]:
    return first_ones(rows, NAMED, _called, "另有 {n} 份，见平台。")


def _called(one: KnownDcc) -> str:
    return f"{one.certificate_no or '编号未写明'}，{one.laboratory or '实验室未写明'}"


def _listed_en(rows: Sequence[KnownDcc]) -> list[str]:
    return first_ones(rows, NAMED, _called_en, "And {n} more on the platform.")


def _called_en(one: KnownDcc) -> str:
    return f"{one.certificate_no or 'no number'}, {one.laboratory or 'no laboratory'}"
