"""Calls to registry and grading, made as this service on behalf of a person (D-09).

Every method raises Refusal when the other service refuses, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from law.errors import Fault, InvalidInput, NotFound
from plumbing.client import Refusal, ask, derived_request_id, for_account
from protos.grading.v1 import grading_pb2, grading_pb2_grpc
from protos.registry.v1 import registry_pb2, registry_pb2_grpc

_PAGE = 1000


@dataclass(frozen=True)
class Clients:
    """The clients of registry and grading, over channels with this service's identity."""

    registry: registry_pb2_grpc.RegistryServiceStub
    grading: grading_pb2_grpc.GradingServiceStub

    @classmethod
    def over(cls, registry: grpc.aio.Channel, grading: grpc.aio.Channel) -> Clients:
        """Makes the clients from a channel to each service."""
        return cls(
            registry_pb2_grpc.RegistryServiceStub(registry),
            grading_pb2_grpc.GradingServiceStub(grading),
        )

    async def record(self, record_id: str, behalf: str) -> registry_pb2.Record:
        """A record as the register holds it."""
        return (await self._get_record(record_id, behalf)).record

    async def retention(self, record_id: str, behalf: str) -> registry_pb2.Retention:
        """How long a record is kept, and under which text."""
        return (await self._get_record(record_id, behalf)).retention

    async def _get_record(self, record_id: str, behalf: str) -> registry_pb2.GetRecordResponse:
        request = registry_pb2.GetRecordRequest(record_id=record_id)
        return await ask(self.registry.GetRecord(request, metadata=for_account(behalf)))

    async def records(self, record_ids: Sequence[str], behalf: str) -> list[registry_pb2.Record]:
        """Several records. Raises InvalidInput naming every record that does not exist."""
        records, faults = [], []
        for record_id in record_ids:
            record = await self._record_or_none(record_id, behalf)
            if record is None:
                zh, en = f"没有记录{record_id}", f"There is no record {record_id}"
                faults.append(Fault("record_ids", zh, en))
            else:
                records.append(record)
        if faults:
            raise InvalidInput(faults=faults)
        return records

    async def still_held(self, record_ids: Sequence[str], behalf: str) -> list[registry_pb2.Record]:
        """Those of the records that the register still has; undoing an import removes some."""
        records = [await self._record_or_none(record_id, behalf) for record_id in record_ids]
        return [record for record in records if record is not None]

    async def _record_or_none(self, record_id: str, behalf: str) -> registry_pb2.Record | None:
        try:
            return await self.record(record_id, behalf)
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return None
            raise

    async def archive(self, subject_id: str, behalf: str) -> list[registry_pb2.Record]:
        """Every record of a subject. Raises NotFound when there is no such subject."""
        await self.subject(subject_id, behalf)
        request = registry_pb2.ListRecordsRequest(subject_id=subject_id, page_size=_PAGE)
        metadata = for_account(behalf)
        pages = await _pages(lambda: self.registry.ListRecords(request, metadata=metadata), request)
        return [record for page in pages for record in page.records]

    async def subject(self, subject_id: str, behalf: str) -> registry_pb2.Subject:
        """A subject. Raises NotFound when there is none."""
        request = registry_pb2.GetSubjectRequest(subject_id=subject_id)
        call = self.registry.GetSubject(request, metadata=for_account(behalf))
        try:
            return (await ask(call)).subject
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                raise NotFound("没有该信用主体", "There is no such subject") from refusal
            raise

    async def bureaus(self) -> dict[str, registry_pb2.Bureau]:
        """Every bureau, by code."""
        request = registry_pb2.ListBureausRequest(page_size=_PAGE)
        pages = await _pages(lambda: self.registry.ListBureaus(request), request)
        return {bureau.code: bureau for page in pages for bureau in page.bureaus}

    async def set_contested(
        self, case_id: str, record_ids: Sequence[str], behalf: str, *, contested: bool
    ) -> dict[str, int]:
        """Marks records as contested by a case, or ends that; returns the version of each."""
        request = registry_pb2.SetContestedRequest(
            request_id=derived_request_id("contested", case_id, str(contested), *record_ids),
            record_ids=record_ids,
            case_id=case_id,
            contested=contested,
        )
        response = await ask(self.registry.SetContested(request, metadata=for_account(behalf)))
        return {record.record_id: record.version for record in response.records}

    async def withdraw(self, case_id: str, record_id: str, ground: str, behalf: str) -> None:
        """Withdraws a record, once per case."""
        request = registry_pb2.WithdrawRecordRequest(
            request_id=derived_request_id("withdraw", case_id, record_id),
            record_id=record_id,
            ground=ground,
        )
        await ask(self.registry.WithdrawRecord(request, metadata=for_account(behalf)))

    async def correct(
        self, case_id: str, record: registry_pb2.Record, ground: str, behalf: str
    ) -> None:
        """Replaces a record by its corrected state, once per case and version of the record."""
        version = str(record.version)
        request = registry_pb2.CorrectRecordRequest(
            request_id=derived_request_id("correct", case_id, record.record_id, version),
            record=record,
            ground=ground,
        )
        await ask(self.registry.CorrectRecord(request, metadata=for_account(behalf)))

    async def repair(
        self, case_id: str, record_ids: Sequence[str], ground: str, behalf: str
    ) -> dict[str, int]:
        """Marks records as repaired, once per case; returns the version of each."""
        request = registry_pb2.RepairRecordsRequest(
            request_id=derived_request_id("repair", case_id, *record_ids),
            record_ids=record_ids,
            ground=ground,
        )
        response = await ask(self.registry.RepairRecords(request, metadata=for_account(behalf)))
        return {record.record_id: record.version for record in response.records}

    async def stop_disclosure(
        self, case_id: str, record_ids: Sequence[str], ground: str, behalf: str
    ) -> None:
        """Stops the disclosure of records, once per case."""
        request = registry_pb2.StopDisclosureRequest(
            request_id=derived_request_id("stop-disclosure", case_id, *record_ids),
            record_ids=record_ids,
            ground=ground,
        )
        await ask(self.registry.StopDisclosure(request, metadata=for_account(behalf)))

    async def grade(self, subject_id: str, behalf: str) -> grading_pb2.Grade:
        """The grade in force today; an empty one for a subject without a grade."""
        request = grading_pb2.GetGradeRequest(subject_id=subject_id)
        try:
            return (await ask(self.grading.GetGrade(request, metadata=for_account(behalf)))).grade
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return grading_pb2.Grade(subject_id=subject_id)
            raise

    async def grades(self, subject_id: str, behalf: str) -> list[grading_pb2.Grade]:
        """Every statement of a subject's grade, also those no longer known to hold."""
        request = grading_pb2.ListGradesRequest(subject_id=subject_id, page_size=_PAGE)
        metadata = for_account(behalf)
        pages = await _pages(lambda: self.grading.ListGrades(request, metadata=metadata), request)
        return [grade for page in pages for grade in page.grades]

    async def is_graded(self, record_id: str, version: int, behalf: str) -> bool:
        """Whether the grade takes that version of a record, or a later one, into account."""
        request = grading_pb2.GetRecordGradedRequest(record_id=record_id, version=version)
        call = self.grading.GetRecordGraded(request, metadata=for_account(behalf))
        return (await ask(call)).graded

    async def receipt(self, receipt_id: str, behalf: str) -> str:
        """A receipt, as JSON."""
        return str((await self._get_receipt(receipt_id, behalf)).receipt_json)

    async def explanation(self, receipt_id: str, behalf: str) -> list[str]:
        """A receipt point by point, in Chinese; empty for an empty id."""
        if not receipt_id:
            return []
        return list((await self._get_receipt(receipt_id, behalf)).explanation_zh)

    async def _get_receipt(self, receipt_id: str, behalf: str) -> grading_pb2.GetReceiptResponse:
        request = grading_pb2.GetReceiptRequest(receipt_id=receipt_id)
        return await ask(self.grading.GetReceipt(request, metadata=for_account(behalf)))


async def _pages(call: Callable[[], Awaitable[Any]], request: Any) -> list[Any]:
    """Every page of a list; `call` sends `request`, whose page token moves on."""
    pages = []
    while True:
        page = await ask(call())
        pages.append(page)
        if not page.next_page_token:
            return pages
        request.page_token = page.next_page_token
