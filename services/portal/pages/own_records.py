"""The page of an operator's credit records, each with the acts that the law lets it take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from starlette.responses import Response

from law.evidence import RecordKind, RecordStatus
from plumbing.client import Refusal, ask
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.case_reviews import decided_records
from services.portal.pages.reading import ALL, kept_record, records_of
from services.portal.visit import Visit, message_of

_NOT_NOW = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT)


@dataclass(frozen=True)
class Repair:
    """Whether a repair of a record can be applied for, from when, and what is missing."""

    possible: bool
    possible_from: str = ""
    missing: tuple[objection.Condition, ...] = ()
    refusal: str = ""


@dataclass(frozen=True)
class OwnRecord:
    """A credit record of the visitor's firm, with what can be done about it.

    `case` is the open case that is about it; `decided` is the case that decided about its present
    content. `repair` is None where no repair is applied for.
    """

    record: registry.Record
    retention: registry.Retention
    case: objection.Case | None
    decided: objection.RelatedCase | None
    repair: Repair | None

    @property
    def may_object(self) -> bool:
        """Whether an objection to the record can be lodged now."""
        active = self.record.status == RecordStatus.ACTIVE
        free = self.case is None and self.decided is None
        return active and free and not self.record.contested

    @property
    def may_reply(self) -> bool:
        """Whether the firm may write a reply that stands beside the record in public."""
        active = self.record.status == RecordStatus.ACTIVE
        return active and not RecordKind(self.record.kind).positive


async def records(visit: Visit) -> Response:
    """Shows every credit record of the firm, with the acts that are possible for it, or why not."""
    found = await records_of(visit, visit.person.subject_id)
    cases, decided = await asyncio.gather(_open_cases(visit), decided_records(visit))
    own = await asyncio.gather(*(_own(visit, record.record_id, cases, decided) for record in found))
    return visit.page("operator/records.html", own=own)


async def _open_cases(visit: Visit) -> Mapping[str, objection.Case]:
    """The open cases of the firm, by the id of each record that they are about."""
    request = objection.ListCasesRequest(subject_id=visit.person.subject_id, page_size=ALL)
    cases = (await ask(visit.services.objection.ListCases(request))).cases
    return {record_id: case for case in cases for record_id in case.record_ids}


async def _own(
    visit: Visit,
    record_id: str,
    cases: Mapping[str, objection.Case],
    decided: Mapping[str, objection.RelatedCase],
) -> OwnRecord:
    kept = await kept_record(visit, record_id)
    record, case = kept.record, cases.get(record_id)
    active = record.status == RecordStatus.ACTIVE and not record.contested and case is None
    adverse = not RecordKind(record.kind).positive
    checked = await _repair(visit, record_id) if active and adverse else None
    return OwnRecord(record, kept.retention, case, decided.get(record_id), checked)


async def _repair(visit: Visit, record_id: str) -> Repair:
    request = repair.CheckRepairRequest(subject_id=visit.person.subject_id, record_ids=[record_id])
    try:
        answer = await ask(visit.services.repair.CheckRepair(request))
    except Refusal as refusal:
        if refusal.code not in _NOT_NOW:
            raise
        return Repair(False, refusal=message_of(refusal, visit.language))
    missing = tuple(one for one in answer.repair.conditions if not one.met and not one.to_confirm)
    return Repair(answer.may_lodge, answer.may_lodge_from, missing)
