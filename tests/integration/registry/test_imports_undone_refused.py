"""Undoing is refused where something relies on the import; each such thing has its reason."""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    instruments_of,
    subject_rows,
    subjects_named,
    table,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    OTHER_DISTRICT,
    RunningRegistry,
    credit_code,
    put_subject,
    refused,
    verify,
)

RECORD = ("使用单位", "信息类别", "发生日期", "认定日期", "文书编号")


async def test_a_later_batch_is_named(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, mark, code = registry.client(Role.CASEWORKER), uuid4().hex, credit_code()
    values = {"统一社会信用代码": code}
    first = await upload(
        client, "subjects", table(*subject_rows(f"甲{mark}", bureau=DISTRICT, **values))
    )
    second = await upload(
        client, "subjects", table(*subject_rows(f"乙{mark}", bureau=DISTRICT, **values))
    )
    [subject] = await subjects_named(client, mark)
    with refused("WRONG_STATE", f"subject/{subject.subject_id}") as refusals:
        await undo(client, first)
    [(_, zh, _)] = refusals[0].faults
    assert second.batch_id in zh
    await undo(client, second)
    await undo(client, first)
    assert await subjects_named(client, mark) == []


async def test_a_bureau_brought_back_to_life_that_subjects_have_joined(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.ADMINISTRATOR, bureau="000000")
    content = table(("机关代码", "机关名称"), ("330199", "样例局"))
    await undo(client, await upload(client, "bureaus", content))
    batch = await upload(client, "bureaus", content + b"\n")
    caseworker = registry.client(Role.CASEWORKER, bureau="330199")
    joined = (await caseworker.registry.PutSubject(put_subject(bureau="330199"))).subject
    with refused("WRONG_STATE", "bureau/330199"):
        await undo(client, batch)
    await registry.bureau()
    joined.bureau = DISTRICT
    mover = registry.client(Role.CASEWORKER, bureau=CITY)
    await mover.registry.PutSubject(
        pb.PutSubjectRequest(request_id=new_request_id(), subject=joined)
    )
    await undo(client, batch)


async def test_a_former_bureau_that_is_no_more(registry: RunningRegistry) -> None:
    administrator = registry.client(Role.ADMINISTRATOR, bureau="000000")
    founded = await upload(
        administrator, "bureaus", table(("机关代码", "机关名称"), ("330198", "样例局"))
    )
    await registry.bureau(OTHER_DISTRICT)
    client, code, name = registry.client(Role.CASEWORKER, bureau=CITY), credit_code(), uuid4().hex
    caseworker = registry.client(Role.CASEWORKER, bureau="330198")
    request = put_subject(bureau="330198", credit_code=code, name=name)
    subject = (await caseworker.registry.PutSubject(request)).subject
    rows = subject_rows(name, bureau=OTHER_DISTRICT, 统一社会信用代码=code)
    moved = await upload(client, "subjects", table(*rows))
    await undo(administrator, founded)
    with refused("WRONG_STATE", f"subject/{subject.subject_id}"):
        await undo(client, moved)


async def test_a_record_that_a_case_disputes(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    service = await registry.acting_for(Role.OPERATOR, subject_id=owner.subject_id)
    row = (owner.credit_code, "penalty", "2026-08-01", "2026-08-02", uuid4().hex)
    batch = await upload(client, "records", table(RECORD, row))
    request = pb.ListRecordsRequest(subject_id=owner.subject_id)
    [record] = (await client.registry.ListRecords(request)).records
    dispute = pb.SetContestedRequest(
        request_id=new_request_id(), record_ids=[record.record_id], case_id="case", contested=True
    )
    await service.registry.SetContested(dispute)
    with refused("WRONG_STATE", f"record/{record.record_id}"):
        await undo(client, batch)
    dispute.request_id, dispute.contested = new_request_id(), False
    await service.registry.SetContested(dispute)
    await undo(client, batch)
    assert not (await client.registry.ListRecords(request)).records


async def test_an_instrument_put_into_use_that_was_passed_again_since(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    filed, client = await registry.instrument(owner), registry.client(Role.CASEWORKER)
    row = verification(器具类型=filed.type_code, 出厂编号=filed.serial_no)
    batch = await upload(client, "verifications", verifications(row))
    [instrument] = await instruments_of(client, owner)
    assert instrument.state == "in_use"
    await client.registry.RecordVerification(verify(filed.instrument_id, verified_on="2026-09-05"))
    with refused("WRONG_STATE", f"instrument/{filed.instrument_id}"):
        await undo(client, batch)
    [instrument] = await instruments_of(client, owner)
    assert instrument.state == "in_use"
