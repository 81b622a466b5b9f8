"""Cases that came in: told to the bureau once a day, before anybody has accepted them.

Each is kept when it is lodged. The first watch of a day names those of which no digest told, and
that nobody accepted, declined or withdrew meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import objection_pb2
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import Text, body
from services.alerts.tables import UNTOLD, Arrival, Bureau, Notice, NoticeKind, Subject

_NAMED = 100  # in one digest; the list of cases has the others
KINDS = {"objection": "异议", "reconsideration": "复核", "repair": "信用修复"}


async def keep(change: Change, case: objection_pb2.Case) -> None:
    """Keeps a lodged case, of which its bureau is to be told, unless it is kept already."""
    if await change.session.get(Arrival, case.case_id) is not None:
        return
    row = Arrival(
        case_id=case.case_id,
        bureau=case.bureau,
        kind=case.kind,
        number=case.number,
        subject_id=case.subject_id,
        decide_by=case.accept_by or case.term.target_on,
        at=change.at,
    )
    change.session.add(row)


async def no_longer_new(change: Change, received: Received[Any]) -> None:
    """Forgets a case that was accepted, declined or withdrawn before a digest told of it."""
    case_id = received.message.case.case_id
    of_case = sa.delete(Arrival).where(col(Arrival.case_id) == case_id, sa.text(UNTOLD))
    await (await change.session.connection()).execute(of_case)


async def issue_arrivals(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the digest of the cases that came in; returns the notice in a list, or none."""
    office = await change.session.get(Bureau, bureau)
    untold = (
        select(Arrival, Subject.name)
        .join(Subject, col(Subject.subject_id) == col(Arrival.subject_id), isouter=True)
        .where(sa.text(f"arrival.{UNTOLD}"), col(Arrival.bureau) == bureau)
        .order_by(col(Arrival.decide_by), col(Arrival.number))
    )
    rows = (await change.session.exec(untold)).all()
    if office is None or not rows:
        return []
    text = _digest(on, [(row, name or "") for row, name in rows])
    key = f"arrivals/{bureau}/{on}"
    notice = await issue(change, NoticeKind.CASE, key, office, bureau, text)
    if notice is None:
        return []
    for row, _ in rows:
        row.notice_id = notice.notice_id
    return [notice]


def _digest(on: date, rows: Sequence[tuple[Arrival, str]]) -> Text:
    lines = [
        f"{place}. {KINDS.get(row.kind, row.kind)} {row.number}，{name}，"
        + ("请不晚于" if row.kind != "repair" else "办理期限至")
        + row.decide_by
        + ("决定是否受理" if row.kind != "repair" else "")
        for place, (row, name) in enumerate(rows[:_NAMED], 1)
    ]
    if len(rows) > _NAMED:
        lines.append(f"另有 {len(rows) - _NAMED} 件，见平台案件列表。")
    opening = f"截至{on}，下列 {len(rows)} 件申请尚未决定是否受理，请确定办理人："
    return Text(f"新收到的申请：{len(rows)} 件（{on}）", body(opening, *lines))
