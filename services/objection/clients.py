"""Calls to registry and grading, made by objection on behalf of a person's account (D-09).

Every method raises Refusal if the other service refuses the call, unless its docstring names
another error or result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import grpc

from law.errors import Fault, InvalidInput, NotFound
from plumbing.client import Refusal, ask, derived_request_id, for_account
from protos.grading.v1 import (
    assessments_pb2,
    assessments_pb2_grpc,
    grading_pb2,
    grading_pb2_grpc,
)
from protos.identity.v1 import identity_pb2, identity_pb2_grpc
from protos.registry.v1 import (
    publication_pb2,
    publication_pb2_grpc,
    registry_pb2,
    registry_pb2_grpc,
)

_PAGE = 1000
_OF_THE_VALUES = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS)


@dataclass(frozen=True)
class Clients:
    """The gRPC stubs of registry and grading, over channels with the identity of objection."""

    registry: registry_pb2_grpc.RegistryServiceStub
    publications: publication_pb2_grpc.PublicationServiceStub
    identity: identity_pb2_grpc.IdentityServiceStub
    grading: grading_pb2_grpc.GradingServiceStub
    assessments: assessments_pb2_grpc.AssessmentServiceStub

    @classmethod
    def over(cls, registry: grpc.aio.Channel, grading: grpc.aio.Channel) -> Clients:
        """Creates the gRPC stubs from one channel to registry and one channel to grading."""
        return cls(
            registry_pb2_grpc.RegistryServiceStub(registry),
            publication_pb2_grpc.PublicationServiceStub(registry),
            identity_pb2_grpc.IdentityServiceStub(registry),
            grading_pb2_grpc.GradingServiceStub(grading),
            assessments_pb2_grpc.AssessmentServiceStub(grading),
        )

    async def record(self, record_id: str, behalf: str) -> registry_pb2.Record:
        """Returns a record from the register."""
        return (await self._get_record(record_id, behalf)).record

    async def retention(self, record_id: str, behalf: str) -> registry_pb2.Retention:
        """Returns for how long the register stores a record, and the rule text that says so."""
        return (await self._get_record(record_id, behalf)).retention

    async def _get_record(self, record_id: str, behalf: str) -> registry_pb2.GetRecordResponse:
        request = registry_pb2.GetRecordRequest(record_id=record_id)
        return await ask(self.registry.GetRecord(request, metadata=for_account(behalf)))

    async def records(self, record_ids: Sequence[str], behalf: str) -> list[registry_pb2.Record]:
        """Returns several records from the register.

        Raises InvalidInput with the id of every record that does not exist.
        """
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
        """Returns the records in `record_ids` that the register still contains.

        Undoing an import removes records from the register.
        """
        records = [await self._record_or_none(record_id, behalf) for record_id in record_ids]
        return [record for record in records if record is not None]

    async def any_on_file(self, record_ids: Sequence[str], behalf: str) -> bool:
        """Returns whether the archive still holds any of these records."""
        records = await self.still_held(record_ids, behalf)
        return any(record.status != "expired" for record in records)

    async def _record_or_none(self, record_id: str, behalf: str) -> registry_pb2.Record | None:
        try:
            return await self.record(record_id, behalf)
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return None
            raise

    async def disclosed(self, subject_id: str, behalf: str) -> list[registry_pb2.DisclosedRecord]:
        """Returns the records of a subject that the public is shown today."""
        request = registry_pb2.ListDisclosedRecordsRequest(subject_id=subject_id, page_size=_PAGE)
        metadata = for_account(behalf)
        pages = await _pages(
            lambda: self.registry.ListDisclosedRecords(request, metadata=metadata), request
        )
        return [record for page in pages for record in page.records]

    async def publication(self, record_id: str, behalf: str) -> publication_pb2.Publication:
        """Returns what the review of a record found, from the registry."""
        request = publication_pb2.GetPublicationRequest(record_id=record_id)
        call = self.publications.GetPublication(request, metadata=for_account(behalf))
        return (await ask(call)).publication

    async def archive(self, subject_id: str, behalf: str) -> list[registry_pb2.Record]:
        """Returns every record of a subject. Raises NotFound if there is no such subject."""
        await self.subject(subject_id, behalf)
        request = registry_pb2.ListRecordsRequest(subject_id=subject_id, page_size=_PAGE)
        metadata = for_account(behalf)
        pages = await _pages(lambda: self.registry.ListRecords(request, metadata=metadata), request)
        return [record for page in pages for record in page.records]

    async def entry(
        self, target: str, entry_id: str, behalf: str
    ) -> registry_pb2.GetEntryResponse | None:
        """Returns what an entry of the register says; None if there is no such entry."""
        request = registry_pb2.GetEntryRequest(target=target, id=entry_id)
        try:
            return await ask(self.registry.GetEntry(request, metadata=for_account(behalf)))
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return None
            raise

    async def check_correction(
        self, correction: registry_pb2.EntryCorrection, behalf: str
    ) -> tuple[Fault, ...]:
        """Returns why the register would refuse a correction of an entry; empty if it would not."""
        request = registry_pb2.CheckCorrectionRequest(correction=correction)
        try:
            await ask(self.registry.CheckCorrection(request, metadata=for_account(behalf)))
        except Refusal as refusal:
            if refusal.code not in _OF_THE_VALUES:
                raise
            whole = ("", refusal.message_zh, refusal.message_en)
            return tuple(Fault(*one) for one in refusal.faults or (whole,))
        return ()

    async def correct_entry(
        self, case_id: str, correction: registry_pb2.EntryCorrection, ground: str, behalf: str
    ) -> None:
        """Corrects an entry of the register. A repeated call for the same case changes nothing."""
        request = registry_pb2.CorrectEntryRequest(
            request_id=derived_request_id("correct", case_id, correction.target, correction.id),
            correction=correction,
            ground=ground,
            case_id=case_id,
        )
        await ask(self.registry.CorrectEntry(request, metadata=for_account(behalf)))

    async def subject(self, subject_id: str, behalf: str) -> registry_pb2.Subject:
        """Returns a subject from the register. Raises NotFound if there is no such subject."""
        request = registry_pb2.GetSubjectRequest(subject_id=subject_id)
        call = self.registry.GetSubject(request, metadata=for_account(behalf))
        try:
            return (await ask(call)).subject
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                raise NotFound("没有该信用主体", "There is no such subject") from refusal
            raise

    async def subjects_named(
        self, text: str, behalf: str, *, bureau: str, own: str, most: int
    ) -> list[str]:
        """Returns the subjects of a bureau and of those below it whose name contains a text.

        With `own` only that subject is asked about. Stops soon after `most` subjects.
        """
        request = registry_pb2.ListSubjectsRequest(
            name_contains=text,
            within=bureau,
            subject_ids=filter(None, [own]),
            page_size=_PAGE,
        )
        found: list[str] = []
        while len(found) <= most:
            page = await ask(self.registry.ListSubjects(request, metadata=for_account(behalf)))
            found += [subject.subject_id for subject in page.subjects]
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        return found

    async def bureaus(self) -> dict[str, registry_pb2.Bureau]:
        """Returns every bureau in the register, by bureau code."""
        request = registry_pb2.ListBureausRequest(page_size=_PAGE)
        pages = await _pages(lambda: self.registry.ListBureaus(request), request)
        return {bureau.code: bureau for page in pages for bureau in page.bureaus}

    async def people(self, bureau: str, behalf: str) -> list[identity_pb2.UnitPerson]:
        """Returns everybody with an open account of a bureau."""
        request = identity_pb2.ListUnitPeopleRequest(bureau=bureau, page_size=_PAGE)
        metadata = for_account(behalf)
        pages = await _pages(
            lambda: self.identity.ListUnitPeople(request, metadata=metadata), request
        )
        return [person for page in pages for person in page.people]

    async def absences(self, bureau: str, day: date, behalf: str) -> list[identity_pb2.Absence]:
        """Returns the absences of a bureau's people on a day, which must not be over."""
        request = identity_pb2.ListAbsencesRequest(
            bureau=bureau, begun_to=day.isoformat(), lasting_to=day.isoformat(), page_size=_PAGE
        )
        metadata = for_account(behalf)
        pages = await _pages(
            lambda: self.identity.ListAbsences(request, metadata=metadata), request
        )
        return [absence for page in pages for absence in page.absences]

    async def set_contested(
        self, case_id: str, record_ids: Sequence[str], behalf: str, *, contested: bool
    ) -> dict[str, int]:
        """Marks records as contested by a case, or removes the mark; returns their versions.

        The mark is added if `contested` is true and removed if it is false. The versions are by
        record id. Records that the register no longer contains are left out.
        """
        record_ids = [one.record_id for one in await self.still_held(record_ids, behalf)]
        if not record_ids:
            return {}
        request = registry_pb2.SetContestedRequest(
            request_id=derived_request_id("contested", case_id, str(contested), *record_ids),
            record_ids=record_ids,
            case_id=case_id,
            contested=contested,
        )
        response = await ask(self.registry.SetContested(request, metadata=for_account(behalf)))
        return {record.record_id: record.version for record in response.records}

    async def withdraw(self, case_id: str, record_id: str, ground: str, behalf: str) -> None:
        """Withdraws a record in the register. A repeated call for the same case changes nothing."""
        request = registry_pb2.WithdrawRecordRequest(
            request_id=derived_request_id("withdraw", case_id, record_id),
            record_id=record_id,
            ground=ground,
            case_id=case_id,
        )
        await ask(self.registry.WithdrawRecord(request, metadata=for_account(behalf)))

    async def correct(
        self, case_id: str, record: registry_pb2.Record, ground: str, behalf: str
    ) -> None:
        """Replaces a record in the register by `record`, its corrected state.

        A repeated call for the same case and the same version of the record changes nothing.
        """
        version = str(record.version)
        request = registry_pb2.CorrectRecordRequest(
            request_id=derived_request_id("correct", case_id, record.record_id, version),
            record=record,
            ground=ground,
            case_id=case_id,
        )
        await ask(self.registry.CorrectRecord(request, metadata=for_account(behalf)))

    async def repair(
        self, case_id: str, record_ids: Sequence[str], ground: str, behalf: str
    ) -> dict[str, int]:
        """Marks records as repaired in the register; returns the version of each, by record id.

        A repeated call for the same case and the same records changes nothing.
        """
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
        """Stops the disclosure of records in the register.

        A repeated call for the same case and the same records changes nothing.
        """
        request = registry_pb2.StopDisclosureRequest(
            request_id=derived_request_id("stop-disclosure", case_id, *record_ids),
            record_ids=record_ids,
            ground=ground,
        )
        await ask(self.registry.StopDisclosure(request, metadata=for_account(behalf)))

    async def grade(self, subject_id: str, behalf: str) -> grading_pb2.Grade:
        """Returns the grade of a subject in force today; an empty grade if the subject has none."""
        request = grading_pb2.GetGradeRequest(subject_id=subject_id)
        try:
            return (await ask(self.grading.GetGrade(request, metadata=for_account(behalf)))).grade
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return grading_pb2.Grade(subject_id=subject_id)
            raise

    async def without(
        self, subject_id: str, record_ids: Sequence[str], behalf: str
    ) -> assessments_pb2.WhatIfResponse:
        """Returns the grade of a subject today, and once some of its records are left out."""
        request = assessments_pb2.WhatIfRequest(subject_id=subject_id)
        for record_id in record_ids:
            ended = assessments_pb2.EndedRecord(record_id=record_id, status="withdrawn")
            request.changes.add(ended=ended)
        return await ask(self.assessments.WhatIf(request, metadata=for_account(behalf)))

    async def grades(self, subject_id: str, behalf: str) -> list[grading_pb2.Grade]:
        """Returns every grade ever stated for a subject, including superseded statements."""
        request = grading_pb2.ListGradesRequest(subject_id=subject_id, page_size=_PAGE)
        metadata = for_account(behalf)
        pages = await _pages(lambda: self.grading.ListGrades(request, metadata=metadata), request)
        return [grade for page in pages for grade in page.grades]

    async def is_graded(self, record_id: str, version: int, behalf: str) -> bool:
        """Returns whether a grade takes a version of a record, or a later one, into account."""
        request = grading_pb2.GetRecordGradedRequest(record_id=record_id, version=version)
        call = self.grading.GetRecordGraded(request, metadata=for_account(behalf))
        return (await ask(call)).graded

    async def receipt(self, receipt_id: str, behalf: str) -> str:
        """Returns a grading receipt as a JSON text."""
        return str((await self._get_receipt(receipt_id, behalf)).receipt_json)

    async def explanation(self, receipt_id: str, behalf: str) -> list[str]:
        """Returns the points of a grading receipt in Chinese; an empty list for an empty id."""
        if not receipt_id:
            return []
        return list((await self._get_receipt(receipt_id, behalf)).explanation_zh)

    async def receipt_digests(self, receipt_ids: Sequence[str]) -> dict[str, str]:
        """Returns the digest of each grading receipt that exists; at most 500 are asked for."""
        request = grading_pb2.GetReceiptDigestsRequest(receipt_ids=filter(None, receipt_ids))
        return dict((await ask(self.grading.GetReceiptDigests(request))).digests)

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
