"""Orders whose institution is authorised only until a day before they are due.

Owner and institution hear of them at once when an authorisation is announced that ends too early,
otherwise with the next watch, once for each last day; again if it was none of these meanwhile, or
has another owner. What lasts longest of an institution's authorisations for a type counts. They
hear at once as well if an authorisation is corrected to another type, and none is left for the one
that it had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.reminders import Due
from plumbing.change import Change
from plumbing.chunks import chunks
from protos.registry.v1 import events_pb2 as events
from services.alerts.due_dates import Ending
from services.alerts.escalation.tables import UNENDED
from services.alerts.notices.issue import Matter, about_orders, issue
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

# An order, and the last day of its institution's authorisation; None if it has none any more.
_Line = tuple[AwaitedOrder, date | None]
_LASTING = (
    select(Ending.institution, Ending.what, sa.func.max(Ending.last_day).label("last"))
    .where(col(Ending.kind) == Due.AUTHORISATION)
    .group_by(col(Ending.institution), col(Ending.what))
    .subquery()
)
_last = _LASTING.c.last
IDS_PER_QUERY = 500


async def issue_unauthorised(change: Change, bureau: str, on: date) -> list[Notice]:
    """Tells the owners of a bureau, and institutions, of orders that come to be such on a day."""
    own = col(Subject.bureau) == bureau
    await _forget(change, sa.not_(_is_cut_off(on)), own)
    return await _tell(change, _too_short(on), own)


async def types_of(session: AsyncSession, endings: Sequence[events.Ending]) -> dict[str, str]:
    """Returns the types of those of these authorisations that are on file, by their ids."""
    ids = [one.ending_id for one in endings if one.kind == Due.AUTHORISATION]
    rows = select(Ending.ending_id, Ending.what).where(
        col(Ending.kind) == Due.AUTHORISATION, col(Ending.ending_id).in_(ids)
    )
    return dict((await session.exec(rows)).all())


async def tell_of_endings(
    change: Change, endings: Sequence[events.Ending], before: Mapping[str, str]
) -> None:
    """Tells of the orders that the authorisations among these endings do not outlast.

    What was announced together is one mail to each. `before` are the types that they had before
    these endings were stored (`types_of`).
    """
    present = await types_of(change.session, endings)
    held, left = set[tuple[str, str]](), set[tuple[str, str]]()
    for ending in endings:
        if ending.kind == Due.AUTHORISATION:
            held.add((ending.institution, ending.what))
            former = before.get(ending.ending_id)
            if former is not None and former != present[ending.ending_id]:
                left.add((ending.institution, former))
    if held:
        of_held, of_left = _of(held), sa.and_(_of(left), _last.is_(None))
        await _forget(change, sa.not_(_is_cut_off(change.today)), of_held)
        await _tell(change, sa.or_(sa.and_(_too_short(change.today), of_held), of_left))


async def forget_handed_on(change: Change, instrument_ids: Collection[str]) -> None:
    """Lets the new owners of instruments hear with the next watch: the former ones were told."""
    for ids in chunks(sorted(instrument_ids), IDS_PER_QUERY):
        await _forget(change, col(AwaitedOrder.instrument_id).in_(ids))


def _of(authorised: Collection[tuple[str, str]]) -> sa.ColumnElement[bool]:
    """That an order is with one of these institutions, each with the type of the order."""
    return sa.tuple_(AwaitedOrder.institution, AwaitedOrder.type_code).in_(sorted(authorised))


async def _tell(change: Change, *which: sa.ColumnElement[bool]) -> list[Notice]:
    of_owner = dict[str, tuple[Subject, list[_Line]]]()
    of_institution = defaultdict[str, list[_Line]](list)
    for order, owner, last in (await change.session.exec(_open_orders(*which))).all():
        of_owner.setdefault(owner.subject_id, (owner, []))[1].append((order, last))
        of_institution[order.institution].append((order, last))
        order.told_until = last
    notices = [await _to_owner(change, *one) for one in of_owner.values()]
    notices += await _to_institutions(change, of_institution)
    return [one for one in notices if one is not None]


async def _forget(change: Change, *which: sa.ColumnElement[bool]) -> None:
    """Forgets of orders what was told of them, so that it is told again when they are cut off."""
    told = col(AwaitedOrder.told_until).is_not(None)
    for order, _, _ in (await change.session.exec(_open_orders(told, *which))).all():
        order.told_until = None


def _too_short(on: date) -> sa.ColumnElement[bool]:
    """That nobody heard yet that the institution of an order may not complete it."""
    told = col(AwaitedOrder.told_until)
    return sa.and_(_is_cut_off(on), sa.or_(told.is_(None), told != _last))


def _is_cut_off(on: date) -> sa.ColumnElement[bool]:
    """That the authorisation for an order has ended, or ends before the order is due."""
    needed = sa.func.coalesce(AwaitedOrder.appointed_on, AwaitedOrder.due_on)
    return sa.or_(_last < on, _last < needed)


def _open_orders(*which: sa.ColumnElement[bool]) -> Any:
    """Some open orders with their owners, and the last days of their authorisations."""
    held = sa.and_(
        _LASTING.c.institution == AwaitedOrder.institution,
        _LASTING.c.what == AwaitedOrder.type_code,
    )
    return (
        select(AwaitedOrder, Subject, _last)
        .join(_LASTING, held, isouter=True)
        .join(Instrument, col(Instrument.instrument_id) == col(AwaitedOrder.instrument_id))
        .join(Subject, col(Subject.subject_id) == col(Instrument.subject_id))
        .where(sa.text(UNENDED), *which)
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
    return f"order/{lines[0][0].order_id}/authorised/{change.at.isoformat()}"


def _matter(lines: Sequence[_Line]) -> Matter:
    return about_orders([order.order_id for order, _ in lines])


def in_chinese(name: str, lines: Sequence[_Line]) -> Text:
    """Writes to the subject `name` which orders their institution may not complete, in Chinese."""
    told = (f"{named(order)}：{order.institution}，{_until(last)}" for order, last in lines)
    return Text(
        counted("检定机构的授权先于检定申请到期", len(lines)),
        body(
            f"{name}：\n下列检定申请，应当办理的日期晚于检定机构授权的最后一日，"
            "或者机构已没有该类型的授权：",
            *numbered(told),
            "授权到期以后，该机构不能检定，也不能登记结果。请与该机构联系；机构不能在授权期内办结的，"
            "撤回申请，向其他检定机构申请。机构已收到器具的，请监管机关终止申请。",
        ),
    )


def in_english(name: str, lines: Sequence[_Line]) -> Text:
    """Writes the same in English."""
    told = (f"{named_en(order)}: {order.institution}, {_until_en(last)}" for order, last in lines)
    return Text(
        counted_en("An institution's authorisation ends before your order is due", len(lines)),
        body(
            f"{name}:\nThese orders are due after the last day on which their institution is"
            " authorised, or it is not authorised for their type any more:",
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
            f"{name}：\n下列检定申请，应当办理的日期晚于本机构对该类型授权的最后一日，"
            "或者本机构已没有该类型的授权：",
            *numbered(f"{named(order)}：{_until(last)}" for order, last in lines),
            "授权到期以后不能受理、约定、检定和登记结果。请在到期以前办结，或者写明理由退回申请；"
            "授权已经延续的，请告诉登记的机关。使用单位已同时得到告知。",
        ),
    )
    en = Text(
        f"Orders that are due after your authorisation ends: {len(lines)}",
        body(
            f"{name}:\nThese orders are due after the last day on which you may verify their type,"
            " or you are not authorised for it any more:",
            *numbered(f"{named_en(order)}: {_until_en(last)}" for order, last in lines),
            "After that day you may not accept, appoint, verify or report. Complete them by then,"
            " or refuse them with a ground; if the authorisation was renewed, tell the bureau that"
            " keeps it. The owners were told as well.",
        ),
    )
    return zh, en


def _until(last: date | None) -> str:
    return f"授权至 {last}" if last else "已没有该类型的授权"


def _until_en(last: date | None) -> str:
    return f"authorised until {last}" if last else "not authorised for its type any more"
