"""Mail addresses that take no mail: those of subjects and institutions are told to the bureau.

An address is kept when a delivery to it ends because there is no such mailbox, or it takes no mail.
The watch of the day names those that are still on file, so that a caseworker asks for another one,
and forgets the others: whoever comes back to such an address later is named again. The bureau's own
address is not told by mail: its unit head finds it on the home page (`unreached`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.texts import Text, body
from services.alerts.owners import key_of_recipient, owner_of
from services.alerts.tables import (
    Bureau,
    DeadAddress,
    Failure,
    Institution,
    Notice,
    NoticeKind,
    Subject,
)

_NAMED = 100  # in one digest; the page of whom notices do not reach has the others
_ABOUT = Matter("unreached")
_OF_SUBJECT = (
    col(Subject.subject_id) == col(DeadAddress.subject_id),
    col(Subject.email) == col(DeadAddress.address),
    sa.not_(col(Subject.removed)),
)
_OF_INSTITUTION = (
    sa.literal(INSTITUTION) + col(Institution.institution_id) == col(DeadAddress.subject_id),
    col(Institution.email) == col(DeadAddress.address),
)


async def keep_dead(change: Change, notice: Notice) -> None:
    """Keeps the address of a notice whose delivery ended, if the address is at fault.

    It is one of a subject or an institution that still has it.
    """
    if notice.failure is not Failure.REFUSED:
        return
    key = await key_of_recipient(change.session, notice)
    owner = await owner_of(change.session, key)
    if owner is None or notice.address != owner.email:
        return
    if await change.session.get(DeadAddress, (key, notice.address)) is None:
        row = DeadAddress(
            subject_id=key,
            address=notice.address,
            bureau=notice.bureau,
            error=notice.error,
            at=change.at,
        )
        change.session.add(row)


async def forget_dead(change: Change, notice: Notice) -> None:
    """Forgets that an address took no mail: it took this notice."""
    key = await key_of_recipient(change.session, notice)
    row = await change.session.get(DeadAddress, (key, notice.address))
    if row is not None:
        await change.session.delete(row)


async def issue_dead_addresses(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the digest of the addresses that take no mail; returns it in a list, or none.

    Those that are no longer on file are forgotten.
    """
    await _forget_former(change, bureau)
    office = await change.session.get(Bureau, bureau)
    rows = [
        *await _untold(change, bureau, Subject, _OF_SUBJECT),
        *await _untold(change, bureau, Institution, _OF_INSTITUTION),
    ]
    if office is None or not rows:
        return []
    key = f"dead-addresses/{bureau}/{on}"
    text = _digest(on, [(name, row.address) for row, name in rows])
    notice = await issue(change, NoticeKind.SUBJECT, key, office, bureau, text, _ABOUT)
    if notice is None:
        return []
    for row, _ in rows:
        row.notice_id = notice.notice_id
    return [notice]


async def _untold(
    change: Change, bureau: str, table: type[Subject] | type[Institution], on_file: Sequence[Any]
) -> Sequence[tuple[DeadAddress, str]]:
    """The addresses of a table that no digest has named, each with the name of its owner."""
    rows = (
        select(DeadAddress, table.name)
        .join(table, sa.and_(*on_file))
        .where(col(DeadAddress.notice_id) == "", col(table.bureau) == bureau)
        .order_by(col(table.name), col(DeadAddress.subject_id))
    )
    return (await change.session.exec(rows)).all()


async def _forget_former(change: Change, bureau: str) -> None:
    on_file = sa.or_(
        sa.exists(sa.literal(1)).where(*_OF_SUBJECT),
        sa.exists(sa.literal(1)).where(*_OF_INSTITUTION),
    )
    former = sa.delete(DeadAddress).where(col(DeadAddress.bureau) == bureau, sa.not_(on_file))
    await (await change.session.connection()).execute(former)


def _digest(on: date, rows: Sequence[tuple[str, str]]) -> Text:
    lines = [
        f"{place}. {name}，{address}" for place, (name, address) in enumerate(rows[:_NAMED], 1)
    ]
    if len(rows) > _NAMED:
        lines.append(f"另有 {len(rows) - _NAMED} 个，见平台“没有告知到的单位”。")
    opening = f"截至{on}，下列 {len(rows)} 个单位的邮箱拒收邮件。请联系其更正登记的邮箱："
    return Text(f"收不到邮件的单位：{len(rows)} 个（{on}）", body(opening, *lines))
