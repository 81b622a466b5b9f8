"""Fills the order books of the sample: orders in every state, one too late, and results reported.

Most orders are of a firm beside the cast, which has scales; two are of the operator of the cast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from law.instruments import instrument_type
from law.periods import add_months
from plumbing.client import new_request_id
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.sample.instruments import CYCLE_WHERE_UNKNOWN, INSTITUTION, SampleInstrument

APPLICANT = "HZ-13"  # a canteen with scales, one of them overdue
_DAY = timedelta(days=1)
_VISIT_IN = 3 * _DAY
REPORTED_AFTER = 21 * _DAY  # later than the law allows, whatever the holidays
_GROUNDS = {
    "refused": "样例：铭牌看不清，请先补齐铭牌",
    "cancelled": "样例：检定装置停用，一个月内不能检定，请向其他机构申请",
}


class Way(NamedTuple):
    """An order of the sample: the number of its instrument, and the steps after the application."""

    number: int
    steps: Sequence[str] = ()


# The states are those of the orders: a result completes one, the applicant withdraws, its bureau
# cancels.
_TO_COMPLETED = ("accepted", "in_work", "completed")
OF_APPLICANT = (
    Way(128),
    Way(122, ("accepted",)),
    Way(123, ("accepted",)),  # its validity had ended before the application
    Way(124, ("accepted", "scheduled")),
    Way(125, ("accepted", "scheduled", "received")),
    Way(126, ("accepted", "received", "in_work")),
    Way(120, (*_TO_COMPLETED, "returned")),
    Way(129, ("refused",)),
    Way(129, ("withdrawn",)),
    Way(129, ("accepted", "received", "cancelled")),
)
OF_OPERATOR = (Way(40), Way(45, _TO_COMPLETED))
REPORTED_LATE = 46  # without an order


class OrderBook:
    """The order book of the cast's institution, on one day of the sandbox."""

    def __init__(
        self, institution: Client, bureau: Client, today: date, fleet: Iterable[SampleInstrument]
    ) -> None:
        self._institution, self._bureau, self._today = institution, bureau, today
        self._fleet = {one.number: one for one in fleet}

    async def fill(self, applicant: Client, ways: Iterable[Way]) -> None:
        """Applies for each order as a firm, and takes it through its steps."""
        ids = await self._ids(applicant)
        for way in ways:
            instrument = self._fleet[way.number]
            request = orders.ApplyForVerificationRequest(
                request_id=new_request_id(),
                instrument_ids=[ids[instrument.serial_no]],
                institution_id=INSTITUTION,
            )
            [order] = (await applicant.orders.ApplyForVerification(request)).orders
            for state in way.steps:
                if state == "completed":
                    await self._report(order.instrument_id, instrument, self._today)
                else:
                    await self._move(applicant, order.order_id, state)

    async def report_late(self, owner: Client, number: int) -> None:
        """Reports a result so many days after the verification that it comes too late."""
        instrument = self._fleet[number]
        instrument_id = (await self._ids(owner))[instrument.serial_no]
        await self._report(instrument_id, instrument, self._today - REPORTED_AFTER)

    async def _ids(self, owner: Client) -> Mapping[str, str]:
        """The ids of a firm's instruments, by serial number."""
        listed = await owner.registry.ListInstruments(registry.ListInstrumentsRequest())
        return {one.serial_no: one.instrument_id for one in listed.instruments}

    async def _move(self, applicant: Client, order_id: str, state: str) -> None:
        others = {"withdrawn": applicant, "cancelled": self._bureau}
        actor = others.get(state, self._institution)
        visit_on = (self._today + _VISIT_IN).isoformat()
        request = orders.MoveOrdersRequest(
            request_id=new_request_id(),
            order_ids=[order_id],
            state=state,
            appointed_on=visit_on if state == "scheduled" else "",
            ground=_GROUNDS.get(state, ""),
        )
        await actor.orders.MoveOrders(request)

    async def _report(self, instrument_id: str, instrument: SampleInstrument, on: date) -> None:
        kind = instrument_type(instrument.type_code)
        months = kind.cycle_months or CYCLE_WHERE_UNKNOWN
        result = registry.Verification(
            instrument_id=instrument_id,
            result="pass",
            verified_on=on.isoformat(),
            valid_until=(add_months(on, months) - _DAY).isoformat(),
            institution=INSTITUTION,
            certificate_no=f"YL-{instrument.number:06d}-{len(instrument.history) + 1}",
            method=kind.jjg or "",
        )
        request = registry.RecordVerificationRequest(
            request_id=new_request_id(), verification=result
        )
        await self._institution.registry.RecordVerification(request)
