"""gRPC in → command or query → gRPC out, of assessments; nothing is decided here."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

from plumbing.change import Changes
from plumbing.identity import current_caller
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1 import assessments_pb2_grpc as rpc
from services.grading import evidence, year_end
from services.grading.assessment import File
from services.grading.assessments import estimates
from services.grading.assessments import queries as assessments
from services.grading.assessments import wire as wire_assessments
from services.grading.indices import commands as indexes


class AssessmentServicer(rpc.AssessmentServiceServicer):
    """Answers what would be and what is to come; keeps the indices of areas."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._database, self._clock = changes.database, changes.clock

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_AssessmentServiceServicer_to_server(self, server)

    async def WhatIf(self, request: pb.WhatIfRequest, context: Any) -> pb.WhatIfResponse:
        file, today = await self._file(request.subject_id), self._clock.today()
        found = await asyncio.to_thread(assessments.what_if, file, request, today)
        return wire_assessments.supposed(found)

    async def EstimateDrops(
        self, request: pb.EstimateDropsRequest, context: Any
    ) -> pb.EstimateDropsResponse:
        today = self._clock.today()
        async with self._database.snapshot() as session:
            known = await evidence.read(session, [one.subject_id for one in request.subjects])
            graded = await estimates.graded(session, request.bureau)
        files = known.files(known.subjects)
        fallen = await asyncio.to_thread(
            lambda: list(estimates.drops(files, request.subjects, today))
        )
        return pb.EstimateDropsResponse(subject_ids=fallen, graded=graded)

    async def Outlook(self, request: pb.OutlookRequest, context: Any) -> pb.OutlookResponse:
        file, today = await self._file(request.subject_id), self._clock.today()
        # A long file takes a while, and others are waiting.
        found = await asyncio.to_thread(assessments.outlook, file, request, today)
        return wire_assessments.ahead(found)

    async def Compare(self, request: pb.CompareRequest, context: Any) -> pb.CompareResponse:
        file, today = await self._file(request.subject_id), self._clock.today()
        found = await asyncio.to_thread(assessments.compare, file, request, today)
        return wire_assessments.compared(found)

    async def AssessIndex(
        self, request: pb.AssessIndexRequest, context: Any
    ) -> pb.AssessIndexResponse:
        return await self._changes.once(
            current_caller(), request, indexes.assess, pb.AssessIndexResponse
        )

    async def PublishIndex(
        self, request: pb.PublishIndexRequest, context: Any
    ) -> pb.PublishIndexResponse:
        return await self._changes.once(
            current_caller(), request, indexes.publish, pb.PublishIndexResponse
        )

    async def WithdrawIndex(
        self, request: pb.WithdrawIndexRequest, context: Any
    ) -> pb.WithdrawIndexResponse:
        return await self._changes.once(
            current_caller(), request, indexes.withdraw, pb.WithdrawIndexResponse
        )

    async def GetIndex(self, request: pb.GetIndexRequest, context: Any) -> pb.GetIndexResponse:
        caller = current_caller()
        async with self._database.snapshot() as session:
            row = await indexes.get(session, caller, request.index_id)
        staff = indexes.is_staff(caller, row)
        return pb.GetIndexResponse(
            index=wire_assessments.index(row, staff=staff, rows=True),
            result_json=wire_assessments.as_json(row.result),
        )

    async def ListIndexes(
        self, request: pb.ListIndexesRequest, context: Any
    ) -> pb.ListIndexesResponse:
        caller = current_caller()
        async with self._database.snapshot() as session:
            rows, token = await indexes.listed(session, caller, request)
        told = [
            wire_assessments.index(row, staff=indexes.is_staff(caller, row), rows=False)
            for row in rows
        ]
        return pb.ListIndexesResponse(indexes=told, next_page_token=token)

    async def ListYearEnds(
        self, request: pb.ListYearEndsRequest, context: Any
    ) -> pb.ListYearEndsResponse:
        covers = current_caller().covers
        async with self._database.snapshot() as session:
            rows, token = await year_end.listed(session, request)
        told = [wire_assessments.year_end(row, covers) for row in rows]
        return pb.ListYearEndsResponse(year_ends=told, next_page_token=token)

    async def _file(self, subject_id: str) -> File:
        async with self._database.snapshot() as session:
            return await assessments.file_of(session, current_caller(), subject_id)
