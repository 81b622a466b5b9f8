"""Mail addresses of subjects that take no mail: told to the bureau once a day.

An address is kept when a delivery to it ends because there is no such mailbox, or it takes no mail.
The watch of the day names those that are still on file, so that a caseworker asks the subject for
another one, and forgets the others: whoever comes back to such an address later is named again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, DeadAddress, Failure, Notice, NoticeKind, Subject

_NAMED = 100  # in one digest; the page of whom notices do not reach has the others
_ABOUT = Matter("unreached")


async def keep_dead(change: Change, notice: Notice) -> None:
    """Keeps the address of a notice whose delivery ended, if the address is at fault."""
    subject = await change.session.get(Subject, notice.subject_id) if notice.subject_id else None
    if notice.failure is not Failure.REFUSED or subject is None:
        return
    if notice.address != subject.email:
        return
    if await change.session.get(DeadAddress, (notice.subject_id, notice.address)) is None:
        row = DeadAddress(
            subject_id=notice.subject_id,
            address=notice.address,
            bureau=notice.bureau,
            error=notice.error,
            at=change.at,
        )
        change.session.add(row)


async def forget_dead(change: Change, notice: Notice) -> None:
    """Forgets that an address took no mail: it took this notice."""
    row = await change.session.get(DeadAddress, (notice.subject_id, notice.address))
    if row is not None:
        await change.session.delete(row)


async def issue_dead_addresses(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the digest of the addresses that take no mail; returns it in a list, or none.

    Those that are no longer on file are forgotten.
    """
    await _forget_former(change, bureau)
    office = await change.session.get(Bureau, bureau)
    untold = (
        select(DeadAddress, Subject)
        .join(Subject, col(Subject.subject_id) == col(DeadAddress.subject_id))
        .where(
            col(DeadAddress.notice_id) == "",
            col(Subject.bureau) == bureau,
            col(Subject.email) == col(DeadAddress.address),
            sa.not_(col(Subject.removed)),
        )
        .order_by(col(Subject.name), col(Subject.subject_id))
    )
    rows = (await change.session.exec(untold)).all()
    if office is None or not rows:
        return []
    key = f"dead-addresses/{bureau}/{on}"
    text = _digest(on, rows)
    notice = await issue(change, NoticeKind.SUBJECT, key, office, bureau, text, _ABOUT)
    if notice is None:
        return []
    for row, _ in rows:
        row.notice_id = notice.notice_id
    return [notice]


async def _forget_former(change: Change, bureau: str) -> None:
    on_file = sa.exists(sa.literal(1)).where(
        col(Subject.subject_id) == col(DeadAddress.subject_id),
        col(Subject.email) == col(DeadAddress.address),
        sa.not_(col(Subject.removed)),
    )
    former = sa.delete(DeadAddress).where(col(DeadAddress.bureau) == bureau, sa.not_(on_file))
    await (await change.session.connection()).execute(former)


def _digest(on: date, rows: Sequence[tuple[DeadAddress, Subject]]) -> Text:
    lines = [
        f"{place}. {subject.name}，{row.address}"
        for place, (row, subject) in enumerate(rows[:_NAMED], 1)
    ]
    if len(rows) > _NAMED:
        lines.append(f"另有 {len(rows) - _NAMED} 个，见平台“没有告知到的经营者”。")
    opening = f"截至{on}，下列 {len(rows)} 个经营者的邮箱拒收邮件。请联系其更正登记的邮箱："
    return Text(f"收不到邮件的经营者：{len(rows)} 个（{on}）", body(opening, *lines))
