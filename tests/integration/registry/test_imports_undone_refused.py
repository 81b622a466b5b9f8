"""What came after an import and relies on it is named, each thing with its reason."""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.importing import (
    instruments_of,
    subject_rows,
    subjects_named,
    table,
    take,
    undo,
    verification,
    verifications,
)
from tests.integration.registry.offices import (
    CITY,
    DISTRICT,
    OTHER_DISTRICT,
    Office,
    credit_code,
    put_subject,
    refused,
    verify,
)

RECORD = ("使用单位", "信息类别", "发生日期", "认定日期", "文书编号")


async def test_a_later_batch_is_named(office: Office) -> None:
    await office.bureau()
    desk, mark, code = office.desk(Role.CASEWORKER), uuid4().hex, credit_code()
    said = {"统一社会信用代码": code}
    first = await take(desk, "subjects", table(*subject_rows(f"甲{mark}", bureau=DISTRICT, **said)))
    second = await take(
        desk, "subjects", table(*subject_rows(f"乙{mark}", bureau=DISTRICT, **said))
    )
    [subject] = await subjects_named(desk, mark)
    with refused("WRONG_STATE", f"subject/{subject.subject_id}") as refusals:
        await undo(desk, first)
    [(_, zh, _)] = refusals[0].faults
    assert second.batch_id in zh
    await undo(desk, second)
    await undo(desk, first)
    assert await subjects_named(desk, mark) == []


async def test_a_bureau_brought_back_to_life_that_subjects_have_joined(office: Office) -> None:
    desk = office.desk(Role.ADMINISTRATOR, bureau="000000")
    content = table(("机关代码", "机关名称"), ("330199", "样例局"))
    await undo(desk, await take(desk, "bureaus", content))
    batch = await take(desk, "bureaus", content + b"\n")
    caseworker = office.desk(Role.CASEWORKER, bureau="330199")
    joined = (await caseworker.registry.PutSubject(put_subject(bureau="330199"))).subject
    with refused("WRONG_STATE", "bureau/330199"):
        await undo(desk, batch)
    await office.bureau()
    joined.bureau = DISTRICT
    mover = office.desk(Role.CASEWORKER, bureau=CITY)
    await mover.registry.PutSubject(
        pb.PutSubjectRequest(request_id=new_request_id(), subject=joined)
    )
    await undo(desk, batch)


async def test_a_former_bureau_that_is_no_more(office: Office) -> None:
    administrator = office.desk(Role.ADMINISTRATOR, bureau="000000")
    founded = await take(
        administrator, "bureaus", table(("机关代码", "机关名称"), ("330198", "样例局"))
    )
    await office.bureau(OTHER_DISTRICT)
    desk, code, name = office.desk(Role.CASEWORKER, bureau=CITY), credit_code(), uuid4().hex
    caseworker = office.desk(Role.CASEWORKER, bureau="330198")
    request = put_subject(bureau="330198", credit_code=code, name=name)
    subject = (await caseworker.registry.PutSubject(request)).subject
    rows = subject_rows(name, bureau=OTHER_DISTRICT, 统一社会信用代码=code)
    moved = await take(desk, "subjects", table(*rows))
    await undo(administrator, founded)
    with refused("WRONG_STATE", f"subject/{subject.subject_id}"):
        await undo(desk, moved)


async def test_a_record_that_a_case_disputes(office: Office) -> None:
    owner = await office.subject()
    desk = office.desk(Role.CASEWORKER)
    service = office.desk(Role.SERVICE, name="service:objection")
    row = (owner.credit_code, "penalty", "2026-08-01", "2026-08-02", uuid4().hex)
    batch = await take(desk, "records", table(RECORD, row))
    wanted = pb.ListRecordsRequest(subject_id=owner.subject_id)
    [record] = (await desk.registry.ListRecords(wanted)).records
    dispute = pb.SetContestedRequest(
        request_id=new_request_id(), record_ids=[record.record_id], case_id="case", contested=True
    )
    await service.registry.SetContested(dispute)
    with refused("WRONG_STATE", f"record/{record.record_id}"):
        await undo(desk, batch)
    dispute.request_id, dispute.contested = new_request_id(), False
    await service.registry.SetContested(dispute)
    await undo(desk, batch)
    assert not (await desk.registry.ListRecords(wanted)).records


async def test_an_instrument_put_into_use_that_was_passed_again_since(office: Office) -> None:
    owner = await office.subject()
    filed, desk = await office.instrument(owner), office.desk(Role.CASEWORKER)
    row = verification(器具类型=filed.type_code, 出厂编号=filed.serial_no)
    batch = await take(desk, "verifications", verifications(row))
    [instrument] = await instruments_of(desk, owner)
    assert instrument.state == "in_use"
    await desk.registry.RecordVerification(verify(filed.instrument_id, verified_on="2026-09-05"))
    with refused("WRONG_STATE", f"instrument/{filed.instrument_id}"):
        await undo(desk, batch)
    [instrument] = await instruments_of(desk, owner)
    assert instrument.state == "in_use"
