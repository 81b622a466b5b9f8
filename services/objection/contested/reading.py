"""Reads what the commands on contested items need of other services, before they begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from law.contested import OF_RECORDS
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.clients import Clients
from services.objection.contested.entries import check_entries, entries_held, entries_named
from services.objection.contested.grades import contested_grade
from services.objection.contested.items import items_of
from services.objection.contested.wanted import wanted
from services.objection.tables import Case


async def to_lodge(
    clients: Clients, request: pb.LodgeObjectionRequest, behalf: str
) -> dict[str, Any]:
    """Returns what `lodging.lodge` needs.

    Raises InvalidInput for what does not exist, and for a grade that does not rest on the records.
    """
    subject = await clients.subject(request.subject_id, behalf)
    what = wanted(request)
    records = await clients.records(what.record_ids, behalf)
    entries = await entries_named(clients, what.entries, behalf)
    grade = None
    if what.receipt_id:
        grade = await contested_grade(
            clients,
            subject.subject_id,
            what.receipt_id,
            [record.record_id for record in records],
            behalf,
        )
    return {
        "subject_id": subject.subject_id,
        "sector": subject.sector,
        "records": records,
        "entries": entries,
        "grade": grade,
    }


async def to_reconsider(clients: Clients, case: Case, behalf: str) -> dict[str, Any]:
    """Returns the records and entries of an objection that the register still has."""
    contested = [item for item in items_of(case) if item.target not in OF_RECORDS]
    return {
        "records": await clients.still_held(case.record_ids, behalf),
        "entries": await entries_held(clients, contested, behalf),
    }


async def to_decide(
    clients: Clients, case: Case, request: pb.DecideObjectionRequest, behalf: str
) -> Sequence[Record]:
    """Returns the contested records of a case that is to be decided.

    Raises InvalidInput for corrections of entries that the register would refuse.
    """
    records = await clients.records(case.record_ids, behalf)
    await check_entries(clients, items_of(case), request, behalf)
    return records
