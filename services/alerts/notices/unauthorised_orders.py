"""Orders whose institution is authorised only until a day before they are due.

Owner and institution hear of them at once when an authorisation is announced that ends too early,
and otherwise with the next watch, once for each last day. What lasts longest of an institution's
authorisations for a type counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.reminders import Due
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.alerts.due_dates import Ending
from services.alerts.escalation.tables import UNENDED
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.listing import counted, counted_en, named, named_en, numbered
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.tables import (
    AwaitedOrder,
    Institution,
    Instrument,
    Notice,
    NoticeKind,
    Subject,
)

_Line = tuple[AwaitedOrder, date]  # an order, and the last day of its institution's authorisation


async def issue_unauthorised(change: Change, bureau: str, on: date) -> list[Notice]:
    """Tells the owners of a bureau, and institutions, of orders that come to be such on a day."""
    return await _tell(change, on, col(Subject.bureau) == bureau)


async def tell_of_endings(change: Change, endings: Sequence[events.Ending]) -> None:
    """Tells of the orders that the authorisations among these endings do not outlast."""
    for ending in endings:
        if ending.kind == Due.AUTHORISATION:
            of_it = (
                col(AwaitedOrder.institution) == ending.institution,
                col(AwaitedOrder.type_code) == ending.what,
            )
            await _tell(change, change.today, *of_it)


async def _tell(change: Change, on: date, *which: sa.ColumnElement[bool]) -> list[Notice]:
    of_owner = dict[str, tuple[Subject, list[_Line]]]()
    of_institution = defaultdict[str, list[_Line]](list)
    for order, owner, last in (await change.session.exec(_outlasting(on, *which))).all():
        of_owner.setdefault(owner.subject_id, (owner, []))[1].append((order, last))
        of_institution[order.institution].append((order, last))
        order.told_until = last
    notices = [await _to_owner(change, *one) for one in of_owner.values()]
    notices += await _to_institutions(change, of_institution)
    return [one for one in notices if one is not None]


def _outlasting(on: date, *which: sa.ColumnElement[bool]) -> Any:
    """The open orders of which nobody heard yet that their institution may not complete them."""
    lasting = (
        select(Ending.institution, Ending.what, sa.func.max(Ending.last_day).label("last"))
        .where(col(Ending.kind) == Due.AUTHORISATION)
        .group_by(col(Ending.institution), col(Ending.what))
        .subquery()
    )
    needed = sa.func.coalesce(AwaitedOrder.appointed_on, AwaitedOrder.due_on)
    held = sa.and_(
        lasting.c.institution == AwaitedOrder.institution,
        lasting.c.what == AwaitedOrder.type_code,
    )
    untold = sa.or_(
        col(AwaitedOrder.told_until).is_(None), col(AwaitedOrder.told_until) != lasting.c.last
    )
    return (
        select(AwaitedOrder, Subject, lasting.c.last)
        .join(lasting, held)
        .join(Instrument, col(Instrument.instrument_id) == col(AwaitedOrder.instrument_id))
        .join(Subject, col(Subject.subject_id) == col(Instrument.subject_id))
        .where(
            sa.text(UNENDED), sa.or_(lasting.c.last < on, lasting.c.last < needed), untold, *which
        )
        .order_by(col(AwaitedOrder.order_id))
        .with_for_update(of=AwaitedOrder)
    )


async def _to_owner(change: Change, owner: Subject, lines: Sequence[_Line]) -> Notice | None:
    if owner.placeholder:
        return None
    return await issue(
        change,
        NoticeKind.ORDER,
        _key(change, lines),
        owner,
        owner.bureau,
        in_chinese(owner.name, lines),
        _matter(lines),
        in_english=partial(in_english, owner.name, lines),
    )


async def _to_institutions(
    change: Change, held: Mapping[str, Sequence[_Line]]
) -> list[Notice | None]:
    found = select(Institution).where(col(Institution.name).in_([*held]))
    rows = (await change.session.exec(found.order_by(col(Institution.name)))).all() if held else ()
    return [
        await issue_to_institution(
            change,
            _key(change, held[one.name]),
            one,
            to_institution(one.name, held[one.name]),
            _matter(held[one.name]),
        )
        for one in rows
    ]


def _key(change: Change, lines: Sequence[_Line]) -> str:
    """Of this change alone: a last day comes again that was changed and is set back."""
    order, last = lines[0]
    return f"order/{order.order_id}/authorised/{last}/{change.at.isoformat()}"


def _matter(lines: Sequence[_Line]) -> Matter:
    return Matter(f"order/{lines[0][0].order_id}" if len(lines) == 1 else "orders")


def in_chinese(name: str, lines: Sequence[_Line]) -> Text:
    """Writes to the subject `name` which orders their institution may not complete, in Chinese."""
    told = (f"{named(order)}：{order.institution}，授权至 {last}" for order, last in lines)
    return Text(
        counted("检定机构的授权先于检定申请到期", len(lines)),
        body(
            f"{name}：\n下列检定申请应当办理的日期，晚于检定机构授权的最后一日：",
            *numbered(told),
            "授权到期以后，该机构不能检定，也不能登记结果。请与该机构联系；机构不能在授权期内办结的，"
            "撤回申请，向其他检定机构申请。机构已收到器具的，请监管机关终止申请。",
        ),
    )


def in_english(name: str, lines: Sequence[_Line]) -> Text:
    """Writes the same in English."""
    told = (
        f"{named_en(order)}: {order.institution}, authorised until {last}" for order, last in lines
    )
    return Text(
        counted_en("An institution's authorisation ends before your order is due", len(lines)),
        body(
            f"{name}:\nThese orders are due after the last day on which their institution is"
            " authorised:",
            *numbered(told),
            "From then on it may neither verify nor report results. Ask the institution. If it"
            " cannot complete an order by that day, withdraw it and apply with another one. If it"
            " has received the instrument, ask your bureau to end the order.",
        ),
    )


def to_institution(name: str, lines: Sequence[_Line]) -> InBoth:
    """Writes the same to the institution, in Chinese and in English."""
    zh = Text(
        f"检定申请应在授权到期以后办理：{len(lines)} 台",
        body(
            f"{name}：\n下列检定申请应当办理的日期，晚于本机构对该类型授权的最后一日：",
            *numbered(f"{named(order)}：授权至 {last}" for order, last in lines),
            "授权到期以后不能受理、约定、检定和登记结果。请在到期以前办结，或者写明理由退回申请；"
            "授权已经延续的，请告诉登记的机关。使用单位已同时得到告知。",
        ),
    )
    en = Text(
        f"Orders that are due after your authorisation ends: {len(lines)}",
        body(
            f"{name}:\nThese orders are due after the last day on which you may verify their type:",
            *numbered(f"{named_en(order)}: authorised until {last}" for order, last in lines),
            "After that day you may not accept, appoint, verify or report. Complete them by then,"
            " or refuse them with a ground; if the authorisation was renewed, tell the bureau that"
            " keeps it. The owners were told as well.",
        ),
    )
    return zh, en
