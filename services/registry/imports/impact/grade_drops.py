"""Asks the grading service how many grades would fall if a plan were applied.

If grading cannot answer, nothing is applied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import grpc
import structlog

from plumbing.chunks import weighed_chunks
from plumbing.client import Refusal, ask
from plumbing.grpc_errors import Away, is_final
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from services.registry.imports.plan.plan import Kind, Plan

COLUMNS_OF_THE_GRADE = ("kind", "sector", "bureau")
SUBJECTS_AT_ONCE, RECORDS_AT_ONCE = 500, 5000  # in one call
log = structlog.get_logger()


@dataclass(frozen=True)
class Question:
    """A question to the grading service: how many grades these planned changes would lower."""

    bureau: str
    subjects: Sequence[pb.SupposedSubject]

    @property
    def digest(self) -> str:
        """The SHA-256 of the question, equal for equal questions."""
        digest = hashlib.sha256(self.bureau.encode())
        for subject in self.subjects:
            digest.update(subject.SerializeToString(deterministic=True))
        return digest.hexdigest()


@dataclass(frozen=True)
class GradeDrops:
    """The answer of the grading service to the question with the digest `question`.

    `fallen` counts the subjects whose grade would fall, `graded` every graded subject of the
    bureau. `unknown` is true if grading could not answer.
    """

    question: str = ""
    fallen: int = 0
    graded: int = 0
    unknown: bool = False


class Grader(Protocol):
    """The interface of a service that estimates how many grades would fall."""

    async def ask(self, question: Question) -> GradeDrops:
        """Returns how many of the question's subjects would get a worse grade.

        Raises Away if the service does not answer.
        """


class GradingService:
    """The client of the grading service that estimates how many grades would fall."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AssessmentServiceStub(channel)

    async def ask(self, question: Question) -> GradeDrops:
        """Returns how many subjects would get a worse grade; makes several calls for many subjects.

        Raises Away if the grading service does not answer, and Refusal if it refuses the question.
        """
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
                    " nothing was imported, try again later",
                ) from refusal
            fallen += len(answer.subject_ids)
            graded = answer.graded
        return GradeDrops(question.digest, fallen, graded)


def supposed_subjects(plan: Plan) -> list[pb.SupposedSubject]:
    """Returns the registered subjects whose grade a plan may change, with their planned changes."""
    subjects: dict[str, pb.SupposedSubject] = {}
    for one in plan.things[Kind.SUBJECT]:
        changed = {name: one.values[name] for name in COLUMNS_OF_THE_GRADE if name in one.values}
        if not one.new and changed:
            subjects[one.thing_id] = pb.SupposedSubject(subject_id=one.thing_id, **changed)
    for one in plan.things[Kind.RECORD]:
        subject_id = one.values["subject_id"]
        if one.new:
            subject = subjects.setdefault(subject_id, pb.SupposedSubject(subject_id=subject_id))
            subject.records.append(_record(one.values))
    return [subjects[subject_id] for subject_id in sorted(subjects)]


def _record(values: Mapping[str, Any]) -> pb.SupposedRecord:
    fields: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if name in pb.SupposedRecord.DESCRIPTOR.fields_by_name and value is not None
    }
    return pb.SupposedRecord(**fields)
