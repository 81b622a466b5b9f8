"""gRPC in → query → gRPC out; nothing is decided here."""

from __future__ import annotations

import json
from typing import Any

import grpc

from law.grading import Receipt, verify_document
from law.grading.wording_receipt import explain
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.identity import current_caller
from protos.grading.v1 import grading_pb2 as pb
from protos.grading.v1 import grading_pb2_grpc as rpc
from services.grading import queries, wire, wording


class GradingServicer(rpc.GradingServiceServicer):
    """Answers what grading knows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_GradingServiceServicer_to_server(self, server)

    async def GetGrade(self, request: pb.GetGradeRequest, context: Any) -> pb.GetGradeResponse:
        async with self._database.snapshot() as session:
            row = await queries.grade(session, current_caller(), request, self._clock.today())
        return pb.GetGradeResponse(grade=wire.grade(row))

    async def ListGrades(
        self, request: pb.ListGradesRequest, context: Any
    ) -> pb.ListGradesResponse:
        async with self._database.snapshot() as session:
            rows, token = await queries.grades(session, current_caller(), request)
        return pb.ListGradesResponse(grades=map(wire.grade, rows), next_page_token=token)

    async def GetReceipt(
        self, request: pb.GetReceiptRequest, context: Any
    ) -> pb.GetReceiptResponse:
        document = await self._receipt(request.receipt_id)
        receipt = Receipt.from_json(document)
        return pb.GetReceiptResponse(
            receipt_json=json.dumps(document, ensure_ascii=False),
            explanation_zh=explain(receipt, "zh", wording.names(receipt.inputs, "zh")),
            explanation_en=explain(receipt, "en", wording.names(receipt.inputs, "en")),
        )

    async def VerifyReceipt(
        self, request: pb.VerifyReceiptRequest, context: Any
    ) -> pb.VerifyReceiptResponse:
        document = await self._receipt(request.receipt_id)
        return pb.VerifyReceiptResponse(differences=verify_document(document))

    async def SummariseGrades(
        self, request: pb.SummariseGradesRequest, context: Any
    ) -> pb.SummariseGradesResponse:
        async with self._database.snapshot() as session:
            counts = await queries.summary(session, current_caller(), request.bureau)
        return pb.SummariseGradesResponse(
            counts=[
                pb.GradeCount(ruleset_id=text, grade=grade or "", subjects=subjects)
                for text, grade, subjects in counts
            ]
        )

    async def GetRecordGraded(
        self, request: pb.GetRecordGradedRequest, context: Any
    ) -> pb.GetRecordGradedResponse:
        async with self._database.snapshot() as session:
            row = await queries.record_graded(session, current_caller(), request)
        if row is None:
            return pb.GetRecordGradedResponse(graded=False)
        return pb.GetRecordGradedResponse(graded=True, grade=wire.grade(row))

    async def _receipt(self, receipt_id: str) -> dict[str, Any]:
        async with self._database.snapshot() as session:
            return await queries.receipt(session, current_caller(), receipt_id)
