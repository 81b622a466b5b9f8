"""The gRPC services for the register and for its clock."""

from __future__ import annotations

from typing import Any

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from services.registry import labels, queries, record_months
from services.registry.commands import (
    bureaus,
    clock,
    entry_corrections,
    instrument_states,
    instruments,
    record_endings,
    records,
    subjects,
    verifications,
)
from services.registry.retention import restoration


class RegistryServicer(Servicer, rpc.RegistryServiceServicer):
    """Reads and changes the register: bureaus, subjects, instruments, verifications and records."""

    register = rpc.add_RegistryServiceServicer_to_server

    PutBureau = change(bureaus.put_bureau)
    ListBureaus = query(queries.list_bureaus)

    PutSubject = change(subjects.put_subject)
    GetSubject = query(queries.get_subject)
    ListSubjects = query(queries.list_subjects)

    PutInstrument = change(instruments.put_instrument)
    SetInstrumentState = change(instrument_states.set_instrument_state)
    GetInstrument = query(queries.get_instrument)
    ListInstruments = query(queries.list_instruments)
    ScanInstrument = query(labels.scan_instrument)
    ListLabels = query(labels.list_labels)

    RecordVerification = change(verifications.record_verification)
    ListVerifications = query(queries.list_verifications)

    EnterRecord = change(records.enter_record)
    CheckRecord = query(records.check_record)
    CorrectRecord = change(records.correct_record)
    WithdrawRecord = change(records.withdraw_record)
    SetContested = change(records.set_contested)
    RepairRecords = change(record_endings.repair_records)
    RestoreRecords = change(restoration.restore_records)
    StopDisclosure = change(record_endings.stop_disclosure)
    GetEntry = query(entry_corrections.get_entry)
    CheckCorrection = query(entry_corrections.check_correction)
    CorrectEntry = change(entry_corrections.correct_entry)
    GetRecord = query(queries.get_record)
    ListRecords = query(queries.list_records)
    ListDisclosedRecords = query(queries.list_disclosed_records)
    SummariseRecords = query(record_months.summarise_records)


class ClockServicer(Servicer, rpc.ClockServiceServicer):
    """Returns the time on the platform's clock, and moves the clock of a sandbox."""

    register = rpc.add_ClockServiceServicer_to_server

    async def GetClock(self, request: pb.GetClockRequest, context: Any) -> pb.GetClockResponse:
        return clock.current_time(self.changes.clock)

    async def AdvanceClock(
        self, request: pb.AdvanceClockRequest, context: Any
    ) -> pb.AdvanceClockResponse:
        return await self.once(request, clock.advance_clock, clock=self.changes.clock)
