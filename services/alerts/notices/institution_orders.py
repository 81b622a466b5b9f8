"""Orders that were withdrawn, or ended by the bureau, told to the institution at once.

It need not handle them any more. Those that ended together are one mail. What it is to do is told
once a day instead (`institution_mails`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import about_orders
from services.alerts.notices.listing import named, named_en, numbered
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.tables import Institution, Subject


@dataclass(frozen=True)
class _Ended:
    """How orders ended: in the title, in the sentence, and what is said after the list."""

    title: str
    what: str
    after: tuple[str, ...] = ()


_TEXTS = {
    "withdrawn": (_Ended("已撤回", "已撤回"), _Ended("were withdrawn", "were withdrawn")),
    "cancelled": (
        _Ended("已终止", "已由监管机关终止", ("已收到的器具请退还使用单位。",)),
        _Ended(
            "were ended",
            "were ended by the bureau",
            ("Give back the instruments that you received.",),
        ),
    ),
}


async def tell_institution_of_orders(
    change: Change, orders: Sequence[pb.Order], ground: str
) -> None:
    """Issues one mail to each institution whose orders of a subject ended together."""
    ended = defaultdict[str, list[pb.Order]](list)
    for order in orders:
        if order.state in _TEXTS:
            ended[order.institution].append(order)
    named_so = select(Institution).where(col(Institution.name).in_([*ended]))
    for institution in await change.session.exec(named_so) if ended else ():
        own = ended[institution.name]
        owner = await change.session.get(Subject, own[0].subject_id)
        await issue_to_institution(
            change,
            f"order/{own[0].order_id}/{own[0].version}",
            institution,
            written(institution.name, owner.name if owner else "", own, ground),
            about_orders([order.order_id for order in own]),
        )


def written(institution: str, owner: str, orders: Sequence[pb.Order], ground: str) -> InBoth:
    """Writes which orders of `owner` ended and how, in Chinese and in English."""
    ended_zh, ended_en = _TEXTS[orders[0].state]
    zh = Text(
        f"检定申请{ended_zh.title}：{len(orders)} 台",
        body(
            f"{institution}：\n{owner or '申请人'}的下列检定申请{ended_zh.what}，不再需要办理：",
            *numbered(map(named, orders)),
            *([f"说明：{ground}"] if ground else []),
            *ended_zh.after,
        ),
    )
    en = Text(
        f"Applications for verification {ended_en.title}: {len(orders)}",
        body(
            f"{institution}:\nThese orders of {owner or 'the applicant'} {ended_en.what}, and need"
            " not be handled any more:",
            *numbered(map(named_en, orders)),
            *([as_written("Note", ground)] if ground else []),
            *ended_en.after,
        ),
    )
    return zh, en
