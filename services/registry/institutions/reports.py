"""Queries on what institutions reported themselves: each report, and how punctual each one is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, InvalidInput
from plumbing import paging, validation
from plumbing.clock import midnight
from plumbing.database import unindexed
from plumbing.view import View
from protos.registry.v1 import institutions_pb2 as pb
from services.registry import wire
from services.registry.certificates.access import visible
from services.registry.institutions.punctuality import certificate_late, result_late
from services.registry.orders import access as orders_access
from services.registry.orders.tables import LATE, UNENDED, Order, OrderStep
from services.registry.tables import REPORTED, Instrument, Verification

_ORDER: tuple[Any, ...] = (Verification.report_by, Verification.verification_id)
_YEAR = timedelta(days=365)


async def list_reports(view: View, request: pb.ListReportsRequest) -> pb.ListReportsResponse:
    """Returns a page of the verifications that institutions reported, the newest last day first."""
    every: Any = select(Verification, Instrument).join(Instrument).where(sa.text(REPORTED))
    if request.institution:
        every = every.where(col(Verification.institution) == request.institution)
    asked = sa.and_(await visible(view), *_in_state(request.state, view.today))
    page, token = await paging.page(
        view.session,
        request,
        every.where(unindexed(asked)),
        *_ORDER,
        newest_first=True,
        key=lambda row: [getattr(row[0], column.key) for column in _ORDER],
    )
    count = await paging.count(view.session, request, every.where(asked), token)
    reports = [_report(row, instrument, view.today) for row, instrument in page]
    return pb.ListReportsResponse(reports=reports, next_page_token=token, **count)


def _in_state(state: str, today: date) -> Sequence[sa.ColumnElement[bool]]:
    if state == "late":
        return [sa.or_(result_late(), certificate_late(today))]
    return [col(Verification.certificate_on).is_(None)] if state == "awaited" else []


def _report(row: Verification, instrument: Instrument, today: date) -> pb.Report:
    reported_on, last = row.reported_on, row.report_by
    return pb.Report(
        entry=wire.verification_entry(row, instrument),
        result_late=bool(reported_on and last and reported_on > last),
        certificate_late=bool(last and (row.certificate_on or today) > last),
    )


async def get_punctuality(
    view: View, request: pb.GetPunctualityRequest
) -> pb.GetPunctualityResponse:
    """Counts what each institution did in time and what late, in days of verifications and steps.

    Without days, of the year that ends today. Raises InvalidInput if the first is after the last.
    """
    until = validation.day(request.counted_until, "counted_until") or view.today
    first = validation.day(request.counted_from, "counted_from") or until - _YEAR
    if first > until:
        zh, en = "不得晚于最后一日", "must not be after the last day"
        raise InvalidInput(faults=[Fault("counted_from", zh, en)])
    found: defaultdict[str, pb.Punctuality] = defaultdict(pb.Punctuality)
    for name, reported, results, certificates in await _reports(view, first, until):
        found[name].reported = reported
        found[name].results_late, found[name].certificates_late = results, certificates
    for name, number in await _late_steps(view, first, until):
        found[name].steps_late = number
    for name, number in await _overdue(view):
        found[name].orders_overdue = number
    for name, one in found.items():
        one.institution = name
    by_name = [found[name] for name in sorted(found)]
    return pb.GetPunctualityResponse(
        institutions=by_name,
        counted_from=first.isoformat(),
        counted_until=until.isoformat(),
    )


async def _reports(view: View, first: date, until: date) -> Sequence[Any]:
    counted: Any = (
        select(
            Verification.institution,
            sa.func.count(),
            sa.func.count().filter(result_late()),
            sa.func.count().filter(certificate_late(view.today)),
        )
        .join(Instrument)
        .where(
            sa.text(REPORTED),
            col(Verification.verified_on).between(first, until),
            await visible(view),
        )
        .group_by(col(Verification.institution))
    )
    return [*await view.session.exec(counted)]


async def _late_steps(view: View, first: date, until: date) -> Sequence[Any]:
    counted = (
        select(Order.institution, sa.func.count())
        .join(OrderStep, col(OrderStep.order_id) == Order.order_id)
        .where(
            sa.text(f"verification_order_step.{LATE}"),
            col(OrderStep.at) >= midnight(first),
            col(OrderStep.at) < midnight(until + timedelta(days=1)),
            await orders_access.visible(view),
        )
        .group_by(Order.institution)
    )
    return [*await view.session.exec(counted)]


async def _overdue(view: View) -> Sequence[Any]:
    counted = (
        select(Order.institution, sa.func.count())
        .where(sa.text(UNENDED), col(Order.due_on) < view.today, await orders_access.visible(view))
        .group_by(Order.institution)
    )
    return [*await view.session.exec(counted)]
