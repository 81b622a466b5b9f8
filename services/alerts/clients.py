"""The calls that alerts makes to grading and registry, on behalf of a person's account (D-09)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc

from plumbing.chunks import chunks
from plumbing.client import Refusal, ask, derived_request_id, for_account
from protos.grading.v1 import grading_pb2, grading_pb2_grpc
from protos.identity.v1 import identity_pb2, identity_pb2_grpc
from protos.registry.v1 import registry_pb2, registry_pb2_grpc

SUBJECTS_PER_CALL = 1000


@dataclass(frozen=True)
class Clients:
    """The gRPC stubs of registry and grading, over channels that carry the identity of alerts."""

    registry: registry_pb2_grpc.RegistryServiceStub
    grading: grading_pb2_grpc.GradingServiceStub
    identity: identity_pb2_grpc.IdentityServiceStub

    @classmethod
    def over(cls, registry: grpc.aio.Channel, grading: grpc.aio.Channel) -> Clients:
        """Creates the gRPC stubs from one channel to registry and one channel to grading."""
        return cls(
            registry_pb2_grpc.RegistryServiceStub(registry),
            grading_pb2_grpc.GradingServiceStub(grading),
            identity_pb2_grpc.IdentityServiceStub(registry),
        )

    async def grade(self, subject_id: str, account: str) -> grading_pb2.Grade | None:
        """Returns the grade of a subject in force today; None if the subject has no grade.

        Raises Refusal if grading refuses the call for another reason.
        """
        request = grading_pb2.GetGradeRequest(subject_id=subject_id)
        try:
            answer = await ask(self.grading.GetGrade(request, metadata=for_account(account)))
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return answer.grade

    async def public_grades(
        self, subject_ids: Sequence[str], account: str
    ) -> dict[str, grading_pb2.Grade]:
        """Returns the grades of subjects as the public is shown them today, by subject."""
        grades: dict[str, grading_pb2.Grade] = {}
        for ids in chunks(subject_ids, SUBJECTS_PER_CALL):
            request = grading_pb2.ListGradesInForceRequest(subject_ids=ids, as_public=True)
            call = self.grading.ListGradesInForce(request, metadata=for_account(account))
            grades |= {grade.subject_id: grade for grade in (await ask(call)).grades}
        return grades

    async def enter_record(self, key: str, record: registry_pb2.Record, account: str) -> str:
        """Enters a credit record in the register and returns the record's id.

        A second call with the same `key` enters nothing new. Raises Refusal if the registry
        refuses.
        """
        request = registry_pb2.EnterRecordRequest(
            request_id=derived_request_id("escalation", key), record=record
        )
        answer = await ask(self.registry.EnterRecord(request, metadata=for_account(account)))
        return answer.record.record_id

    async def mailed_token(self, link_id: str) -> str:
        """Returns the secret part of a mailed link. Raises Refusal once the link has ended."""
        request = identity_pb2.GetMailedTokenRequest(link_id=link_id)
        return (await ask(self.identity.GetMailedToken(request))).token
