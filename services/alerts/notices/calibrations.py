"""Calibrations that are due by the cycles of owners: told to them in one digest (S2 附件2-1).

A digest names each instrument at every reminder of the law's data, and on the last day itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.basis import Basis
from law.reader.texts import spell_articles
from law.reminders import Due, latest_reminded
from plumbing.change import Change
from plumbing.database import unindexed
from services.alerts.notices.issue import Matter
from services.alerts.notices.listing import named, named_en, numbered
from services.alerts.notices.owner_digests import OwnerDigest, issue_to_owners
from services.alerts.notices.texts import Text, body
from services.alerts.tables import CalibrationDue, Instrument, Notice, NoticeKind, Subject

CITE = "S2 附件2-1"
_Line = tuple[CalibrationDue, Instrument]


async def issue_calibrations(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues to each owner of a bureau one digest of the calibrations that reached a reminder."""
    of_owner = dict[str, tuple[Subject, list[_Line]]]()
    for due, instrument, owner in await _candidates(change, bureau, on):
        reminder = due.reminder(Due.CALIBRATION, due.due_on, on)
        if reminder is not None and not owner.unwatched:
            of_owner.setdefault(owner.subject_id, (owner, []))[1].append((due, instrument))
    digests = [_digest(owner, on, lines) for owner, lines in of_owner.values()]
    issued = await issue_to_owners(change, NoticeKind.CALIBRATION, bureau, on, digests)
    for notice in issued:
        for due, _ in of_owner[notice.subject_id][1]:
            due.note_told(Due.CALIBRATION, due.due_on, on)
    return issued


async def _candidates(change: Change, bureau: str, on: date) -> Sequence[Any]:
    """What may have reached a reminder, without what was told on its last day."""
    told = sa.and_(col(CalibrationDue.told_for) == CalibrationDue.due_on, _LAST)
    rows: Any = (
        select(CalibrationDue, Instrument, Subject)
        .join(Instrument, col(Instrument.instrument_id) == CalibrationDue.instrument_id)
        .join(Subject, col(Subject.subject_id) == Instrument.subject_id)
        .where(
            unindexed(col(Instrument.bureau)) == bureau,
            col(CalibrationDue.due_on) <= latest_reminded(Due.CALIBRATION, on),
            sa.func.coalesce(sa.not_(told), sa.true()),
            col(Instrument.standing).not_in((Basis.OUT_OF_USE, Basis.REMOVED)),
            col(Instrument.watched),
        )
        .order_by(col(CalibrationDue.due_on), col(Instrument.serial_no))
    )
    return [*await change.session.exec(rows)]


_LAST = col(CalibrationDue.told_months) == 0


def _digest(owner: Subject, on: date, lines: Sequence[_Line]) -> OwnerDigest:
    facts, alone = (owner.name, on, lines), len(lines) == 1
    about = Matter(f"instrument/{lines[0][1].instrument_id}" if alone else "")
    return OwnerDigest(owner, partial(in_chinese, *facts), partial(in_english, *facts), about)


def in_chinese(name: str, on: date, lines: Sequence[_Line]) -> Text:
    """Writes to the subject `name` which calibrations are due, in Chinese."""
    about = named(lines[0][1]) if len(lines) == 1 else f"{len(lines)} 台"
    told = (f"{named(one)}，{_when(due, on)}" for due, one in lines)
    return Text(
        f"校准到期提醒（{on}）：{about}",
        body(
            f"{name}：\n按贵单位设置的校准周期，下列器具需要安排校准：",
            *numbered(told),
            "校准证书由校准机构或者监管机关上传、确认以后，下一次的日期随之更新；"
            f"周期可以在器具的页面更改。依据：{spell_articles(CITE)}。提醒的时间为示例。",
        ),
    )


def in_english(name: str, on: date, lines: Sequence[_Line]) -> Text:
    """Writes the same in English."""
    about = named_en(lines[0][1]) if len(lines) == 1 else f"{len(lines)} instruments"
    told = (f"{named_en(one)}, {_when_en(due, on)}" for due, one in lines)
    return Text(
        f"Calibrations due ({on}): {about}",
        body(
            f"{name}:\nBy the cycles that you set, these instruments are to be calibrated:",
            *numbered(told),
            "The next day follows once the certificate of the calibration is uploaded and confirmed"
            " by the institution or the bureau. You can change the cycle on the page of the"
            f" instrument ({spell_articles(CITE, 'en')}). When you are reminded is an example.",
        ),
    )


def _when(due: CalibrationDue, on: date) -> str:
    return f"应不晚于 {due.due_on} 校准" + ("，已到期" if due.due_on and due.due_on <= on else "")


def _when_en(due: CalibrationDue, on: date) -> str:
    return f"by {due.due_on}" + (", which is reached" if due.due_on and due.due_on <= on else "")
