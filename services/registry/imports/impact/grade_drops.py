"""Asking grading how many grades would fall. Where it cannot answer, nothing is taken in."""

from __future__ import annotations

from typing import Protocol

import grpc
import structlog

from plumbing.chunks import weighed_chunks
from plumbing.client import Refusal, ask
from plumbing.grpc_errors import Away, is_final
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from services.registry.imports.impact.alarms import Drops, Question

SUBJECTS_AT_ONCE, RECORDS_AT_ONCE = 500, 5000
log = structlog.get_logger()


class Grader(Protocol):
    """What answers how many grades would fall."""

    async def ask(self, question: Question) -> Drops:
        """Estimates how many of the subjects would get a worse grade. Raises Away."""


class GradingService:
    """Asks the grading service. Raises Away while it does not answer, Refusal when it refuses."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AssessmentServiceStub(channel)

    async def ask(self, question: Question) -> Drops:
        """Asks about one chunk of subjects after another."""
        fallen = graded = 0
        for chunk in weighed_chunks(
            question.subjects,
            SUBJECTS_AT_ONCE,
            lambda subject: len(subject.records),
            RECORDS_AT_ONCE,
        ):
            request = pb.EstimateDropsRequest(subjects=chunk, bureau=question.bureau)
            try:
                answer = await ask(self._stub.EstimateDrops(request))
            except Refusal as refusal:
                if is_final(refusal.code):
                    raise
                log.warning("imports.grading_does_not_answer", error=str(refusal))
                raise Away(
                    "评级服务暂时无法答复，不能估计此批次会使多少主体降级；未导入任何内容，请稍后再试",
                    "Grading does not answer, so it cannot be estimated how many grades would fall;"
                    " nothing was taken in, try again later",
                ) from refusal
            fallen += len(answer.subject_ids)
            graded = answer.graded
        return Drops(question.digest, fallen, graded)
