"""The gRPC methods of the desk of a bureau; they ask the registry for its people beforehand."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from protos.objection.v1 import desk_pb2 as pb
from protos.objection.v1 import desk_pb2_grpc as rpc
from services.objection import stuck
from services.objection.clients import Clients
from services.objection.desk import assigning, notes
from services.objection.previews import preview


class CaseDeskServicer(Servicer, rpc.CaseDeskServiceServicer):
    """The gRPC service for who has a case, and for notes."""

    register = rpc.add_CaseDeskServiceServicer_to_server

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    async def AssignCase(
        self, request: pb.AssignCaseRequest, context: Any
    ) -> pb.AssignCaseResponse:
        return await self.once(request, assigning.assign, desk=await self._desk(request.case_id))

    async def ListAssignees(
        self, request: pb.ListAssigneesRequest, context: Any
    ) -> pb.ListAssigneesResponse:
        return assigning.assignees(await self._desk(request.case_id))

    async def AddCaseNote(
        self, request: pb.AddCaseNoteRequest, context: Any
    ) -> pb.AddCaseNoteResponse:
        async with self.view() as view:
            people = await notes.colleagues(view, request.case_id, self._clients)
        return await self.once(request, notes.write_note, people=people)

    ListCaseNotes = query(notes.list_notes)
    ListMentions = query(notes.list_mentions)
    SeeMentions = change(notes.see_mentions)
    ListStuckCases = query(stuck.list_stuck)
    RetryCase = change(stuck.retry)

    async def PreviewLetter(
        self, request: pb.PreviewLetterRequest, context: Any
    ) -> pb.PreviewLetterResponse:
        return await preview(self.changes, self._clients, request)

    async def _desk(self, case_id: str) -> assigning.Desk:
        async with self.view() as view:
            return await assigning.desk_of(view, case_id, self._clients)
