"""Where instruments are that were brought to an institution: told to their owners once a day.

That is that the institution received one, that it is verified and may be fetched, and that it was
returned. What took several of these steps before the digest is one line, the last of them. One that
was verified where it stands is not fetched, and its result is told otherwise (`results`). Who is
told is the present owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices.issue import about_orders
from services.alerts.notices.listing import named, named_en, numbered
from services.alerts.notices.owner_digests import OwnerDigest, issue_to_owners
from services.alerts.notices.tables import BroughtInstrument
from services.alerts.notices.texts import Text, body
from services.alerts.tables import AwaitedOrder, Instrument, Notice, NoticeKind, Subject

_RECEIVED, _RETURNED = "received", "returned"
_SENTENCES = {
    _RECEIVED: ("{place}已收到", "{place} received it"),
    "completed": ("已检定，可以到{place}取回", "verified: fetch it from {place}"),
    _RETURNED: ("{place}已退还", "{place} returned it"),
}
_OVER = ("refused", "withdrawn", "cancelled")
_Line = tuple[BroughtInstrument, AwaitedOrder]


async def keep_steps(change: Change, orders: Sequence[pb.Order]) -> None:
    """Keeps where instruments are of which their owners are to be told."""
    for order in sorted(orders, key=lambda one: one.order_id):  # one order of locks
        row = await change.session.get(BroughtInstrument, order.order_id, with_for_update=True)
        if row is not None and (row.version >= order.version or row.state == order.state):
            continue  # something else of it changed
        if row is not None and order.state in _OVER:
            await change.session.delete(row)
        elif order.state in (_RECEIVED, _RETURNED) or (row and order.state in _SENTENCES):
            told = BroughtInstrument(
                order_id=order.order_id,
                state=order.state,
                step_on=change.today,
                version=order.version,
                untold=True,
            )
            await change.session.merge(told)


async def take_steps_back(change: Change, orders: Sequence[pb.Order]) -> None:
    """Keeps that orders are open again, and that nothing of them can be fetched.

    Their owners are told already (`reopened_orders`). Of what is with the institution still they
    hear once it is verified.
    """
    for order in sorted(orders, key=lambda one: one.order_id):  # one order of locks
        row = await change.session.get(BroughtInstrument, order.order_id, with_for_update=True)
        if row is not None and row.version >= order.version:
            continue
        if order.state == _RECEIVED or (row is not None and order.state == "in_work"):
            there = BroughtInstrument(
                order_id=order.order_id,
                state=_RECEIVED,
                step_on=change.today,
                version=order.version,
                untold=False,
            )
            await change.session.merge(there)
        elif row is not None:
            await change.session.delete(row)


async def issue_order_steps(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues to each owner of a bureau one digest of where its instruments are."""
    rows: Any = (
        select(BroughtInstrument, AwaitedOrder, Subject)
        .join(AwaitedOrder, col(AwaitedOrder.order_id) == col(BroughtInstrument.order_id))
        .join(Instrument, col(Instrument.instrument_id) == col(AwaitedOrder.instrument_id))
        .join(Subject, col(Subject.subject_id) == col(Instrument.subject_id))
        .where(sa.text("brought_instrument.untold"), col(Subject.bureau) == bureau)
        # What takes another step meanwhile waits, and is told of the next day.
        .order_by(col(BroughtInstrument.order_id))
        .with_for_update(of=BroughtInstrument)
    )
    of_owner = dict[str, tuple[Subject, list[_Line]]]()
    found = (await change.session.exec(rows)).all()
    for row, order, owner in sorted(found, key=lambda one: (one[0].step_on, one[1].serial_no)):
        of_owner.setdefault(owner.subject_id, (owner, []))[1].append((row, order))
    digests = [
        OwnerDigest(
            owner,
            partial(in_chinese, owner.name, on, lines),
            partial(in_english, owner.name, on, lines),
            about_orders([order.order_id for _, order in lines]),
        )
        for owner, lines in of_owner.values()
        if not owner.placeholder
    ]
    issued = await issue_to_owners(change, NoticeKind.ORDER, bureau, on, digests)
    for notice in issued:
        for row, _ in of_owner[notice.subject_id][1]:
            await _told(change, row)
    return issued


async def _told(change: Change, row: BroughtInstrument) -> None:
    """Forgets what was returned; of all else there is more to tell one day.

    What is verified may be fetched anew after its result was undone.
    """
    if row.state == _RETURNED:
        await change.session.delete(row)
    else:
        row.untold = False


def in_chinese(name: str, on: date, lines: Sequence[_Line]) -> Text:
    """Writes the digest to the subject `name` in Chinese."""
    told = (f"{named(order)}：{_step(row, order, 0)}（{row.step_on}）" for row, order in lines)
    return Text(
        f"送检器具的进展（{on}）：{len(lines)} 台",
        body(f"{name}：\n贵单位送检的器具：", *numbered(told), "检定结果和证书另行告知。"),
    )


def in_english(name: str, on: date, lines: Sequence[_Line]) -> Text:
    """Writes the same in English."""
    told = (f"{named_en(order)}: {_step(row, order, 1)} ({row.step_on})" for row, order in lines)
    return Text(
        f"Your instruments at the institution ({on}): {len(lines)}",
        body(
            f"{name}:\nYour instruments that are being verified:",
            *numbered(told),
            "You hear of results and certificates separately.",
        ),
    )


def _step(row: BroughtInstrument, order: AwaitedOrder, language: int) -> str:
    return _SENTENCES[row.state][language].format(place=order.institution)
