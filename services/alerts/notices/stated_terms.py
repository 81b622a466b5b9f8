"""The terms that a bureau states for orders, told to the institutions that act by them (ADR 0056).

Each hears at once when they are released, in one mail: those that a bureau above or below keeps if
they are authorised today, and those that have open orders of instruments of the bureau.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from law.reminders import Due
from plumbing import row_scope
from plumbing.change import Change
from plumbing.events.envelope import Received
from plumbing.identity import covering
from protos.registry.v1 import events_pb2 as registry
from services.alerts.due_dates import Ending
from services.alerts.escalation.tables import UNENDED
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import Matter, contact_of
from services.alerts.notices.texts import Text, body
from services.alerts.notices.to_institutions import InBoth, issue_to_institution
from services.alerts.tables import AwaitedOrder, Institution, Instrument


async def order_terms_stated(change: Change, received: Received[registry.OrderTermsStated]) -> None:
    """Issues one mail to each institution that the terms concern."""
    event = received.message
    office = await contact_of(change.session, event.bureau)
    rows = await change.session.exec(_concerned(change, event.bureau))
    for institution in rows.all():
        key = f"order_terms/{event.terms_id}/{institution.institution_id}"
        told = written(institution.name, office.name, event)
        await issue_to_institution(change, key, institution, told, Matter("orders"))


def _concerned(change: Change, bureau: str) -> SelectOfScalar[Institution]:
    kept = sa.or_(
        row_scope.within(bureau, Institution.bureau),
        col(Institution.bureau).in_(covering(bureau)),
    )
    authorised = sa.exists().where(
        col(Ending.kind) == Due.AUTHORISATION,
        col(Ending.institution) == Institution.name,
        col(Ending.last_day) >= change.today,
    )
    has_orders = sa.exists().where(
        col(AwaitedOrder.institution) == Institution.name,
        sa.text(UNENDED),
        col(Instrument.instrument_id) == AwaitedOrder.instrument_id,
        row_scope.within(bureau, Instrument.bureau),
    )
    found = select(Institution).where(sa.or_(sa.and_(kept, authorised), has_orders))
    return found.order_by(col(Institution.name))


def written(name: str, office: str, event: registry.OrderTermsStated) -> InBoth:
    """Writes the terms to the institution `name`, in Chinese and in English."""
    day, accepting, completing = event.valid_from, event.acceptance_days, event.completion_days
    zh = Text(
        f"检定申请的办理期限：{office}自 {day} 起的规定",
        body(
            f"{name}：\n{office}规定了检定申请的办理期限，自 {day} 起：",
            f"1. 受理或者不予受理：{_days(accepting, '收到申请后')}",
            f"2. 完成检定：{_days(completing, '受理后')}",
            f"依据：{event.source}",
            f"适用于{office}辖区内的器具；下级机关另有规定的，按下级机关的规定。",
            f"第 1 项适用于 {day} 起提出的申请，第 2 项适用于该日起受理的申请；"
            "以前的仍按原来的期限办理。",
        ),
    )
    en = Text(
        f"Terms of orders for verification, as {office} states them from {day} on",
        body(
            f"{name}:\n{office} stated within which terms orders are handled, from {day} on:",
            f"1. To accept or refuse: {_days_en(accepting, 'the application')}",
            f"2. To complete: {_days_en(completing, 'the acceptance')}",
            as_written("Document or decision", event.source),
            f"They hold for instruments in the district of {office}; where a bureau below it states"
            f" its own, those hold. The first is for applications made from {day} on, the second"
            " for orders accepted from that day on. Earlier ones keep their terms.",
        ),
    )
    return zh, en


def _days(number: int, since: str) -> str:
    if not number:
        return "不另规定，按上级机关的规定，没有的按平台的示例"
    return f"{since} {number} 个工作日内"


def _days_en(number: int, since: str) -> str:
    if not number:
        return "none of its own; that of the bureau above it, or else the example of the platform"
    return f"within {number} working day{'' if number == 1 else 's'} of {since}"
