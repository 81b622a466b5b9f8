"""A valid request for every RPC, so that the answer depends only on the caller."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from plumbing.client import new_request_id
from plumbing.webhook_secrets import new_secret
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import channels_pb2 as of_channels
from protos.alerts.v1 import circulars_pb2 as circulars
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.alerts.v1 import exposure_lists_pb2 as exposure_lists
from protos.alerts.v1 import ladders_pb2 as ladders
from protos.alerts.v1 import templates_pb2 as templates
from protos.alerts.v1 import webhooks_pb2 as webhooks
from protos.calendar.v1 import calendar_pb2 as calendar
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import grading_pb2 as grading
from protos.identity.v1 import identity_pb2 as identity
from protos.letters.v1 import letters_pb2 as letters
from protos.objection.v1 import delivery_pb2 as delivery
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import evidence_pb2 as files
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import publicity_pb2 as publicity
from protos.objection.v1 import sharings_pb2 as sharings
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import calendars_pb2 as calendars
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import directory_pb2 as directory
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import laboratories_pb2 as laboratories
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import people_pb2 as people
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import photographs_pb2 as photographs
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import questions_pb2 as questions
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import sameness_pb2 as sameness
from protos.registry.v1 import upkeep_pb2 as upkeep
from protos.registry.v1.bulk_pb2_grpc import BulkServiceStub
from protos.registry.v1.registry_pb2_grpc import ImportServiceStub
from tests.e2e.requests import (
    Place,
    assess_index,
    authorise,
    bulk_chunk,
    calibration,
    certificate,
    complete_bulk,
    confirm_calibration,
    create_account,
    enter_record,
    evidence,
    laboratory_of,
    lodge,
    open_bulk,
    photograph,
    put_instrument,
    record_of,
    register_operator,
    review,
    run_impact,
    start_impact,
    upkeep_file,
    upkeep_of,
    upload,
    verify,
)
from tests.e2e.rpcs import Rpc
from tests.e2e.staffed_platform import HOME, Person, StaffedPlatform, entered

PAST = Timestamp()
PAST.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))  # the clock only moves forward
# An arrangement that follows the calendar of the release, and moves no term of these tests.
AMENDMENT = {
    "year": 2026,
    "document": "测试〔2025〕1号",
    "title": "关于调整2026年一日假期的测试通知",
    "published_on": "2025-12-01",
    "sha256": "ab" * 32,
    "days_off": ["2026-12-24"],
    "amends": "国办发明电〔2025〕7号",
}
Upload = (
    list[registry.ImportFileRequest]
    | list[registry.StartImportRequest]
    | list[certificates.UploadCertificateRequest]
    | list[files.UploadEvidenceRequest]
    | list[upkeep.UploadUpkeepFileRequest]
    | list[calibrations.UploadDccRequest]
    | list[photographs.AddPhotographRequest]
)
Said = Message | Upload | list[bulk.SendBulkChunksRequest]
# The version of no subject: these acts would change what other requests are about.
OUTDATED = 999_999


def _start(place: Place) -> list[registry.StartImportRequest]:
    return [registry.StartImportRequest.FromString(p.SerializeToString()) for p in upload(place)]


_UPLOADS: dict[str, Callable[[Place], Upload]] = {
    "ImportFile": upload,
    "StartImport": _start,
    "UploadCertificate": certificate,
    "UploadDcc": calibration,
    "AddPhotograph": photograph,
    "UploadEvidence": evidence,
    "UploadUpkeepFile": upkeep_file,
}


async def request_for(rpc: Rpc, staff: StaffedPlatform, place: Place, person: Person) -> Said:
    """A valid request of an RPC about the things of a place."""
    name = rpc.name.partition(".")[2]
    if name in _OF_PERSON:
        return _OF_PERSON[name](staff, person)
    if name in _UPLOADS:
        return _UPLOADS[name](place)
    if name in _OF_BATCH:
        return await _OF_BATCH[name](name, place, person)
    if name == "WithdrawRecord":
        record_id = (await entered(staff.furnisher(place), place)).record_id
        return registry.WithdrawRecordRequest(
            request_id=new_request_id(), record_id=record_id, ground="测试"
        )
    if name in _OF_NEW_RECORD:
        record_id = (await entered(staff.furnisher(place), place)).record_id
        return _OF_NEW_RECORD[name](
            request_id=new_request_id(), record_ids=[record_id], ground="测试"
        )
    if name in _OF_PLACE:
        return _OF_PLACE[name](place)
    if rpc.name.startswith("RepairService."):
        return _plain(rpc.request, place, **_of_repair(place))
    return _plain(rpc.request, place)


async def _bulk(name: str, place: Place, person: Person) -> Said:
    """A request about a batch that the person opens, or else about one of the place."""
    stub, batch_id = BulkServiceStub(person.client.channels["registry"]), new_request_id()
    try:
        if place.bureau == HOME:
            await stub.OpenBulkBatch(open_bulk(place, batch_id))
            if name == "CompleteBulkBatch":
                await stub.SendBulkChunks(iter([bulk_chunk(batch_id)]))
    except grpc.aio.AioRpcError:
        pass
    if place.bureau != HOME:
        batch_id = place.batch_id
    return [bulk_chunk(batch_id)] if name == "SendBulkChunks" else complete_bulk(batch_id)


async def _columns(_name: str, place: Place, person: Person) -> Said:
    """A request about a file that the person has just sent, or else about one of the place."""
    stub, batch_id = ImportServiceStub(person.client.channels["registry"]), place.batch_id
    try:
        if place.bureau == HOME:
            batch_id = (await stub.StartImport(iter(_start(place)))).batch.batch_id
    except grpc.aio.AioRpcError:
        pass
    return registry.ConfirmColumnsRequest(
        request_id=new_request_id(), batch_id=batch_id, seen="nothing", mode="check"
    )


_OF_BATCH = {
    "ConfirmColumns": _columns,
    "SendBulkChunks": _bulk,
    "CompleteBulkBatch": _bulk,
}


def _plain(kind: type[Message], place: Place, **more: Any) -> Message:
    """Fills the fields that name the thing, by the name of the field."""
    known = {
        "request_id": new_request_id(),
        "subject_id": place.subject_id,
        "instrument_id": place.instrument_id,
        "record_id": place.record.record_id,
        "case_id": place.case_id,
        "batch_id": place.batch_id,
        "receipt_id": place.receipt_id,
        "notice_id": place.notice_id,
        "impact_id": place.impact_id,
        "index_id": place.index_id,
        "registration_id": place.registration_id,
        "verification_id": place.verification_id,
        "certificate_id": place.certificate_id,
        "evidence_id": place.evidence_id,
        "proposal_id": place.proposal_id,
        "institution_id": place.institution_id,
        "laboratory_id": place.laboratory_id,
        "order_id": place.order_id,
        "likeness_id": place.likeness_id,
        "question_id": place.question_id,
        "permit_id": place.permit_id,
        "upkeep_id": place.upkeep_id,
        "qualification_id": place.qualification_id,
        "file_id": place.file_id,
        "dcc_id": place.dcc_id,
        "calibration_id": place.calibration_id,
        "photograph_id": place.photograph_id,
        "escalation_id": place.escalation_id,
        "subject_ids": [place.subject_id],
        "step": "reminder",
        "seen": "nothing",
        "written": "样例秤",
        "valid_from": "2026-12-31",
        "bureau": place.bureau,
        "reasons": "测试",
        "ground": "测试",
    }
    known |= more
    fields = kind.DESCRIPTOR.fields_by_name
    return kind(**{name: value for name, value in known.items() if name in fields})


def _put_subject(place: Place) -> Message:
    subject = registry.Subject()
    subject.CopyFrom(place.subject)
    subject.address = "测试路"
    return registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)


def _put_bureau(place: Place) -> Message:
    name = f"测试市场监督管理局{'' if place.bureau == HOME else place.bureau}"
    bureau = registry.Bureau(code=place.bureau, name=name, phone=f"0571-{secrets.randbelow(10**8)}")
    return registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)


def _record_delivery(place: Place) -> Message:
    """Of a letter that the case of the place does not have yet."""
    return delivery.RecordDeliveryRequest(
        request_id=new_request_id(),
        case_id=place.case_id,
        letter_id="none-yet",
        means="served",
        served_on="2026-09-14",
        remark="测试",
    )


def _record_sharing(place: Place) -> Message:
    return sharings.RecordSharingRequest(
        request_id=new_request_id(),
        record_ids=[place.record.record_id],
        receiver="测试单位",
        way="letter",
        shared_on="2026-09-14",
        purpose="测试",
    )


def _record_notice_sent(_place: Place) -> Message:
    """Of a notice that there is not."""
    return sharings.RecordNoticeSentRequest(
        request_id=new_request_id(),
        notice_id="none-yet",
        means="posted",
        sent_on="2026-09-14",
        remark="测试",
    )


def _correct(place: Place) -> Message:
    record = record_of(place, record_id=place.record.record_id, version=place.record.version)
    return registry.CorrectRecordRequest(request_id=new_request_id(), record=record, ground="测试")


def _of_repair(place: Place) -> dict[str, Any]:
    return {
        "case_id": place.repair_id,
        "record_ids": [place.record.record_id],
        "condition_id": "corrected",
        "missing": "测试",
        "note": "测试",
        "grounds": "测试",
    }


def _entry(place: Place) -> registry.EntryCorrection:
    corrected = registry.FieldValue(field="address", value="测试路9号")
    return registry.EntryCorrection(target="subject", id=place.subject_id, values=[corrected])


_OF_NEW_RECORD: dict[str, Callable[..., Message]] = {
    "RepairRecords": registry.RepairRecordsRequest,
    "RestoreRecords": registry.RestoreRecordsRequest,
    "StopDisclosure": registry.StopDisclosureRequest,
}

_OF_PLACE: dict[str, Callable[[Place], Message]] = {
    "PutBureau": _put_bureau,
    "RecordDelivery": _record_delivery,
    "RecordSharing": _record_sharing,
    "RecordNoticeSent": _record_notice_sent,
    "EndSharing": lambda _place: sharings.EndSharingRequest(
        request_id=new_request_id(), sharing_id="none-yet", reasons="测试"
    ),
    "ListSharings": lambda _place: sharings.ListSharingsRequest(),
    "ListReceiverNotices": lambda place: sharings.ListReceiverNoticesRequest(case_id=place.case_id),
    "ListAnnouncements": lambda _place: publicity.ListAnnouncementsRequest(),
    "ListRecordChanges": lambda _place: publicity.ListRecordChangesRequest(),
    "PutSubject": _put_subject,
    "ListSubjects": lambda place: registry.ListSubjectsRequest(name_contains=place.subject.name),
    "PutInstrument": put_instrument,
    "SetInstrumentState": lambda place: registry.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=place.instrument_id, state="in_use"
    ),
    "MarkNotices": lambda place: alerts.MarkNoticesRequest(
        request_id=new_request_id(), notice_ids=[place.notice_id]
    ),
    "GetMobileNumber": lambda _place: alerts.GetMobileNumberRequest(),
    "AskMobileNumber": lambda _place: alerts.AskMobileNumberRequest(
        request_id=new_request_id(), number="19900000000"
    ),
    "ConfirmMobileNumber": lambda _place: alerts.ConfirmMobileNumberRequest(
        request_id=new_request_id(), code="000000"
    ),
    "RemoveMobileNumber": lambda _place: alerts.RemoveMobileNumberRequest(
        request_id=new_request_id()
    ),
    "RenewCalendarFeed": lambda _place: alerts.RenewCalendarFeedRequest(
        request_id=new_request_id(), secret_sha256=secrets.token_hex(32)
    ),
    "SetDigestPreference": lambda _place: alerts.SetDigestPreferenceRequest(
        request_id=new_request_id(), rhythm="weekly", mailed=True
    ),
    "ReadCalendar": lambda _place: alerts.ReadCalendarRequest(secret=secrets.token_urlsafe(32)),
    "ScanInstrument": lambda place: registry.ScanInstrumentRequest(code=place.label_code),
    "RecordVerification": verify,
    "EnterRecord": enter_record,
    "CheckRecord": lambda place: registry.CheckRecordRequest(record=enter_record(place).record),
    "CorrectRecord": _correct,
    "GetEntry": lambda place: registry.GetEntryRequest(target="subject", id=place.subject_id),
    "CheckCorrection": lambda place: registry.CheckCorrectionRequest(correction=_entry(place)),
    "CorrectEntry": lambda place: registry.CorrectEntryRequest(
        request_id=new_request_id(), correction=_entry(place), ground="测试", case_id=place.case_id
    ),
    "SetContested": lambda place: registry.SetContestedRequest(
        request_id=new_request_id(),
        record_ids=[place.record.record_id],
        case_id=place.case_id,
        contested=True,
    ),
    "OpenBulkBatch": lambda place: open_bulk(place, new_request_id()),
    "EstimateDrops": lambda place: assessments.EstimateDropsRequest(
        subjects=[assessments.SupposedSubject(subject_id=place.subject_id)], bureau=place.bureau
    ),
    "LodgeObjection": lodge,
    "LodgeReconsideration": lambda place: objection.LodgeReconsiderationRequest(
        request_id=new_request_id(), case_id=place.case_id, grounds="测试"
    ),
    "RunImpact": run_impact,
    "StartImpact": start_impact,
    "AssessIndex": assess_index,
    "WhatIf": lambda place: assessments.WhatIfRequest(
        subject_id=place.subject_id,
        changes=[
            assessments.Hypothesis(
                ended=assessments.EndedRecord(record_id=place.record.record_id, status="withdrawn")
            )
        ],
    ),
    "DecideObjection": lambda place: objection.DecideObjectionRequest(
        request_id=new_request_id(), case_id=place.case_id, outcome="uphold", reasons="测试"
    ),
    # Another has it than the caller says: refused, but not because of who asks.
    "AssignCase": lambda place: desk.AssignCaseRequest(
        request_id=new_request_id(), case_id=place.case_id, from_account="nobody"
    ),
    "AddCaseNote": lambda place: desk.AddCaseNoteRequest(
        request_id=new_request_id(), case_id=place.case_id, note="测试"
    ),
    "ListStuckCases": lambda place: desk.ListStuckCasesRequest(case_id=place.case_id),
    # None of its steps waits: refused, but not because of who asks.
    "RetryCase": lambda place: desk.RetryCaseRequest(
        request_id=new_request_id(), case_id=place.case_id
    ),
    "PreviewLetter": lambda place: desk.PreviewLetterRequest(
        case_id=place.case_id, act="decline", reasons="测试"
    ),
    "ListUnheardCases": lambda place: objection.ListUnheardCasesRequest(case_id=place.case_id),
    "AskSupplement": lambda place: objection.AskSupplementRequest(
        request_id=new_request_id(), case_id=place.case_id, missing="测试"
    ),
    "SupplementObjection": lambda place: objection.SupplementObjectionRequest(
        request_id=new_request_id(), case_id=place.case_id, note="测试"
    ),
    # The case has no agent: refused, but not because of who asks.
    "RenewMandate": lambda place: objection.RenewMandateRequest(
        request_id=new_request_id(),
        case_id=place.case_id,
        mandate=objection.Mandate(
            agent_name="测试代理人", mandate_id="none-yet", scope=["objection"], until="2026-12-31"
        ),
    ),
    "CheckMandate": lambda place: objection.CheckMandateRequest(
        request_id=new_request_id(), case_id=place.case_id, mandate_id="none-yet", approve=True
    ),
    "DecideRecusal": lambda _place: objection.DecideRecusalRequest(
        request_id=new_request_id(), recusal_id=new_request_id(), approve=True, reasons="测试"
    ),
    "AskRecusal": lambda place: objection.AskRecusalRequest(
        request_id=new_request_id(), case_id=place.case_id, ground="interest", reasons="测试"
    ),
    "ListRecusals": lambda place: objection.ListRecusalsRequest(case_id=place.case_id),
    "HandOverCase": lambda place: objection.HandOverCaseRequest(
        request_id=new_request_id(), case_id=place.case_id, bureau=place.city, reasons="测试"
    ),
    "ListPublications": lambda _place: publication.ListPublicationsRequest(page_size=1000),
    "ReviewRecord": review,
    "WriteReply": lambda place: publication.WriteReplyRequest(
        request_id=new_request_id(),
        record_id=place.record.record_id,
        version=max(place.record.version, 1),
        reply="已完成整改（合成）",
    ),
    "WithdrawReply": lambda place: publication.WithdrawReplyRequest(
        request_id=new_request_id(), record_id=place.record.record_id
    ),
    "ReviewReply": lambda place: publication.ReviewReplyRequest(
        request_id=new_request_id(),
        record_id=place.record.record_id,
        revision=1,
        release=True,
        released_text="已完成整改（合成）",
    ),
    "TellSubjects": lambda place: publication.TellSubjectsRequest(
        request_id=new_request_id(), record_ids=[place.record.record_id]
    ),
    "RecordTelling": lambda place: publication.RecordTellingRequest(
        request_id=new_request_id(),
        record_id=place.record.record_id,
        version=max(place.record.version, 1),
        told_on=place.record.determined_on,
        means="served",
        remark="送达回证（合成）",
    ),
    "PutInstitution": lambda place: institutions.PutInstitutionRequest(
        request_id=new_request_id(),
        institution=institutions.Institution(
            name=f"测试计量检定院{secrets.token_hex(6)}", bureau=place.bureau
        ),
    ),
    "PutAuthorisation": lambda place: authorise(place.institution_id),
    "PutSite": lambda place: institutions.PutSiteRequest(
        request_id=new_request_id(),
        site=institutions.Site(
            institution_id=place.institution_id,
            name=f"测试检定站{secrets.token_hex(6)}",
            address="测试路",
        ),
    ),
    "PutCapacity": lambda place: institutions.PutCapacityRequest(
        request_id=new_request_id(),
        capacity=institutions.Capacity(
            institution_id=place.institution_id,
            type_codes=["FUEL"],
            per_day=10,
            from_on="2026-01-05",
        ),
    ),
    "PutLaboratory": lambda place: laboratory_of(place.institution_id),
    "ReleaseLaboratory": lambda place: laboratories.ReleaseLaboratoryRequest(
        request_id=new_request_id(), laboratory_id=place.laboratory_id, version=OUTDATED
    ),
    "ListLaboratories": lambda _place: laboratories.ListLaboratoriesRequest(page_size=1000),
    "RecordEnvironment": lambda place: laboratories.RecordEnvironmentRequest(
        request_id=new_request_id(),
        laboratory_id=place.laboratory_id,
        records=[
            laboratories.EnvironmentRecord(
                sensor=secrets.token_hex(4),
                hour="2026-01-05T09:00",
                temperature="20.5",
                humidity="55",
            )
        ],
    ),
    "ImportEnvironment": lambda place: laboratories.ImportEnvironmentRequest(
        request_id=new_request_id(),
        laboratory_id=place.laboratory_id,
        content=f"传感器,时间,温度,湿度\n{secrets.token_hex(4)},2026-01-05 10:00,20,55\n".encode(),
    ),
    "ListEnvironmentMarks": lambda _place: laboratories.ListEnvironmentMarksRequest(),
    "NoteEnvironmentMark": lambda place: laboratories.NoteEnvironmentMarkRequest(
        request_id=new_request_id(),
        verification_id=place.verification_id,
        note="测试",
        version=OUTDATED,
    ),
    "ListVerifiers": lambda _place: orders.ListVerifiersRequest(type_codes=["FUEL"]),
    "ReadInstrumentNumbers": lambda _place: orders.ReadInstrumentNumbersRequest(
        content="出厂编号\n1\n".encode()
    ),
    "ApplyForVerification": lambda place: orders.ApplyForVerificationRequest(
        request_id=new_request_id(),
        instrument_ids=[place.instrument_id],
        institution_id=place.institution_id,
    ),
    "ListOrders": lambda _place: orders.ListOrdersRequest(page_size=1000),
    "MoveOrders": lambda place: orders.MoveOrdersRequest(
        request_id=new_request_id(), order_ids=[place.order_id], state="in_work"
    ),
    "PutOrderTerms": lambda place: orders.PutOrderTermsRequest(
        request_id=new_request_id(),
        bureau=place.bureau,
        acceptance_days=3,
        completion_days=15,
        valid_from="2099-01-01",
        source="测试",
    ),
    "ListOrderTerms": lambda _place: orders.ListOrderTermsRequest(),
    "ListInstitutions": lambda _place: institutions.ListInstitutionsRequest(page_size=1000),
    "ListReports": lambda _place: institutions.ListReportsRequest(page_size=1000),
    "GetPunctuality": lambda _place: institutions.GetPunctualityRequest(),
    "LoadCalendarEdition": lambda _place: calendars.LoadCalendarEditionRequest(
        request_id=new_request_id(), content=json.dumps(AMENDMENT).encode()
    ),
    "ApplyCalendarEdition": lambda _place: calendars.ApplyCalendarEditionRequest(
        request_id=new_request_id(), edition_id="no such edition"
    ),
    "DiscardCalendarEdition": lambda _place: calendars.DiscardCalendarEditionRequest(
        request_id=new_request_id(), edition_id="no such edition", ground="测试"
    ),
    "ListMovedTerms": lambda _place: calendar.ListMovedTermsRequest(
        arrangement=calendar.Arrangement(
            year=2027,
            document="测试〔2026〕1号",
            published_on="2026-01-01",
            days_off=["2027-01-01"],
        )
    ),
    "ListLikenesses": lambda place: sameness.ListLikenessesRequest(subject_id=place.subject_id),
    "JoinLikeness": lambda place: sameness.JoinLikenessRequest(
        request_id=new_request_id(),
        likeness_id=place.likeness_id,
        kept_id="a",
        joined_ids=["b"],
        ground="测试",
        seen="x",
    ),
    "KeepApart": lambda place: sameness.KeepApartRequest(
        request_id=new_request_id(), likeness_id=place.likeness_id, ground="测试", seen="x"
    ),
    "PutPermit": lambda place: permits.PutPermitRequest(
        request_id=new_request_id(),
        permit=permits.Permit(
            subject_id=place.subject_id,
            matter="measurement_standard",
            document_name="计量标准考核证书",
            document_no=f"测试计许〔2026〕{secrets.token_hex(4)}号",
            decided_on="2026-08-10",
            authority="测试市市场监督管理局",
        ),
    ),
    "EndPermit": lambda place: permits.EndPermitRequest(
        request_id=new_request_id(), permit_id=place.permit_id, ended="revoked", ground="测试"
    ),
    "ListDirectory": lambda _place: directory.ListDirectoryRequest(),
    "PutListing": lambda place: directory.PutListingRequest(
        request_id=new_request_id(),
        listing=directory.InstitutionListing(
            institution_id=place.institution_id, sites="测试路", version=OUTDATED
        ),
    ),
    "ListCalibrators": lambda _place: people.ListCalibratorsRequest(),
    "ListExperts": lambda _place: people.ListExpertsRequest(),
    "PutQualification": lambda place: people.PutQualificationRequest(
        request_id=new_request_id(),
        qualification=people.Qualification(
            qualification_id=place.qualification_id,
            kind="examiner",
            number=f"测试考评{secrets.token_hex(4)}",
            name="测试考评员",
            valid_from="2026-01-01",
            version=OUTDATED,
        ),
    ),
    "ImportAuthorisations": lambda _place: institutions.ImportAuthorisationsRequest(
        request_id=new_request_id(), content=f"机构名称\n测试{secrets.token_hex(4)}院\n".encode()
    ),
    "ImportQualifications": lambda _place: people.ImportQualificationsRequest(
        request_id=new_request_id(),
        content=(
            "类别,证书编号,姓名,有效期自\n"
            f"考评员,测试{secrets.token_hex(4)},测试考评员,2026-01-01\n"
        ).encode(),
    ),
    "RecordUpkeep": upkeep_of,
    "ImportUpkeep": lambda place: upkeep.ImportUpkeepRequest(
        request_id=new_request_id(),
        content=(
            "器具平台编号,类别,日期,由谁办理,内容\n"
            f"{place.instrument_id},维护,2026-08-11,测试维修部,清洁\n"
        ).encode(),
    ),
    "ConfirmCalibration": confirm_calibration,
    "ListCalibrations": lambda place: calibrations.ListCalibrationsRequest(
        subject_id=place.subject_id
    ),
    "ListDccVersions": lambda _place: calibrations.ListDccVersionsRequest(),
    "ListPermits": lambda place: permits.ListPermitsRequest(subject_id=place.subject_id),
    "ListQuestions": lambda place: questions.ListQuestionsRequest(subject_id=place.subject_id),
    "AnswerQuestion": lambda place: questions.AnswerQuestionRequest(
        request_id=new_request_id(),
        question_id=place.question_id,
        answer="leave_out",
        ground="测试",
    ),
    "SplitSubject": lambda place: lives.SplitSubjectRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        version=OUTDATED,
        part=registry.Subject(
            kind="organisation", name="测试分店", bureau=place.bureau, sector="fuel_station"
        ),
        ground="测试",
    ),
    "ChangeCreditCode": lambda place: lives.ChangeCreditCodeRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        version=OUTDATED,
        credit_code="91330106MA00000016",
        ground="测试",
    ),
    "DeregisterSubject": lambda place: lives.DeregisterSubjectRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        version=OUTDATED,
        on="2026-09-01",
        ground="测试",
    ),
    "JoinSubjects": lambda place: lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=place.subject_id,
        joined_id=place.twin_id,
        kept_version=OUTDATED,
        ground="测试",
    ),
    "KeepTwinsApart": lambda place: lives.KeepTwinsApartRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        other_id=place.twin_id,
        subject_version=OUTDATED,
        ground="测试",
    ),
    "PartSubjects": lambda _place: lives.PartSubjectsRequest(
        request_id=new_request_id(), act_id="none-yet", ground="测试"
    ),
    "ListSubjectActs": lambda place: lives.ListSubjectActsRequest(subject_id=place.subject_id),
    "ListProposals": lambda _place: proposals.ListProposalsRequest(page_size=1000),
    "ListColleagues": lambda place: identity.ListColleaguesRequest(subject_id=place.subject_id),
    "ListRegistrations": lambda _place: identity.ListRegistrationsRequest(page_size=1000),
    "RejectRegistration": lambda place: identity.RejectRegistrationRequest(
        request_id=new_request_id(), registration_id=place.registration_id, reason="测试"
    ),
    "RequestExtension": lambda place: objection.RequestExtensionRequest(
        request_id=new_request_id(), case_id=place.case_id, days=5, ground="案情复杂"
    ),
    "RecordInterview": lambda place: escalations.RecordInterviewRequest(
        request_id=new_request_id(),
        escalation_id=place.escalation_id,
        outcome="held",
        minutes="测试",
    ),
    "OpenEscalation": lambda place: escalations.OpenEscalationRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        course="minor_breach",
        facts="测试",
    ),
    "AnswerInvitation": lambda place: escalations.AnswerInvitationRequest(
        request_id=new_request_id(), escalation_id=place.escalation_id, answer="attend"
    ),
    "MoveInterview": lambda place: escalations.MoveInterviewRequest(
        request_id=new_request_id(),
        escalation_id=place.escalation_id,
        at=Timestamp(seconds=2_000_000_000),
    ),
    "RecordUndertaking": lambda place: escalations.RecordUndertakingRequest(
        request_id=new_request_id(),
        escalation_id=place.escalation_id,
        outcome="kept",
        findings="测试",
    ),
    "CloseEscalation": lambda place: escalations.CloseEscalationRequest(
        request_id=new_request_id(), escalation_id=place.escalation_id, reasons="测试"
    ),
    "ProposeLadder": lambda _place: ladders.ProposeLadderRequest(
        request_id=new_request_id(),
        bureau="330106",
        figures=ladders.LadderFigures(
            **dict.fromkeys((f.name for f in ladders.LadderFigures.DESCRIPTOR.fields), 5)
        ),
        valid_from="2099-01-01",
        ground="测试",
    ),
    "ApproveLadder": lambda _place: ladders.ApproveLadderRequest(
        request_id=new_request_id(), ladder_id="none-yet"
    ),
    "DiscardLadder": lambda _place: ladders.DiscardLadderRequest(
        request_id=new_request_id(), ladder_id="none-yet", reasons="测试"
    ),
    "ListUnreached": lambda _place: alerts.ListUnreachedRequest(),
    "AddChannel": lambda _place: of_channels.AddChannelRequest(
        request_id=new_request_id(),
        bureau="330106",
        service="wecom",
        address=f"test-{new_request_id()}",
    ),
    "SwitchChannel": lambda _place: of_channels.SwitchChannelRequest(
        request_id=new_request_id(), channel_id="none-yet"
    ),
    "RemoveChannel": lambda _place: of_channels.RemoveChannelRequest(
        request_id=new_request_id(), channel_id="none-yet"
    ),
    "TestChannel": lambda _place: of_channels.TestChannelRequest(
        request_id=new_request_id(), channel_id="none-yet"
    ),
    "ListChannels": lambda _place: of_channels.ListChannelsRequest(),
    "ListChannelMessages": lambda _place: of_channels.ListChannelMessagesRequest(
        channel_id="none-yet"
    ),
    "ProposeTemplate": lambda _place: templates.ProposeTemplateRequest(
        request_id=new_request_id(),
        bureau="330106",
        kind="digest",
        words="您好：{正文}",
        ground="测试",
    ),
    "ApproveTemplate": lambda _place: templates.ApproveTemplateRequest(
        request_id=new_request_id(), template_id="none-yet"
    ),
    "DiscardTemplate": lambda _place: templates.DiscardTemplateRequest(
        request_id=new_request_id(), template_id="none-yet", reasons="测试"
    ),
    "PreviewTemplate": lambda _place: templates.PreviewTemplateRequest(
        bureau="330106", kind="digest", words="您好：{正文}"
    ),
    "ListTemplates": lambda _place: templates.ListTemplatesRequest(),
    "AddWebhook": lambda _place: webhooks.AddWebhookRequest(
        request_id=new_request_id(),
        url=f"https://1.1.1.1/{new_request_id()}",
        secret=new_secret(),
    ),
    "RenewWebhookSecret": lambda _place: webhooks.RenewWebhookSecretRequest(
        request_id=new_request_id(), webhook_id="none-yet", secret=new_secret()
    ),
    "SwitchWebhook": lambda _place: webhooks.SwitchWebhookRequest(
        request_id=new_request_id(), webhook_id="none-yet"
    ),
    "RemoveWebhook": lambda _place: webhooks.RemoveWebhookRequest(
        request_id=new_request_id(), webhook_id="none-yet"
    ),
    "TestWebhook": lambda _place: webhooks.TestWebhookRequest(
        request_id=new_request_id(), webhook_id="none-yet"
    ),
    "ListWebhooks": lambda _place: webhooks.ListWebhooksRequest(),
    "ListWebhookMessages": lambda _place: webhooks.ListWebhookMessagesRequest(
        webhook_id="none-yet"
    ),
    "ListLadders": lambda _place: ladders.ListLaddersRequest(),
    "ListExposureCandidates": lambda _place: exposure_lists.ListExposureCandidatesRequest(),
    "CompileExposureList": lambda place: exposure_lists.CompileExposureListRequest(
        request_id=new_request_id(), subject_ids=[place.subject_id], verified_how="测试"
    ),
    "ReviewExposureList": lambda _place: exposure_lists.ReviewExposureListRequest(
        request_id=new_request_id(), list_id="none-yet", findings="测试"
    ),
    "ReleaseExposureList": lambda _place: exposure_lists.ReleaseExposureListRequest(
        request_id=new_request_id(), list_id="none-yet", media=["本局网站"]
    ),
    "DiscardExposureList": lambda _place: exposure_lists.DiscardExposureListRequest(
        request_id=new_request_id(), list_id="none-yet", reasons="测试"
    ),
    "TakeDownExposureEntry": lambda _place: exposure_lists.TakeDownExposureEntryRequest(
        request_id=new_request_id(), entry_id="999999", reasons="测试"
    ),
    "GetExposureList": lambda _place: exposure_lists.GetExposureListRequest(list_id="none-yet"),
    "ListExposureLists": lambda _place: exposure_lists.ListExposureListsRequest(),
    "ListExposedSubjects": lambda _place: exposure_lists.ListExposedSubjectsRequest(),
    "PutAuthority": lambda place: circulars.PutAuthorityRequest(
        request_id=new_request_id(),
        authority=circulars.Authority(
            bureau=place.bureau, name="样例局", address="样例路1号", uses=["tender"]
        ),
    ),
    "ListAuthorities": lambda _place: circulars.ListAuthoritiesRequest(),
    "DraftCircular": lambda _place: circulars.DraftCircularRequest(
        request_id=new_request_id(), list_id="none-yet", authority_ids=["none-yet"]
    ),
    "ListCircularCandidates": lambda _place: circulars.ListCircularCandidatesRequest(),
    "IssueCircular": lambda _place: circulars.IssueCircularRequest(
        request_id=new_request_id(), circular_id="none-yet"
    ),
    "DiscardCircular": lambda _place: circulars.DiscardCircularRequest(
        request_id=new_request_id(), circular_id="none-yet", reasons="测试"
    ),
    "RecordCircularSent": lambda _place: circulars.RecordCircularSentRequest(
        request_id=new_request_id(),
        circular_id="none-yet",
        authority_id="none-yet",
        sent_on="2026-09-14",
        means="posted",
        remark="测试",
    ),
    "GetCircular": lambda _place: circulars.GetCircularRequest(circular_id="none-yet"),
    "ListCirculars": lambda _place: circulars.ListCircularsRequest(),
    "ListToldSubjects": lambda _place: circulars.ListToldSubjectsRequest(),
    "GetRecordGraded": lambda place: grading.GetRecordGradedRequest(
        record_id=place.record.record_id, version=1
    ),
    "ListCases": lambda place: objection.ListCasesRequest(
        subject_id=place.subject_id, include_closed=True
    ),
    "ListAlerts": lambda place: alerts.ListAlertsRequest(subject_id=place.subject_id),
    "ListBatches": lambda _place: registry.ListBatchesRequest(page_size=1000),
    "ImportInstruments": lambda _place: registry.ImportInstrumentsRequest(
        request_id=new_request_id(),
        content=f"器具类型,出厂编号\nNAWI-D,测试{secrets.token_hex(4)}\n".encode(),
    ),
    "GetTemplate": lambda _place: registry.GetTemplateRequest(family="instruments", format="xlsx"),
    "CheckLetter": lambda _place: letters.CheckLetterRequest(
        number="提醒〔2026〕330106-0001号", check_code="2222-2222"
    ),
    "ReleaseUntold": lambda _place: alerts.ReleaseUntoldRequest(
        request_id=new_request_id(), at_most=1
    ),
    "ReleaseUntoldGrades": lambda _place: escalations.ReleaseUntoldGradesRequest(
        request_id=new_request_id(), at_most=1
    ),
    "DiscardDeadLetters": lambda _place: operations.DiscardDeadLettersRequest(
        request_id=new_request_id(), sequences=[1_000_000], ground="测试"
    ),
    "ProveEntry": lambda _place: operations.ProveEntryRequest(sequence=1),
    "EraseAudit": lambda _place: operations.EraseAuditRequest(
        request_id=new_request_id(), sequence=1_000_000_000, ground="测试"
    ),
    "ListAudit": lambda _place: operations.ListAuditRequest(page_size=1),
    "AdvanceClock": lambda _place: registry.AdvanceClockRequest(
        request_id=new_request_id(), to=PAST
    ),
}

_OF_PERSON: dict[str, Callable[[StaffedPlatform, Person], Message]] = {
    "Login": lambda staff, _person: identity.LoginRequest(
        name=staff.people["public"].name, password=staff.people["public"].password
    ),
    "LoginService": lambda staff, _person: identity.LoginServiceRequest(
        service="alerts", secret=staff.services["alerts"].password
    ),
    "CreateAccount": lambda _staff, person: create_account(
        f"made.by.{person.role.replace('_', '-')}", secrets.token_urlsafe(12), "inspector", HOME
    ),
    "SetAbsence": lambda staff, _person: identity.SetAbsenceRequest(
        request_id=new_request_id(),
        account_id="nobody",  # no one account may stand in for people of every role
        from_on="2026-12-01",
        to_on="2026-12-02",
        substitute_id=staff.spare_account,
    ),
    "EndAbsence": lambda _staff, _person: identity.EndAbsenceRequest(
        request_id=new_request_id(), absence_id="nobody"
    ),
    "GetAccount": lambda staff, _person: identity.GetAccountRequest(account_id=staff.spare_account),
    "ChangeAccount": lambda staff, _person: identity.ChangeAccountRequest(
        request_id=new_request_id(),
        account_id=staff.spare_account,
        roles=[identity.ROLE_INSPECTOR],
        bureau=HOME,
    ),
    "CloseAccount": lambda staff, _person: identity.CloseAccountRequest(
        request_id=new_request_id(), account_id=staff.spare_account
    ),
    "ContinueLogin": lambda staff, _person: identity.ContinueLoginRequest(
        challenge=staff.challenge
    ),
    "LoginExternal": lambda _staff, _person: identity.LoginExternalRequest(
        issuer="https://nobody.example", subject="x", claims_json="{}"
    ),
    "EndSession": lambda _staff, _person: identity.EndSessionRequest(request_id=new_request_id()),
    "SetContact": lambda _staff, person: identity.SetContactRequest(
        request_id=new_request_id(), password=person.password or "x", phone="0571-0"
    ),
    "ConfirmSecondFactor": lambda _staff, _person: identity.ConfirmSecondFactorRequest(code="0"),
    "BeginSecondFactor": lambda _staff, person: identity.BeginSecondFactorRequest(
        password=person.password or "x"
    ),
    "RenewRecoveryCodes": lambda _staff, _person: identity.RenewRecoveryCodesRequest(code="0"),
    "RemoveSecondFactor": lambda _staff, _person: identity.RemoveSecondFactorRequest(
        request_id=new_request_id(), code="0"
    ),
    "RequestPasswordLink": lambda _staff, _person: identity.RequestPasswordLinkRequest(
        name="nobody"
    ),
    "SendPasswordLink": lambda staff, _person: identity.SendPasswordLinkRequest(
        request_id=new_request_id(), account_id=staff.spare_account
    ),
    "GetPasswordLink": lambda _staff, _person: identity.GetPasswordLinkRequest(token="no.link"),
    "SetPasswordByLink": lambda _staff, _person: identity.SetPasswordByLinkRequest(
        token="no.link", new_password="a long test password"
    ),
    "GetEndedSessions": lambda _staff, _person: identity.GetEndedSessionsRequest(),
    "GetMailedToken": lambda _staff, _person: identity.GetMailedTokenRequest(link_id="nothing"),
    "RegisterOperator": lambda staff, _person: register_operator(staff.places["own"]),
    "InviteColleague": lambda _staff, _person: identity.InviteColleagueRequest(
        request_id=new_request_id(),
        display_name="测试同事",
        email=f"{secrets.token_hex(6)}@firm.example",
    ),
    "RemoveColleague": lambda staff, _person: identity.RemoveColleagueRequest(
        request_id=new_request_id(), account_id=staff.spare_account
    ),
    "ChangePassword": lambda _staff, person: identity.ChangePasswordRequest(
        request_id=new_request_id(), old_password=person.password, new_password=person.password
    ),
}

# What stands in an answer that lets something be seen, where that is not the subject's id.
_SEEN: dict[str, Callable[[Place], str]] = {
    "ListQualifications": lambda place: place.qualification_id,
    "SummariseColours": lambda place: place.bureau,
    "GetWatch": lambda place: place.bureau,
    "GetColourBoard": lambda place: place.bureau,
    "ListBatches": lambda place: place.batch_id,
    "ListFaults": lambda _place: "nonsense",
    "CountFaults": lambda _place: "nonsense",
    "ListIndexes": lambda place: place.index_id,
    "ListImpacts": lambda place: place.impact_id,
    "ListInstitutions": lambda place: place.institution_id,
    "ListLaboratories": lambda place: place.laboratory_id,
    "ListOrders": lambda place: place.order_id,
    "ListDccs": lambda place: place.dcc_id,
    "ListPhotographs": lambda place: place.photograph_id,
}


def shows(rpc: Rpc, place: Place, answer: Any) -> bool:
    """Whether the answer of a list contains the thing of a place."""
    name = rpc.name.partition(".")[2]
    text = _SEEN[name](place) if name in _SEEN else place.subject_id
    return text.encode() in answer.SerializeToString()
