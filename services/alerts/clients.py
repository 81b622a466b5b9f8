"""What alerts asks of grading and registry, as itself and on somebody's behalf (D-09)."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

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

    async def grade(self, subject_id: str, behalf: str) -> grading_pb2.Grade | None:
        """The grade in force today; None of a subject that has none. Raises Refusal."""
        request = grading_pb2.GetGradeRequest(subject_id=subject_id)
        try:
            answer = await ask(self.grading.GetGrade(request, metadata=for_account(behalf)))
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return answer.grade

    async def enter_record(self, key: str, record: registry_pb2.Record, behalf: str) -> str:
        """Enters a credit record, once per key; returns its id. Raises Refusal."""
        request = registry_pb2.EnterRecordRequest(
            request_id=derived_request_id("escalation", key), record=record
        )
        answer = await ask(self.registry.EnterRecord(request, metadata=for_account(behalf)))
        return answer.record.record_id
