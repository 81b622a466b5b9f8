"""Messages to the programs of verification institutions: of orders, what is due, and marks.

They are written in the transaction that learns of it. They are as thin as those of notices: what
happened, how often and where it stands on the platform; the ids of orders are for the caller of the
API.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlmodel import col, select

from plumbing.change import Change
from protos.alerts.v1 import events_pb2
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import orders_pb2
from services.alerts.webhooks.messages import message_of
from services.alerts.webhooks.tables import Disabled, Webhook, WebhookMessage

# By what happened: the kind of message, and its title.
_OF_ORDERS = {
    "applied": ("order.applied", "新的检定申请"),
    "withdrawn": ("order.withdrawn", "检定申请已撤回"),
    "cancelled": ("order.cancelled", "检定申请已终止"),
}
_OF_DUE = {
    ("order", "nearly_due"): ("order.nearly_due", "检定申请即将到期"),
    ("order", "overdue"): ("order.overdue", "检定申请已超过期限"),
    ("certificate", "nearly_due"): ("certificate_upload.nearly_due", "证书上传期限将至"),
    ("certificate", "overdue"): ("certificate_upload.overdue", "证书上传已超过期限"),
}
_OF_MARKS = ("environment.exceeded", "检定时实验室环境超出限值")
KINDS = tuple(kind for kind, _ in (*_OF_ORDERS.values(), *_OF_DUE.values(), _OF_MARKS))
_FIRST = 1  # version of an order that just came in
_PATHS = {"order": "/orders", "certificate": "/punctuality"}


async def tell_programs_of_orders(change: Change, orders: Sequence[orders_pb2.Order]) -> None:
    """Writes to the programs of institutions which orders came in, were withdrawn or were ended.

    An order that only got another last day, by a new edition of the calendar, came in before.
    """
    steps = defaultdict[tuple[str, str], list[orders_pb2.Order]](list)
    for order in orders:
        came_in = order.version == _FIRST or order.state != "applied"
        if came_in and order.state in _OF_ORDERS:
            steps[order.institution, order.state].append(order)
    for (institution, state), moved in sorted(steps.items()):
        kind, title = _OF_ORDERS[state]
        ids = [order.order_id for order in moved]
        path = f"/orders/{ids[0]}" if len(ids) == 1 else "/orders"
        data = {"title": _titled(title, len(ids)), "count": len(ids), "order_ids": ids}
        once = ",".join(f"{order.order_id}/{order.version}" for order in moved)
        await _tell(change, institution, kind, data, path, once)


async def tell_programs_of_due(change: Change, due: registry.InstitutionDue) -> None:
    """Writes to the programs of an institution which rungs its orders and certificates reached."""
    for one in due.counts:
        if (one.kind, one.rung) in _OF_DUE:
            kind, title = _OF_DUE[one.kind, one.rung]
            data = {"title": _titled(title, one.count), "count": one.count, "on": due.on}
            await _tell(change, due.institution.name, kind, data, _PATHS[one.kind], due.on)


async def tell_programs_of_marks(
    change: Change, event: registry.EnvironmentMarked, once: str
) -> None:
    """Writes to the programs of an institution how many verifications hours outside marked."""
    kind, title = _OF_MARKS
    data = {"title": _titled(title, event.total), "count": event.total}
    await _tell(change, event.institution.name, kind, data, "/environment?unnoted=yes", once)


def _titled(title: str, count: int) -> str:
    return f"{title}（{count} 项）" if count > 1 else title


async def _tell(
    change: Change, institution: str, kind: str, data: dict[str, Any], path: str, once: str
) -> None:
    """Writes a message to each program that wants its kind; `once` names the cause, told once."""
    on = col(Webhook.institution) == institution, col(Webhook.disabled_why) == Disabled.ON
    rows = await change.session.exec(select(Webhook).where(*on).order_by(col(Webhook.added_at)))
    wanting = [row for row in rows if not row.kinds or kind in row.kinds] if institution else []
    content, messages = {"kind": kind, "institution": institution, **data}, []
    for row in wanting:
        message = message_of(row, kind, content, path, change.at)
        name = f"{row.webhook_id}/{kind}/{once}"
        message.message_id = f"msg_{uuid5(NAMESPACE_URL, name).hex}"
        if await change.session.get(WebhookMessage, message.message_id) is None:
            messages.append(message)
    if not messages:
        return
    change.session.add_all(messages)
    ids = [message.message_id for message in messages]
    object_ = f"webhook/{messages[0].webhook_id}"
    bureau = wanting[0].bureau
    change.audit("tell_program", object_, after={"kind": kind, "messages": ids}, bureau=bureau)
    event = events_pb2.WebhookMessagesWritten(message_ids=ids)
    await change.announce(event, aggregate=object_, bureau=bureau)
