"""Carries out what a decision says of each contested item; doing it again changes nothing more."""

from __future__ import annotations

from collections.abc import Collection

import grpc
from temporalio.exceptions import ApplicationError

from law.contested import OF_RECORDS
from law.objection import Outcome
from plumbing.client import Refusal
from protos.registry.v1.registry_pb2 import Record
from services.objection.clients import Clients
from services.objection.contested.deciding import correction_of
from services.objection.contested.items import Item, items_of, record_ids
from services.objection.corrections import corrected
from services.objection.steps import decision_cite
from services.objection.tables import Case

_ENDED = ("withdrawn", "repaired", "expired")


def ground_of(case: Case) -> str:
    """Returns the ground that the register notes for what a case orders: number and article."""
    return f"{case.number}；{decision_cite(case)}"


async def carry_out(clients: Clients, case: Case) -> None:
    """Changes the register as the decision of a case orders, item by item (S4 五(三))."""
    by_outcome = {
        outcome: [item for item in items_of(case) if item.outcome is outcome] for outcome in Outcome
    }
    await _withdraw(clients, case, by_outcome[Outcome.DELETE])
    await _correct(clients, case, by_outcome[Outcome.CORRECT])
    await _stop_disclosure(clients, case, by_outcome[Outcome.STOP_DISCLOSURE])


async def _withdraw(clients: Clients, case: Case, items: Collection[Item]) -> None:
    for record in await _in_effect(clients, case, items):
        await clients.withdraw(case.case_id, record.record_id, ground_of(case), case.acting_for)


async def _stop_disclosure(clients: Clients, case: Case, items: Collection[Item]) -> None:
    ids = [record.record_id for record in await _in_effect(clients, case, items)]
    if ids:
        await clients.stop_disclosure(case.case_id, ids, ground_of(case), case.acting_for)


async def _correct(clients: Clients, case: Case, items: Collection[Item]) -> None:
    orders = {correction["record_id"]: correction for correction in case.corrections}
    for record in await _in_effect(clients, case, items):
        target = corrected(record, orders[record.record_id])
        if target != record:  # equal when an earlier attempt already corrected it
            await _correct_record(clients, case, target)
    for item in items:
        if item.target not in OF_RECORDS:
            await _correct_entry(clients, case, item)


async def _correct_record(clients: Clients, case: Case, target: Record) -> None:
    try:
        await clients.correct(case.case_id, target, ground_of(case), case.acting_for)
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.FAILED_PRECONDITION:
            # The record changed between reading and writing; the next attempt reads it again.
            raise ApplicationError(str(refusal), type=refusal.reason) from refusal
        raise


async def _correct_entry(clients: Clients, case: Case, item: Item) -> None:
    correction = correction_of(item)
    await clients.correct_entry(case.case_id, correction, ground_of(case), case.acting_for)


async def _in_effect(clients: Clients, case: Case, items: Collection[Item]) -> list[Record]:
    """The records among the items that are still in effect, so not yet dealt with."""
    held = await clients.still_held(record_ids(items), case.acting_for)
    return [record for record in held if record.status not in _ENDED]
