"""The gRPC service for what-if gradings, outlooks, comparisons and the indices of areas."""

from __future__ import annotations

import asyncio
from typing import Any

from plumbing.servicer import Servicer, change, query
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1 import assessments_pb2_grpc as rpc
from services.grading import evidence, year_end
from services.grading.assessment import File
from services.grading.assessments import estimates, wire
from services.grading.assessments import queries as assessments
from services.grading.indices import commands as indices
from services.grading.indices import queries as index_queries


class AssessmentServicer(Servicer, rpc.AssessmentServiceServicer):
    """Computes grades for supposed records, for future days and under several rulesets.

    It also stores and publishes the indices of areas, which are scores of scenic areas and street
    blocks.
    """

    register = rpc.add_AssessmentServiceServicer_to_server

    async def WhatIf(self, request: pb.WhatIfRequest, context: Any) -> pb.WhatIfResponse:
        file, today = await self._file(request.subject_id), self.changes.clock.today()
        answer = await asyncio.to_thread(assessments.what_if, file, request, today)
        return wire.supposed(answer)

    async def EstimateDrops(
        self, request: pb.EstimateDropsRequest, context: Any
    ) -> pb.EstimateDropsResponse:
        async with self.view() as view:
            ids = [subject.subject_id for subject in request.subjects]
            known = await evidence.read(view.session, ids)
            graded = await estimates.graded(view.session, request.bureau)
        files = known.files(known.subjects)
        fallen = await asyncio.to_thread(
            lambda: list(estimates.drops(files, request.subjects, view.today))
        )
        return pb.EstimateDropsResponse(subject_ids=fallen, graded=graded)

    async def Outlook(self, request: pb.OutlookRequest, context: Any) -> pb.OutlookResponse:
        file, today = await self._file(request.subject_id), self.changes.clock.today()
        # A long file takes a while; other calls go on meanwhile.
        ahead = await asyncio.to_thread(assessments.outlook, file, request, today)
        return wire.ahead(ahead)

    async def Compare(self, request: pb.CompareRequest, context: Any) -> pb.CompareResponse:
        file, today = await self._file(request.subject_id), self.changes.clock.today()
        receipts = await asyncio.to_thread(assessments.compare, file, request, today)
        return wire.compared(receipts)

    AssessIndex = change(indices.assess)
    PublishIndex = change(indices.publish)
    WithdrawIndex = change(indices.withdraw)
    GetIndex = query(index_queries.get_index)
    ListIndexes = query(index_queries.list_indexes)

    ListYearEnds = query(year_end.list_year_ends)

    async def _file(self, subject_id: str) -> File:
        async with self.view() as view:
            return await assessments.file_of(view.session, view.caller, subject_id)
