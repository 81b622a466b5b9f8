"""A place where things are held, and requests about them that are in order."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from law.identifiers import credit_code_check_digit
from law.indices.data import Scoring, table
from plumbing.client import new_request_id
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import rulesets_pb2 as rulesets
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import evidence_pb2 as files
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import laboratories_pb2 as laboratories
from protos.registry.v1 import people_pb2 as people
from protos.registry.v1 import photographs_pb2 as photographs
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import upkeep_pb2 as upkeep
from services.cli.commands.accounts import role_value
from tests.dcc import dcc

# What is found in an area, by how the row is scored; 0 for the others.
INSTITUTION = "测试计量检定院"
FOUND = dict.fromkeys((Scoring.FIXED, Scoring.ALL_OR_NOTHING, Scoring.ONCE), False)


def credit_code(bureau: str, mark: str) -> str:
    """A synthetic credit code of a bureau, told apart by a digit; valid by its check digit."""
    first17 = f"91{bureau}MA0TE5T0{mark}"
    return first17 + credit_code_check_digit(first17)


@dataclass
class Place:
    """A subject of a bureau, and everything that is held of it."""

    bureau: str
    subject: registry.Subject
    instrument_id: str = ""
    label_code: str = ""
    record: registry.Record = field(default_factory=registry.Record)
    award: registry.Record = field(default_factory=registry.Record)
    case_id: str = ""
    repair_id: str = ""  # also a case
    batch_id: str = ""
    receipt_id: str = ""
    notice_id: str = ""
    impact_id: str = ""
    index_id: str = ""
    registration_id: str = ""
    operator_account: str = ""
    verification_id: str = ""
    certificate_id: str = ""
    evidence_id: str = ""
    proposal_id: str = ""
    institution_id: str = ""
    laboratory_id: str = ""
    order_id: str = ""
    likeness_id: str = ""
    question_id: str = ""
    permit_id: str = ""
    upkeep_id: str = ""
    qualification_id: str = ""
    file_id: str = ""  # of the entry of upkeep
    dcc_id: str = ""
    calibration_id: str = ""
    photograph_id: str = ""
    serial_no: str = ""  # of the instrument
    twin_id: str = ""  # another subject of the bureau

    @property
    def city(self) -> str:
        """The municipal bureau above the place's."""
        return f"{self.bureau[:4]}00"

    @property
    def subject_id(self) -> str:
        return self.subject.subject_id

    @property
    def escalation_id(self) -> str:
        """The case that the place's rejected instrument opened."""
        return f"{self.subject_id}/1"


def create_account(
    name: str, password: str, role: str, bureau: str, subject_id: str = ""
) -> identity.CreateAccountRequest:
    """A request for an account."""
    return identity.CreateAccountRequest(
        request_id=new_request_id(),
        name=name,
        display_name="测试人员",
        password=password,
        roles=[role_value(role)],
        bureau=bureau,
        subject_id=subject_id,
    )


def authorise(institution_id: str) -> institutions.PutAuthorisationRequest:
    """A request that authorises an institution to verify fuel dispensers."""
    authorisation = institutions.Authorisation(
        institution_id=institution_id,
        type_code="FUEL",
        valid_from="2020-01-01",
        valid_until="2029-12-31",
        document_no="（测试）法计字第001号",
    )
    return institutions.PutAuthorisationRequest(
        request_id=new_request_id(), authorisation=authorisation
    )


def laboratory_of(institution_id: str) -> laboratories.PutLaboratoryRequest:
    """A request that registers a laboratory of an institution."""
    content = laboratories.Laboratory(
        institution_id=institution_id,
        name=f"测试实验室{secrets.token_hex(4)}",
        document_no="（测试）法计专字第001号",
        valid_from="2020-01-01",
        valid_until="2029-12-31",
    )
    return laboratories.PutLaboratoryRequest(request_id=new_request_id(), laboratory=content)


def register_operator(place: Place) -> identity.RegisterOperatorRequest:
    """A request for an operator's account of the place's firm."""
    return identity.RegisterOperatorRequest(
        request_id=new_request_id(),
        credit_code=place.subject.credit_code,
        firm_name=place.subject.name,
        bureau=place.bureau,
        person_name="测试申请人",
        email=f"applicant.{place.bureau}@firm.example",
        reason="本单位计量管理员",
    )


def put_instrument(place: Place) -> registry.PutInstrumentRequest:
    """A request that files another instrument."""
    instrument = registry.Instrument(
        subject_id=place.subject_id, type_code="FUEL", serial_no=secrets.token_hex(6)
    )
    return registry.PutInstrumentRequest(request_id=new_request_id(), instrument=instrument)


def verify(
    place: Place, result: str = "pass", on: str = "2026-09-01", until_: str = "2027-02-28"
) -> registry.RecordVerificationRequest:
    """A request that records a verification."""
    verification = registry.Verification(
        instrument_id=place.instrument_id,
        result=result,
        verified_on=on,
        valid_until=until_,
        institution=INSTITUTION,
        certificate_no=secrets.token_hex(6),
    )
    return registry.RecordVerificationRequest(
        request_id=new_request_id(), verification=verification
    )


def certificate(place: Place) -> list[certificates.UploadCertificateRequest]:
    """The file of the certificate of the place's last verification."""
    header = certificates.CertificateHeader(
        request_id=new_request_id(),
        verification_id=place.verification_id,
        file_name="测试证书.pdf",
    )
    return [
        certificates.UploadCertificateRequest(header=header),
        certificates.UploadCertificateRequest(content=b"%PDF-1.7 test\n%%EOF\n"),
    ]


def upkeep_file(place: Place) -> list[upkeep.UploadUpkeepFileRequest]:
    """A photograph of the place's entry of upkeep."""
    header = upkeep.UpkeepFileHeader(
        request_id=new_request_id(), upkeep_id=place.upkeep_id, file_name="测试照片.pdf"
    )
    return [
        upkeep.UploadUpkeepFileRequest(header=header),
        upkeep.UploadUpkeepFileRequest(content=b"%PDF-1.7 test\n%%EOF\n"),
    ]


def qualification_of(place: Place) -> people.PutQualificationRequest:
    """A metrologist of the bureau of the place; an examiner, who needs no institution."""
    return people.PutQualificationRequest(
        request_id=new_request_id(),
        qualification=people.Qualification(
            kind="examiner",
            number=f"测试考评{secrets.token_hex(4)}",
            name="测试考评员",
            bureau=place.bureau,
            valid_from="2026-01-01",
        ),
    )


def upkeep_of(place: Place) -> upkeep.RecordUpkeepRequest:
    """An entry of maintenance of the place's instrument."""
    return upkeep.RecordUpkeepRequest(
        request_id=new_request_id(),
        upkeep=upkeep.Upkeep(
            instrument_id=place.instrument_id,
            kind="maintenance",
            done_on="2026-08-10",
            done_by="测试维修部",
            what=f"清洁 {secrets.token_hex(4)}",
        ),
    )


def calibration(place: Place) -> list[calibrations.UploadDccRequest]:
    """A certificate of calibration of the place's instrument."""
    header = calibrations.DccHeader(request_id=new_request_id(), file_name="测试校准证书.xml")
    content = dcc(place.serial_no or "SYN-1", number=secrets.token_hex(6))
    return [
        calibrations.UploadDccRequest(header=header),
        calibrations.UploadDccRequest(content=content),
    ]


def confirm_calibration(place: Place) -> calibrations.ConfirmCalibrationRequest:
    """Confirms the item of the place's certificate of calibration."""
    return calibrations.ConfirmCalibrationRequest(
        request_id=new_request_id(),
        dcc_id=place.dcc_id,
        item=1,
        instrument_id=place.instrument_id,
        ground="测试",
    )


def photograph(place: Place) -> list[photographs.AddPhotographRequest]:
    """A photograph of the plate of the place's instrument, always the same."""
    header = photographs.PhotographHeader(
        request_id=new_request_id(),
        instrument_id=place.instrument_id,
        shows="plate",
        file_name="测试铭牌.png",
    )
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return [
        photographs.AddPhotographRequest(header=header),
        photographs.AddPhotographRequest(content=out.getvalue()),
    ]


def evidence(place: Place) -> list[files.UploadEvidenceRequest]:
    """A file for the place's objection."""
    header = files.EvidenceHeader(
        request_id=new_request_id(), case_id=place.case_id, file_name="测试证据.pdf"
    )
    return [
        files.UploadEvidenceRequest(header=header),
        files.UploadEvidenceRequest(content=b"%PDF-1.7 " + secrets.token_bytes(16)),
    ]


def record_of(place: Place, **more: Any) -> registry.Record:
    """An adverse record from a source of its own."""
    given: dict[str, Any] = {
        "subject_id": place.subject_id,
        "kind": "penalty",
        "severity": "general",
        "occurred_on": "2026-04-01",
        "determined_on": "2026-05-01",  # public for long enough to be repaired (C-37)
        "verified": True,
        "source_ref": f"测试罚字{secrets.token_hex(6)}号",
        "summary": "测试",
    }
    return registry.Record(**(given | more))


def review(place: Place) -> publication.ReviewRecordRequest:
    """A request that releases the place's record with its whole text."""
    return publication.ReviewRecordRequest(
        request_id=new_request_id(),
        record_id=place.record.record_id,
        version=max(place.record.version, 1),
        classification="open",
        summary=place.record.summary,
    )


def enter_record(place: Place, **more: Any) -> registry.EnterRecordRequest:
    """A request that enters a record."""
    record = record_of(place, **more)
    return registry.EnterRecordRequest(request_id=new_request_id(), record=record)


def lodge(place: Place) -> objection.LodgeObjectionRequest:
    """A request that objects to the place's record."""
    return objection.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        record_ids=[place.record.record_id],
        grounds="记录有误",
    )


def lodge_repair(place: Place) -> repair.LodgeRepairRequest:
    """A request that the place's record be repaired."""
    return repair.LodgeRepairRequest(
        request_id=new_request_id(),
        subject_id=place.subject_id,
        record_ids=[place.record.record_id],
        grounds="已改正",
    )


def upload(place: Place, **header: Any) -> list[registry.ImportFileRequest]:
    """A file that is only looked at, with one bad row."""
    given: dict[str, Any] = {
        "request_id": new_request_id(),
        "family": "subjects",
        "file_name": "测试.csv",
        "bureau": place.bureau,
        "mode": "check",
    }
    content = "kind,name,sector\norganisation,测试,nonsense\n".encode()
    return [
        registry.ImportFileRequest(header=registry.ImportHeader(**(given | header))),
        registry.ImportFileRequest(content=content),
    ]


def unnumbered(place: Place) -> list[registry.ImportFileRequest]:
    """A file of two instruments without a number, which are perhaps one."""
    header = registry.ImportHeader(
        request_id=new_request_id(),
        family="instruments",
        file_name="无编号.csv",
        bureau=place.bureau,
        mode="all_or_nothing",
    )
    row = f"{place.subject.name},FUEL,无,测试台"
    content = f"owner,type_code,serial_no,model,location\n{row},一\n{row},二\n".encode()
    return [
        registry.ImportFileRequest(header=header),
        registry.ImportFileRequest(content=content),
    ]


def penalty(place: Place) -> list[registry.ImportFileRequest]:
    """A file of a published penalty whose subject is found by its name only: a person decides."""
    header = registry.ImportHeader(
        request_id=new_request_id(),
        family="penalties",
        file_name="双公示.csv",
        bureau=place.bureau,
        mode="all_or_nothing",
    )
    columns = "行政相对人名称,行政相对人类别,行政处罚决定书文号,违法事实,处罚依据,处罚决定日期"
    who, what = f"{place.subject.name},法人及非法人组织", "使用超期的秤,《计量法》第二十五条"
    row = f"{who},（测试）〔2026〕1号,{what},2026/08/10"
    return [
        registry.ImportFileRequest(header=header),
        registry.ImportFileRequest(content=f"{columns}\n{row}\n".encode()),
    ]


def permit(place: Place) -> list[registry.ImportFileRequest]:
    """A file of a published permit of the place's subject."""
    header = registry.ImportHeader(
        request_id=new_request_id(),
        family="permits",
        file_name="双公示许可.csv",
        bureau=place.bureau,
        mode="all_or_nothing",
    )
    columns = (
        "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),行政许可决定文书名称"
    )
    who = f"{place.subject.name},法人及非法人组织,{place.subject.credit_code}"
    row = f"{who},计量标准考核证书,（测试）许〔2026〕1号,2026/08/10,测试局"
    content = f"{columns},行政许可决定文书号,许可决定日期,许可机关\n{row}\n"
    return [
        registry.ImportFileRequest(header=header),
        registry.ImportFileRequest(content=content.encode()),
    ]


def open_bulk(place: Place, batch_id: str) -> bulk.OpenBulkBatchRequest:
    """A request to open a batch of verifications of the place's instrument."""
    return bulk.OpenBulkBatchRequest(
        request_id=new_request_id(),
        batch_id=batch_id,
        family="verifications",
        name="测试报送",
        bureau=place.bureau,
        mode="all_or_nothing",
    )


def bulk_chunk(batch_id: str) -> bulk.SendBulkChunksRequest:
    """A chunk with one item, of an instrument that nobody has."""
    item = bulk.VerificationItem(type_code="FUEL", serial_no="no such instrument")
    return bulk.SendBulkChunksRequest(batch_id=batch_id, sequence=1, verifications=[item])


def complete_bulk(batch_id: str) -> bulk.CompleteBulkBatchRequest:
    """A request to take in that one chunk."""
    cells = ("", "", "FUEL", "no such instrument", "", "", "", "", "", "", "")
    chunk = hashlib.sha256("\x1f".join(cells).encode()).hexdigest()
    return bulk.CompleteBulkBatchRequest(
        request_id=new_request_id(),
        batch_id=batch_id,
        items=1,
        digest=hashlib.sha256(chunk.encode()).hexdigest(),
    )


def run_impact(place: Place) -> rulesets.RunImpactRequest:
    """A request to see what a text would change in the place's city."""
    return rulesets.RunImpactRequest(
        request_id=new_request_id(),
        bureau=place.city,
        ruleset_id="hangzhou-trial",
        as_of="2026-12-31",
    )


def start_impact(place: Place) -> rulesets.StartImpactRequest:
    """A request to run the same impact in the background."""
    return rulesets.StartImpactRequest.FromString(run_impact(place).SerializeToString())


def assess_index(place: Place) -> assessments.AssessIndexRequest:
    """A request to assess an area of which nothing is bad."""
    findings = {row.key: FOUND.get(row.scoring, 0) for row in table("taizhou-scenic").rows}
    return assessments.AssessIndexRequest(
        request_id=new_request_id(),
        area_name="测试景区",
        area_kind="scenic",
        bureau=place.bureau,
        findings_json=json.dumps(findings),
    )
