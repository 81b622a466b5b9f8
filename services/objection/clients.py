"""What this service asks of registry and grading, as itself and on somebody's behalf (D-09)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc

from law.errors import Fault, InvalidInput, NotFound
from plumbing.client import Refusal, ask, derived_request_id, for_account
from protos.grading.v1 import grading_pb2, grading_pb2_grpc
from protos.registry.v1 import registry_pb2, registry_pb2_grpc


@dataclass(frozen=True)
class Neighbours:
    """Registry and grading, over channels that carry this service's identity."""

    registry: registry_pb2_grpc.RegistryServiceStub
    grading: grading_pb2_grpc.GradingServiceStub

    @classmethod
    def over(cls, registry: grpc.aio.Channel, grading: grpc.aio.Channel) -> Neighbours:
        """The neighbours at the ends of two channels."""
        return cls(
            registry_pb2_grpc.RegistryServiceStub(registry),
            grading_pb2_grpc.GradingServiceStub(grading),
        )

    async def record(self, record_id: str, behalf: str) -> registry_pb2.Record:
        """A record as the register holds it. Raises Refusal."""
        request = registry_pb2.GetRecordRequest(record_id=record_id)
        return (await ask(self.registry.GetRecord(request, metadata=for_account(behalf)))).record

    async def records(self, record_ids: Sequence[str], behalf: str) -> list[registry_pb2.Record]:
        """Several records. Raises InvalidInput naming every one there is not, else Refusal."""
        found, faults = [], []
        for record_id in record_ids:
            try:
                found.append(await self.record(record_id, behalf))
            except Refusal as refusal:
                if refusal.code is not grpc.StatusCode.NOT_FOUND:
                    raise
                zh, en = f"没有记录{record_id}", f"There is no record {record_id}"
                faults.append(Fault("record_ids", zh, en))
        if faults:
            raise InvalidInput(faults=faults)
        return found

    async def still_held(self, record_ids: Sequence[str], behalf: str) -> list[registry_pb2.Record]:
        """Those of the records that the register still has; undoing an import removes some."""
        found = []
        for record_id in record_ids:
            try:
                record = await self.record(record_id, behalf)
            except Refusal as refusal:
                if refusal.code is not grpc.StatusCode.NOT_FOUND:
                    raise
            else:
                found.append(record)
        return found

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
        answer = await ask(self.registry.SetContested(request, metadata=for_account(behalf)))
        return {record.record_id: record.version for record in answer.records}

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
        """Makes a record read so, once per case and version read."""
        request = registry_pb2.CorrectRecordRequest(
            request_id=derived_request_id(
                "correct", case_id, record.record_id, str(record.version)
            ),
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
        answer = await ask(self.registry.RepairRecords(request, metadata=for_account(behalf)))
        return {record.record_id: record.version for record in answer.records}

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

    async def subject(self, subject_id: str, behalf: str) -> registry_pb2.Subject:
        """A subject. Raises NotFound, else Refusal."""
        request = registry_pb2.GetSubjectRequest(subject_id=subject_id)
        try:
            return (
                await ask(self.registry.GetSubject(request, metadata=for_account(behalf)))
            ).subject
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                raise NotFound("没有该信用主体", "There is no such subject") from refusal
            raise

    async def bureaus(self) -> dict[str, registry_pb2.Bureau]:
        """Every bureau, by code."""
        found: dict[str, registry_pb2.Bureau] = {}
        token = ""
        while True:
            request = registry_pb2.ListBureausRequest(page_size=1000, page_token=token)
            answer = await ask(self.registry.ListBureaus(request))
            found |= {bureau.code: bureau for bureau in answer.bureaus}
            if not (token := answer.next_page_token):
                return found

    async def archive(self, subject_id: str, behalf: str) -> list[registry_pb2.Record]:
        """Every record of a subject that the register has. Raises NotFound, else Refusal."""
        await self.subject(subject_id, behalf)
        found: list[registry_pb2.Record] = []
        token = ""
        while True:
            request = registry_pb2.ListRecordsRequest(
                subject_id=subject_id, page_size=1000, page_token=token
            )
            answer = await ask(self.registry.ListRecords(request, metadata=for_account(behalf)))
            found += answer.records
            if not (token := answer.next_page_token):
                return found

    async def retention(self, record_id: str, behalf: str) -> registry_pb2.Retention:
        """How long a record is kept, and by which text."""
        request = registry_pb2.GetRecordRequest(record_id=record_id)
        return (await ask(self.registry.GetRecord(request, metadata=for_account(behalf)))).retention

    async def grades(self, subject_id: str, behalf: str) -> list[grading_pb2.Grade]:
        """Every grade ever stated of a subject."""
        found: list[grading_pb2.Grade] = []
        token = ""
        while True:
            request = grading_pb2.ListGradesRequest(
                subject_id=subject_id, page_size=1000, page_token=token
            )
            answer = await ask(self.grading.ListGrades(request, metadata=for_account(behalf)))
            found += answer.grades
            if not (token := answer.next_page_token):
                return found

    async def receipt(self, receipt_id: str, behalf: str) -> str:
        """A receipt, as JSON."""
        request = grading_pb2.GetReceiptRequest(receipt_id=receipt_id)
        answer = await ask(self.grading.GetReceipt(request, metadata=for_account(behalf)))
        return str(answer.receipt_json)

    async def grade(self, subject_id: str, behalf: str) -> grading_pb2.Grade:
        """The grade in force today; an empty one for a subject that has none."""
        request = grading_pb2.GetGradeRequest(subject_id=subject_id)
        try:
            return (await ask(self.grading.GetGrade(request, metadata=for_account(behalf)))).grade
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return grading_pb2.Grade(subject_id=subject_id)
            raise

    async def is_graded(self, record_id: str, version: int, behalf: str) -> bool:
        """Whether grading has taken that version of a record into account."""
        request = grading_pb2.GetRecordGradedRequest(record_id=record_id, version=version)
        answer = await ask(self.grading.GetRecordGraded(request, metadata=for_account(behalf)))
        return answer.graded

    async def explanation(self, receipt_id: str, behalf: str) -> list[str]:
        """A receipt point by point, in Chinese; nothing where there is no receipt."""
        if not receipt_id:
            return []
        request = grading_pb2.GetReceiptRequest(receipt_id=receipt_id)
        answer = await ask(self.grading.GetReceipt(request, metadata=for_account(behalf)))
        return list(answer.explanation_zh)
