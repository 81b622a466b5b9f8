"""The open orders of a subject that was deregistered, told to the institutions that have them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from protos.registry.v1 import events_pb2 as registry
from services.alerts.escalation.tables import UNENDED
from services.alerts.notices.issue import about_orders
from services.alerts.notices.listing import named, named_en, numbered
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.tables import AwaitedOrder, Institution, Instrument


async def tell_institutions(change: Change, event: registry.SubjectActed) -> None:
    """Issues one mail to each institution with open orders of a subject that was deregistered."""
    if event.act.act != "deregistered":
        return
    rows: Any = (
        select(Institution, AwaitedOrder)
        .join(AwaitedOrder, col(AwaitedOrder.institution) == Institution.name)
        .join(Instrument, col(Instrument.instrument_id) == col(AwaitedOrder.instrument_id))
        .where(sa.text(UNENDED), col(Instrument.subject_id) == event.subject.subject_id)
        .order_by(col(Institution.name), col(AwaitedOrder.serial_no), col(AwaitedOrder.order_id))
    )
    held = defaultdict[str, list[AwaitedOrder]](list)
    institutions = dict[str, Institution]()
    for institution, order in (await change.session.exec(rows)).all():
        institutions[institution.institution_id] = institution
        held[institution.institution_id].append(order)
    for key, institution in institutions.items():
        orders = held[key]
        await issue_to_institution(
            change,
            f"subject/{event.act.act_id}/{key}",
            institution,
            written(institution.name, event, orders),
            about_orders([order.order_id for order in orders]),
        )


def written(institution: str, event: registry.SubjectActed, orders: list[AwaitedOrder]) -> InBoth:
    """Writes which open orders are of a deregistered subject, in Chinese and in English."""
    owner, on = event.subject.name, event.act.on
    zh = Text(
        f"检定申请的使用单位已注销：{len(orders)} 台",
        body(
            f"{institution}：\n{owner}自 {on} 起登记为已注销，下列检定申请尚未办结：",
            *numbered(map(named, orders)),
            "申请不随之办结。请与使用单位联系；不再检定的，退还器具，并写明理由退回申请。",
        ),
    )
    en = Text(
        f"The owner of orders was deregistered: {len(orders)}",
        body(
            f"{institution}:\n{owner} is registered as deregistered from {on}. These orders of it"
            " are open:",
            *numbered(map(named_en, orders)),
            "They do not end by that. Ask the owner; if there is nothing to verify any more, give"
            " the instruments back and refuse the orders with a ground.",
        ),
    )
    return zh, en
