"""Reads everything of a case that its archive holds, with the rights of whoever takes it.

So the subject of a case takes its own edition: what it may not see is never read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import grpc

from plumbing.client import EXPORTING, PURPOSE, Refusal, ask
from plumbing.clock import SHANGHAI
from protos.grading.v1 import grading_pb2
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import archive_pb2, evidence_pb2
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2

_HIDDEN = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED)
_EXPORTED = ((PURPOSE, EXPORTING),)
_PAGE = 1000


class Stubs(Protocol):
    """The gRPC stubs with which the parts of a case are read, such as a client of the command."""

    @property
    def registry(self) -> Any: ...

    @property
    def clock(self) -> Any: ...

    @property
    def identity(self) -> Any: ...

    @property
    def grading(self) -> Any: ...

    @property
    def objection(self) -> Any: ...

    @property
    def evidence(self) -> Any: ...

    @property
    def case_archive(self) -> Any: ...


@dataclass(frozen=True)
class CaseFile:
    """The parts of a case as of a moment: `receipts` by their ids.

    `people` and `bureaus` are names, by account and by code.
    """

    read_at: datetime
    by_subject: bool  # who sees no internal files

    answer: objection.GetCaseResponse
    files: Sequence[evidence_pb2.Evidence]
    proof: archive_pb2.ProveCaseResponse
    receipts: Mapping[str, grading_pb2.GetReceiptResponse]
    records: Sequence[registry_pb2.Record]
    subject: registry_pb2.Subject
    bureaus: Mapping[str, str]
    people: Mapping[str, str]

    @property
    def case(self) -> objection.Case:
        """The case itself."""
        return self.answer.case


async def read_case_file(stubs: Stubs, case_id: str) -> CaseFile:
    """Reads the parts of a case.

    Raises Refusal as the services refuse; what the reader may not see of records is left out.
    """
    request = objection.GetCaseRequest(case_id=case_id)
    answer = await ask(stubs.objection.GetCase(request, metadata=_EXPORTED))
    case = answer.case
    files = await ask(
        stubs.evidence.ListEvidence(evidence_pb2.ListEvidenceRequest(case_id=case.case_id))
    )
    clock = await ask(stubs.clock.GetClock(registry_pb2.GetClockRequest()))
    proof, receipts, records, subject, bureaus = await asyncio.gather(
        ask(stubs.case_archive.ProveCase(archive_pb2.ProveCaseRequest(case_id=case.case_id))),
        _receipts(stubs, case),
        _records(stubs, case.record_ids),
        _subject(stubs, case.subject_id),
        _bureaus(stubs),
    )
    people = await _people(stubs, answer, files.evidence)
    return CaseFile(
        read_at=clock.now.ToDatetime(SHANGHAI),
        by_subject="internal" not in files.classifications,
        answer=answer,
        files=files.evidence,
        proof=proof,
        receipts=receipts,
        records=records,
        subject=subject,
        bureaus=bureaus,
        people=people,
    )


async def _receipts(
    stubs: Stubs, case: objection.Case
) -> dict[str, grading_pb2.GetReceiptResponse]:
    found = {}
    for receipt_id in filter(None, (case.receipt_before, case.receipt_after)):
        request = grading_pb2.GetReceiptRequest(receipt_id=receipt_id)
        receipt = await _or_none(stubs.grading.GetReceipt(request))
        if receipt is not None:
            found[receipt_id] = receipt
    return found


async def _records(stubs: Stubs, record_ids: Iterable[str]) -> list[registry_pb2.Record]:
    requests = (registry_pb2.GetRecordRequest(record_id=one) for one in record_ids)
    found = [await _or_none(stubs.registry.GetRecord(request)) for request in requests]
    return [one.record for one in found if one is not None]


async def _subject(stubs: Stubs, subject_id: str) -> registry_pb2.Subject:
    request = registry_pb2.GetSubjectRequest(subject_id=subject_id)
    found = await _or_none(stubs.registry.GetSubject(request))
    return found.subject if found else registry_pb2.Subject(subject_id=subject_id)


async def _bureaus(stubs: Stubs) -> dict[str, str]:
    request = registry_pb2.ListBureausRequest(page_size=_PAGE)
    return {one.code: one.name for one in (await ask(stubs.registry.ListBureaus(request))).bureaus}


async def _people(
    stubs: Stubs, answer: objection.GetCaseResponse, files: Iterable[evidence_pb2.Evidence]
) -> dict[str, str]:
    ids = {answer.case.lodged_by, answer.case.caseworker, answer.case.decided_by}
    ids |= {step.actor for step in answer.steps} | {one.uploaded_by for one in files}
    request = identity_pb2.NameAccountsRequest(account_ids=sorted(filter(None, ids)))
    names = await ask(stubs.identity.NameAccounts(request))
    return {one.account_id: one.display_name for one in names.names}


async def _or_none(call: Any) -> Any:
    try:
        return await ask(call)
    except Refusal as refusal:
        if refusal.code in _HIDDEN:
            return None
        raise
