"""Orders that are open again because their results are gone or changed, told to both at once.

The owner is not to use or to fetch the instrument by such a result, and the institution has to
verify it, or to report the result again. Those that were reopened together are one mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import about_orders, issue, known
from services.alerts.notices.listing import counted, counted_en, named, named_en, numbered
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.owners import institution_named
from services.alerts.tables import NoticeKind, Subject

TITLE, TITLE_EN = "检定申请恢复办理", "Your application for verification is open again"


async def tell_of_reopened(change: Change, orders: Sequence[pb.Order], ground: str) -> None:
    """Tells a subject and an institution of orders between them that are open again."""
    first = orders[0]
    subject = await known(change.session, Subject, first.subject_id)
    key = f"order/{first.order_id}/{first.version}"
    matter = about_orders([order.order_id for order in orders])
    if not subject.placeholder:
        told = (subject.name, orders, ground)
        await issue(
            change,
            NoticeKind.ORDER,
            key,
            subject,
            subject.bureau,
            in_chinese(*told),
            matter,
            in_english=partial(in_english, *told),
        )
    institution = await institution_named(change.session, first.institution)
    if institution is not None:
        written = to_institution(subject.name, orders, ground)
        await issue_to_institution(change, key, institution, written, matter)


def in_chinese(name: str, orders: Sequence[pb.Order], ground: str) -> Text:
    """Writes the notice to the subject `name` in Chinese."""
    first = orders[0]
    return Text(
        counted(TITLE, len(orders)),
        body(
            f"{name}：\n下列器具的检定结果不在登记中或者已经更改，检定申请恢复办理，检定机构应按期办理：",
            *numbered(map(_due, orders)),
            f"检定机构：{first.institution}",
            f"说明：{ground}",
            "已经告知可以取回的，请先向检定机构核实。检定合格以前不要使用该器具。",
        ),
    )


def in_english(name: str, orders: Sequence[pb.Order], ground: str) -> Text:
    """Writes the same in English."""
    first = orders[0]
    return Text(
        counted_en(TITLE_EN, len(orders)),
        body(
            f"{name}:\nThe results of these instruments are no longer on file or were changed, and"
            " the applications for their verification are open again. The institution has to act"
            " by these days:",
            *numbered(map(_due_en, orders)),
            f"Institution: {first.institution}",
            as_written("Note", ground),
            "If you were told to fetch one, ask the institution first. Do not use the instrument"
            " before it has passed.",
        ),
    )


def to_institution(owner: str, orders: Sequence[pb.Order], ground: str) -> InBoth:
    """Writes to the institution which orders of `owner` are open again, in both languages."""
    first = orders[0]
    zh = Text(
        counted(TITLE, len(orders)),
        body(
            f"{first.institution}：\n{owner}的下列检定申请，检定结果不在登记中或者已经更改，恢复办理：",
            *numbered(map(_due, orders)),
            f"说明：{ground}",
            "请按期办理；已经检定的，请重新报送检定结果。",
        ),
    )
    en = Text(
        counted_en("Applications for verification are open again", len(orders)),
        body(
            f"{first.institution}:\nThe results of these orders of {owner} are no longer on file or"
            " were changed, and the orders are open again:",
            *numbered(map(_due_en, orders)),
            as_written("Note", ground),
            "Act by these days; report the results again if you have verified already.",
        ),
    )
    return zh, en


def _due(order: pb.Order) -> str:
    """An order with its last day: to accept it, or to complete it once it was accepted."""
    act = "受理" if order.state == "applied" else "完成"
    return f"{named(order)}（应于 {order.due_on} 前{act}）"


def _due_en(order: pb.Order) -> str:
    act = "accepted" if order.state == "applied" else "completed"
    return f"{named_en(order)} (to be {act} by {order.due_on})"
