"""Notices to a subject about its order for verification: accepted, appointed, or refused."""

from __future__ import annotations

from functools import partial

from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices import english, texts
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text
from services.alerts.tables import NoticeKind, Subject

TITLES = {
    "accepted": ("检定申请已受理", "Your application for verification was accepted"),
    "scheduled": ("检定日期已约定", "A day was appointed for your verification"),
    "refused": ("检定申请未被受理", "Your application for verification was refused"),
}


async def tell_of_order(change: Change, order: pb.Order, ground: str) -> None:
    """Issues a notice to the subject for a step of an order of which it has to hear.

    A result is told by the change of the instrument's colour, not here.
    """
    subject = await known(change.session, Subject, order.subject_id)
    if order.state not in TITLES or subject.placeholder:
        return
    told = (subject.name, order, ground)
    await issue(
        change,
        NoticeKind.ORDER,
        f"order/{order.order_id}/{order.version}",
        subject,
        subject.bureau,
        in_chinese(*told),
        Matter(f"order/{order.order_id}"),
        in_english=partial(in_english, *told),
    )


def in_chinese(name: str, order: pb.Order, ground: str) -> Text:
    """Writes the notice to the subject `name` in Chinese."""
    kind = texts.type_name(order.type_code)
    lines = [f"{name}：\n器具：{kind} {order.serial_no}", f"检定机构：{order.institution}"]
    if order.state == "scheduled":
        lines.append(f"检定日期：{order.appointed_on}")
    if order.due_on:
        lines.append(f"检定机构应于 {order.due_on} 前完成。检定合格以前不要使用该器具。")
    if ground:
        lines.append(f"说明：{ground}")
    if order.state == "refused":
        lines.append("可以向其他检定机构申请。有效期届满后不得继续使用该器具。")
    return Text(TITLES[order.state][0], texts.body(*lines))


def in_english(name: str, order: pb.Order, ground: str) -> Text:
    """Writes the same notice in English."""
    kind = english.type_name(order.type_code)
    lines = [f"{name}:\nInstrument: {kind} {order.serial_no}", f"Institution: {order.institution}"]
    if order.state == "scheduled":
        lines.append(f"Day of the verification: {order.appointed_on}")
    if order.due_on:
        until = f"The institution completes it by {order.due_on}."
        lines.append(f"{until} Do not use the instrument before it has passed.")
    if ground:
        lines.append(f"Note: {ground}")
    if order.state == "refused":
        lines.append("You may apply with another institution. Do not use an expired instrument.")
    return Text(TITLES[order.state][1], texts.body(*lines))
