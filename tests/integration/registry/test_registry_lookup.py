"""Subjects are answer by credit code too, and everything by an unambiguous start of its id."""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import owner, table, undo, unique_name, upload
from tests.integration.registry.running_registry import (
    FOREIGN,
    RunningRegistry,
    enter_record,
    put_instrument,
    refused,
    verify,
)

SHORT = 10


async def test_a_credit_code_is_taken_wherever_a_subject_is(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    code, caseworker = subject.credit_code, registry.client(Role.CASEWORKER)
    stub = caseworker.registry
    assert (await stub.GetSubject(pb.GetSubjectRequest(subject_id=code))).subject == subject
    instrument = (await stub.PutInstrument(put_instrument(code))).instrument
    assert instrument.subject_id == subject.subject_id
    record = (await stub.EnterRecord(enter_record(code))).record
    assert record.subject_id == subject.subject_id
    instruments = await stub.ListInstruments(pb.ListInstrumentsRequest(subject_id=code))
    assert list(instruments.instruments) == [instrument]
    records = await stub.ListRecords(pb.ListRecordsRequest(subject_id=code.lower()))
    assert list(records.records) == [record]
    await stub.RecordVerification(verify(instrument.instrument_id))
    verifications = await stub.ListVerifications(pb.ListVerificationsRequest(subject_id=code))
    assert [entry.subject_id for entry in verifications.verifications] == [subject.subject_id]
    account = await registry.client(Role.ADMINISTRATOR).identity.CreateAccount(
        identity.CreateAccountRequest(
            request_id=new_request_id(),
            name=uuid4().hex,
            display_name="经营者",
            password=uuid4().hex,
            roles=[identity.ROLE_OPERATOR],
            subject_id=code,
        )
    )
    assert account.account.subject_id == subject.subject_id


async def test_the_beginning_of_an_id_is_enough(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    instrument, record = await registry.instrument(subject), await registry.record(subject)
    caseworker = registry.client(Role.CASEWORKER)
    stub = caseworker.registry
    short = {
        name: getattr(thing, name)[:SHORT]
        for name, thing in (
            ("subject_id", subject),
            ("instrument_id", instrument),
            ("record_id", record),
        )
    }
    answer = await stub.GetSubject(pb.GetSubjectRequest(subject_id=short["subject_id"]))
    assert answer.subject == subject
    shown = await stub.GetInstrument(pb.GetInstrumentRequest(instrument_id=short["instrument_id"]))
    assert shown.instrument == instrument
    assert (
        await stub.GetRecord(pb.GetRecordRequest(record_id=short["record_id"]))
    ).record == record
    state = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=short["instrument_id"], state="stopped"
    )
    stopped = (await stub.SetInstrumentState(state)).instrument
    assert (stopped.instrument_id, stopped.state) == (instrument.instrument_id, "stopped")
    verification = (await stub.RecordVerification(verify(short["instrument_id"]))).verification
    assert verification.instrument_id == instrument.instrument_id


async def test_a_beginning_means_only_what_the_caller_may_see(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    await registry.bureau(FOREIGN)
    stranger = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await stranger.registry.GetSubject(pb.GetSubjectRequest(subject_id=subject.subject_id))
    with refused("NOT_FOUND"):
        await stranger.registry.GetSubject(
            pb.GetSubjectRequest(subject_id=subject.subject_id[:SHORT])
        )


async def test_a_batch_is_shown_and_undone_by_the_beginning_of_its_id(
    registry: RunningRegistry,
) -> None:
    caseworker = registry.client(Role.CASEWORKER)
    name = await owner(registry, caseworker)
    columns = ("使用单位", "器具类型", "出厂编号")
    batch = await upload(caseworker, "instruments", table(columns, (name, "NAWI-D", unique_name())))
    short = pb.Batch(batch_id=batch.batch_id[:SHORT])
    shown = await caseworker.imports.GetBatch(pb.GetBatchRequest(batch_id=short.batch_id))
    assert shown.batch == batch
    faults = await caseworker.imports.ListFaults(pb.ListFaultsRequest(batch_id=short.batch_id))
    assert not faults.faults
    undone = await undo(caseworker, short)
    assert (undone.batch_id, undone.state) == (batch.batch_id, "undone")
