"""The register and its clock over gRPC: each call is one command or one query."""

from __future__ import annotations

from functools import partial
from typing import Any

import grpc

from plumbing.change import Changes
from plumbing.clock import Clock
from plumbing.identity import current_caller
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from services.registry.commands import (
    bureaus,
    clock,
    instruments,
    record_endings,
    records,
    subjects,
    verifications,
)
from services.registry.queries import Queries


class RegistryServicer(rpc.RegistryServiceServicer):
    """Reads and changes the register."""

    def __init__(self, changes: Changes, queries: Queries) -> None:
        self._changes, self._queries = changes, queries

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_RegistryServiceServicer_to_server(self, server)

    async def PutBureau(self, request: pb.PutBureauRequest, context: Any) -> pb.PutBureauResponse:
        return await self._changes.once(
            current_caller(), request, bureaus.put_bureau, pb.PutBureauResponse
        )

    async def ListBureaus(
        self, request: pb.ListBureausRequest, context: Any
    ) -> pb.ListBureausResponse:
        return await self._queries.list_bureaus(request)

    async def PutSubject(
        self, request: pb.PutSubjectRequest, context: Any
    ) -> pb.PutSubjectResponse:
        return await self._changes.once(
            current_caller(), request, subjects.put_subject, pb.PutSubjectResponse
        )

    async def GetSubject(
        self, request: pb.GetSubjectRequest, context: Any
    ) -> pb.GetSubjectResponse:
        return await self._queries.get_subject(current_caller(), request)

    async def ListSubjects(
        self, request: pb.ListSubjectsRequest, context: Any
    ) -> pb.ListSubjectsResponse:
        return await self._queries.list_subjects(current_caller(), request)

    async def PutInstrument(
        self, request: pb.PutInstrumentRequest, context: Any
    ) -> pb.PutInstrumentResponse:
        return await self._changes.once(
            current_caller(), request, instruments.put_instrument, pb.PutInstrumentResponse
        )

    async def SetInstrumentState(
        self, request: pb.SetInstrumentStateRequest, context: Any
    ) -> pb.SetInstrumentStateResponse:
        return await self._changes.once(
            current_caller(),
            request,
            instruments.set_instrument_state,
            pb.SetInstrumentStateResponse,
        )

    async def GetInstrument(
        self, request: pb.GetInstrumentRequest, context: Any
    ) -> pb.GetInstrumentResponse:
        return await self._queries.get_instrument(current_caller(), request)

    async def ListInstruments(
        self, request: pb.ListInstrumentsRequest, context: Any
    ) -> pb.ListInstrumentsResponse:
        return await self._queries.list_instruments(current_caller(), request)

    async def ListVerifications(
        self, request: pb.ListVerificationsRequest, context: Any
    ) -> pb.ListVerificationsResponse:
        return await self._queries.list_verifications(current_caller(), request)

    async def RecordVerification(
        self, request: pb.RecordVerificationRequest, context: Any
    ) -> pb.RecordVerificationResponse:
        return await self._changes.once(
            current_caller(),
            request,
            verifications.record_verification,
            pb.RecordVerificationResponse,
        )

    async def EnterRecord(
        self, request: pb.EnterRecordRequest, context: Any
    ) -> pb.EnterRecordResponse:
        return await self._changes.once(
            current_caller(), request, records.enter_record, pb.EnterRecordResponse
        )

    async def CorrectRecord(
        self, request: pb.CorrectRecordRequest, context: Any
    ) -> pb.CorrectRecordResponse:
        return await self._changes.once(
            current_caller(), request, records.correct_record, pb.CorrectRecordResponse
        )

    async def WithdrawRecord(
        self, request: pb.WithdrawRecordRequest, context: Any
    ) -> pb.WithdrawRecordResponse:
        return await self._changes.once(
            current_caller(), request, records.withdraw_record, pb.WithdrawRecordResponse
        )

    async def SetContested(
        self, request: pb.SetContestedRequest, context: Any
    ) -> pb.SetContestedResponse:
        return await self._changes.once(
            current_caller(), request, records.set_contested, pb.SetContestedResponse
        )

    async def RepairRecords(
        self, request: pb.RepairRecordsRequest, context: Any
    ) -> pb.RepairRecordsResponse:
        return await self._changes.once(
            current_caller(), request, record_endings.repair_records, pb.RepairRecordsResponse
        )

    async def StopDisclosure(
        self, request: pb.StopDisclosureRequest, context: Any
    ) -> pb.StopDisclosureResponse:
        return await self._changes.once(
            current_caller(), request, record_endings.stop_disclosure, pb.StopDisclosureResponse
        )

    async def GetRecord(self, request: pb.GetRecordRequest, context: Any) -> pb.GetRecordResponse:
        return await self._queries.get_record(current_caller(), request)

    async def ListRecords(
        self, request: pb.ListRecordsRequest, context: Any
    ) -> pb.ListRecordsResponse:
        return await self._queries.list_records(current_caller(), request)


class ClockServicer(rpc.ClockServiceServicer):
    """Tells the platform's time, and moves it in a sandbox."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes, self._clock = changes, clock

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_ClockServiceServicer_to_server(self, server)

    async def GetClock(self, request: pb.GetClockRequest, context: Any) -> pb.GetClockResponse:
        return clock.tell_time(self._clock)

    async def AdvanceClock(
        self, request: pb.AdvanceClockRequest, context: Any
    ) -> pb.AdvanceClockResponse:
        return await self._changes.once(
            current_caller(),
            request,
            partial(clock.advance_clock, self._clock),
            pb.AdvanceClockResponse,
        )
