"""Orders that were withdrawn, told to the institution at once: it need not handle them any more.

Those that were withdrawn together are one mail. What it is to do is told once a day instead
(`institution_mails`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import col, select

from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices.issue import Matter
from services.alerts.notices.listing import named, named_en, numbered
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.tables import Institution, Subject


async def tell_institution_of_orders(
    change: Change, orders: Sequence[pb.Order], ground: str
) -> None:
    """Issues one mail to each institution whose orders of a subject were withdrawn together."""
    withdrawn = defaultdict[str, list[pb.Order]](list)
    for order in orders:
        if order.state == "withdrawn":
            withdrawn[order.institution].append(order)
    named_so = select(Institution).where(col(Institution.name).in_([*withdrawn]))
    for institution in await change.session.exec(named_so) if withdrawn else ():
        own = withdrawn[institution.name]
        owner = await change.session.get(Subject, own[0].subject_id)
        await issue_to_institution(
            change,
            f"order/{own[0].order_id}/{own[0].version}",
            institution,
            written(institution.name, owner.name if owner else "", own, ground),
            Matter(f"order/{own[0].order_id}" if len(own) == 1 else "orders"),
        )


def written(institution: str, owner: str, orders: Sequence[pb.Order], ground: str) -> InBoth:
    """Writes which orders of `owner` were withdrawn, in Chinese and in English."""
    zh = Text(
        f"检定申请已撤回：{len(orders)} 台",
        body(
            f"{institution}：\n{owner or '申请人'}的下列检定申请已撤回，不再需要办理：",
            *numbered(map(named, orders)),
            *([f"说明：{ground}"] if ground else []),
        ),
    )
    en = Text(
        f"Applications for verification were withdrawn: {len(orders)}",
        body(
            f"{institution}:\nThese orders of {owner or 'the applicant'} were withdrawn, and need"
            " not be handled any more:",
            *numbered(map(named_en, orders)),
            *([f"Note: {ground}"] if ground else []),
        ),
    )
    return zh, en
