"""Notices to a subject about its orders: applied for, accepted, appointed, refused, or cancelled.

Those that took a step together are one notice: a firm applies for a hundred instruments at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices import texts
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.listing import counted, counted_en, named, named_en, numbered
from services.alerts.notices.texts import Text
from services.alerts.tables import NoticeKind, Subject

TITLES = {
    "applied": ("检定申请回执", "Receipt of your application for verification"),
    "accepted": ("检定申请已受理", "Your application for verification was accepted"),
    "scheduled": ("检定日期已约定", "A day was appointed for your verification"),
    "refused": ("检定申请未被受理", "Your application for verification was refused"),
    "cancelled": ("检定申请已由监管机关终止", "The bureau ended your application for verification"),
}
_APPLY_AGAIN = ("refused", "cancelled")


async def tell_of_orders(change: Change, orders: Sequence[pb.Order], ground: str) -> None:
    """Issues one notice to a subject for a step that orders of it took together.

    Of some steps it does not hear at once (`order_steps`), and an order that only got another last
    day is no news. A result is told by the change of the instrument's colour, not here.
    """
    first = orders[0]
    subject = await known(change.session, Subject, first.subject_id)
    applied_before = first.state == "applied" and first.version > 1
    if first.state not in TITLES or subject.placeholder or applied_before:
        return
    about = f"order/{first.order_id}"
    told = (subject.name, orders, ground)
    await issue(
        change,
        NoticeKind.ORDER,
        f"{about}/{first.version}",
        subject,
        subject.bureau,
        in_chinese(*told),
        Matter(about if len(orders) == 1 else ""),
        in_english=partial(in_english, *told),
    )


def in_chinese(name: str, orders: Sequence[pb.Order], ground: str) -> Text:
    """Writes the notice to the subject `name` in Chinese; all orders took the same step."""
    first, title = orders[0], TITLES[orders[0].state][0]
    things = [*map(named, orders)]
    lines = [f"{name}：\n器具：{things[0]}"]
    if len(orders) > 1:
        lines = [f"{name}：\n器具：", *numbered(things)]
    lines.append(f"检定机构：{first.institution}")
    if first.state == "scheduled":
        lines.append(f"检定日期：{first.appointed_on}")
    if first.due_on:
        day = max(one.due_on for one in orders)
        lines.append(
            f"检定机构应于 {day} 前受理或者说明理由不予受理。有效期届满的，检定合格以前不得使用。"
            if first.state == "applied"
            else f"检定机构应于 {day} 前完成。检定合格以前不要使用该器具。"
        )
    if first.state == "applied" and first.note:
        lines.append(f"申请时的说明：{first.note}")
    if ground:
        lines.append(f"说明：{ground}")
    if first.state == "cancelled":
        lines.append("这次申请不再办理。器具还在检定机构的，请取回。")
    if first.state in _APPLY_AGAIN:
        lines.append("可以向其他检定机构申请。有效期届满后不得继续使用该器具。")
    return Text(counted(title, len(orders)), texts.body(*lines))


def in_english(name: str, orders: Sequence[pb.Order], ground: str) -> Text:
    """Writes the same notice in English."""
    first, title = orders[0], TITLES[orders[0].state][1]
    things = [*map(named_en, orders)]
    lines = [f"{name}:\nInstrument: {things[0]}"]
    if len(orders) > 1:
        lines = [f"{name}:\nInstruments:", *numbered(things)]
    lines.append(f"Institution: {first.institution}")
    if first.state == "scheduled":
        lines.append(f"Day of the verification: {first.appointed_on}")
    if first.due_on:
        day = max(one.due_on for one in orders)
        lines.append(
            f"The institution accepts or refuses by {day}. {_NOT_EXPIRED}"
            if first.state == "applied"
            else f"The institution completes it by {day}. {_NOT_BEFORE}"
        )
    if first.state == "applied" and first.note:
        lines.append(as_written("Your note", first.note))
    if ground:
        lines.append(as_written("Note", ground))
    if first.state == "cancelled":
        lines.append("This order has ended. Fetch the instrument if the institution has it.")
    if first.state in _APPLY_AGAIN:
        lines.append("You may apply with another institution. Do not use an expired instrument.")
    return Text(counted_en(title, len(orders)), texts.body(*lines))


_NOT_EXPIRED = "Do not use an instrument that has expired before it has passed."
_NOT_BEFORE = "Do not use the instrument before it has passed."
