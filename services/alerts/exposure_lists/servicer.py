"""The gRPC methods for exposure lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plumbing.change import Changes
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import exposure_lists_pb2 as pb
from protos.alerts.v1 import exposure_lists_pb2_grpc as rpc
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.clients import Clients
from services.alerts.exposure_lists import commands, queries
from services.alerts.exposure_lists.tables import ExposureList


class ExposureListServicer(Servicer, rpc.ExposureListServiceServicer):
    """The gRPC service to compile, review, release and read exposure lists.

    What the public is shown of grades is asked of grading before a change.
    """

    register = rpc.add_ExposureListServiceServicer_to_server

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    async def ListExposureCandidates(
        self, request: pb.ListExposureCandidatesRequest, context: Any
    ) -> pb.ListExposureCandidatesResponse:
        async with self.view() as view:
            page, answer = await queries.candidates(view, request)
        public = await self._public([subject.subject_id for subject in page])
        async with self.view() as view:
            answer.candidates.extend(await queries.listed(view, page, public))
        return answer

    async def CompileExposureList(
        self, request: pb.CompileExposureListRequest, context: Any
    ) -> pb.CompileExposureListResponse:
        public = await self._public(request.subject_ids)
        return await self.once(request, commands.compile_list, public=public)

    async def ReleaseExposureList(
        self, request: pb.ReleaseExposureListRequest, context: Any
    ) -> pb.ReleaseExposureListResponse:
        async with self.view() as view:
            row = await find_by_id(view.session, ExposureList, request.list_id)
            ids = await queries.subjects_of(view, row.list_id) if row else []
        public = await self._public(ids)
        return await self.once(request, commands.release_list, public=public)

    ReviewExposureList = change(commands.review_list)
    DiscardExposureList = change(commands.discard_list)
    TakeDownExposureEntry = change(commands.take_down)
    GetExposureList = query(queries.get_exposure_list)
    ListExposureLists = query(queries.list_exposure_lists)
    ListExposedSubjects = query(queries.list_exposed_subjects)

    async def _public(self, subject_ids: Sequence[str]) -> dict[str, Grade]:
        account = current_caller().account_id
        return await self._clients.public_grades(subject_ids, account)
