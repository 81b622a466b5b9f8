"""What came to be due from each institution since it was told last (S4 二(四)).

It is told shortly after midnight, of what came in on the days before: a round that runs late leaves
what came in on its own day to the next one, which would tell of it again. What is due are new
orders, orders whose last day is near or over, and certificates whose last day is near or over. It
is told too of results that came after their last day. Alerts sends the mail, and tells the bureau
that keeps the institution of what is overdue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.terms.workdays import edition, nth_working_day
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.institutions import wire
from services.registry.institutions.punctuality import result_late
from services.registry.institutions.tables import Institution
from services.registry.orders.states import OrderState
from services.registry.orders.tables import UNENDED, Order
from services.registry.tables import REPORTED, Instrument, Verification

NAMED = 200
_RUNGS = ("overdue", "nearly_due", "new")
Item = events.DueFromInstitution


async def untold(change: Change, on: date, after: str) -> str | None:
    """Returns the id of the next institution that was not told on a day; None if there is none."""
    rows = select(Institution.institution_id).where(
        sa.or_(col(Institution.told_on).is_(None), col(Institution.told_on) < on),
        col(Institution.institution_id) > after,
    )
    return (await change.session.exec(rows.order_by(Institution.institution_id).limit(1))).first()


async def tell(change: Change, institution_id: str, on: date) -> None:
    """Announces what came to be due from an institution since it was told last, if anything did."""
    row = await change.session.get_one(Institution, institution_id, with_for_update=True)
    if row.told_on is not None and row.told_on >= on:
        return
    items = [
        *await _orders(change, row.name, row.told_on, on),
        *await _certificates(change, row.name, row.told_on, on),
        *await _late_results(change, row.name, row.told_on, on),
    ]
    row.told_on = on
    change.session.add(row)
    if not items:
        return
    items.sort(key=lambda one: (_RUNGS.index(one.rung), one.due_on))
    due = events.InstitutionDue(
        institution=wire.institution(row),
        on=on.isoformat(),
        items=items[:NAMED],
        total=len(items),
        overdue=sum(one.rung == "overdue" for one in items),
        counts=_counts(items),
    )
    object_ = f"institution/{institution_id}"
    await change.announce(due, aggregate=object_, bureau=row.bureau)
    counts = {rung: sum(one.rung == rung for one in items) for rung in _RUNGS}
    change.audit("tell_institution", object_, after={"on": on.isoformat(), **counts})


def _counts(items: Sequence[Item]) -> list[events.DueCount]:
    counted = Counter((one.kind, one.rung) for one in items)
    return [
        events.DueCount(kind=kind, rung=rung, count=count)
        for (kind, rung), count in sorted(counted.items())
    ]


def _rung_of(told_on: date | None, on: date) -> Callable[[date], str]:
    """Returns a function that gives the rung a last day has reached since the day of the telling.

    It gives an empty text if none was reached since.
    """
    near = nth_working_day(on, 1, edition()).date
    told_near = nth_working_day(told_on, 1, edition()).date if told_on else date.min
    told_over = told_on or date.min

    def rung(due_on: date) -> str:
        if due_on < on:
            return "overdue" if due_on >= told_over else ""
        return "nearly_due" if told_near < due_on <= near else ""

    return rung


async def _orders(
    change: Change, institution: str, told_on: date | None, on: date
) -> Sequence[Item]:
    rows = select(Order).where(sa.text(UNENDED), Order.institution == institution)
    rows = rows.where(col(Order.applied_on) < on)  # of today's the next round tells
    rung_of, rung_of_new, items = _rung_of(told_on, on), _rung_of(None, on), []
    for row in (await change.session.exec(rows.order_by(col(Order.due_on), Order.order_id))).all():
        is_new = (told_on or date.min) <= row.applied_on
        rung = (rung_of_new if is_new else rung_of)(row.due_on or date.max)
        if rung := rung or ("new" if is_new and row.state is OrderState.APPLIED else ""):
            items.append(_item("order", rung, row, row.due_on))
    return items


async def _certificates(
    change: Change, institution: str, told_on: date | None, on: date
) -> Sequence[Item]:
    near, since = nth_working_day(on, 1, edition()).date, (told_on or date.min)
    rows: Any = (
        select(Verification, Instrument)
        .join(Instrument)
        .where(
            sa.text(REPORTED),
            col(Verification.institution) == institution,
            col(Verification.report_by) <= near,
            col(Verification.reported_on) < on,  # of today's the next round tells
            sa.or_(
                col(Verification.report_by) >= since,
                col(Verification.reported_on) >= since,
            ),
            col(Verification.certificate_on).is_(None),
            sa.not_(col(Verification.removed)),
        )
        .order_by(col(Verification.report_by), col(Verification.verification_id))
    )
    rung_of, rung_of_new, items = _rung_of(told_on, on), _rung_of(None, on), []
    for row, instrument in (await change.session.exec(rows)).all():
        # Reported since the telling, its last day may have been near or over then: nobody was told.
        is_new = since <= row.reported_on
        if rung := (rung_of_new if is_new else rung_of)(row.report_by):
            items.append(_item("certificate", rung, instrument, row.report_by, row.certificate_no))
    return items


async def _late_results(
    change: Change, institution: str, told_on: date | None, on: date
) -> Sequence[Item]:
    """The results that came after their last day, and since the telling."""
    rows: Any = (
        select(Verification, Instrument)
        .join(Instrument)
        .where(
            sa.text(REPORTED),
            col(Verification.institution) == institution,
            result_late(),
            col(Verification.reported_on) >= (told_on or date.min),
            col(Verification.reported_on) < on,  # of today's the next round tells
            sa.not_(col(Verification.removed)),
        )
        .order_by(col(Verification.report_by), col(Verification.verification_id))
    )
    return [
        _item(
            *("result", "overdue", instrument, row.report_by, row.certificate_no),
            came_on=row.reported_on,
        )
        for row, instrument in (await change.session.exec(rows)).all()
    ]


def _item(
    kind: str,
    rung: str,
    about: Order | Instrument,
    due_on: date | None,
    certificate_no: str = "",
    came_on: date | None = None,
) -> Item:
    return Item(
        kind=kind,
        rung=rung,
        type_code=about.type_code,
        serial_no=about.serial_no,
        certificate_no=certificate_no,
        due_on=due_on.isoformat() if due_on else "",
        came_on=came_on.isoformat() if came_on else "",
    )
