"""The gRPC methods for circulars and for the authorities that bureaus tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import circulars_pb2 as pb
from protos.alerts.v1 import circulars_pb2_grpc as rpc
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.circulars import authorities, commands, of_grades, queries, telling
from services.alerts.circulars.tables import Circular, CircularEntry
from services.alerts.clients import Clients
from services.alerts.exposure_lists.queries import subjects_of
from services.alerts.exposure_lists.tables import ExposureList


class CircularServicer(Servicer, rpc.CircularServiceServicer):
    """The gRPC service to draft, issue and read circulars, and to keep whom they tell.

    What the public is shown of grades is asked of grading before a change.
    """

    register = rpc.add_CircularServiceServicer_to_server

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    async def DraftCircular(
        self, request: pb.DraftCircularRequest, context: Any
    ) -> pb.DraftCircularResponse:
        async with self.view() as view:
            key = request.list_id
            row = await find_by_id(view.session, ExposureList, key) if key else None
            ids = await subjects_of(view, row.list_id) if row else []
        return await self.once(request, commands.draft, public=await self._public(ids))

    async def IssueCircular(
        self, request: pb.IssueCircularRequest, context: Any
    ) -> pb.IssueCircularResponse:
        async with self.view() as view:
            row = await find_by_id(view.session, Circular, request.circular_id)
            of = row.circular_id if row else ""
            told = select(CircularEntry.subject_id).where(col(CircularEntry.circular_id) == of)
            ids = (await view.session.exec(told)).all()
        return await self.once(request, commands.issue, public=await self._public(ids))

    PutAuthority = change(authorities.put_authority)
    ListAuthorities = query(queries.list_authorities)
    DiscardCircular = change(commands.discard)
    RecordCircularSent = change(telling.record_sent)
    GetCircular = query(queries.get_circular)
    ListCircularCandidates = query(of_grades.candidates)
    ListCirculars = query(queries.list_circulars)
    ListToldSubjects = query(queries.list_told_subjects)

    async def _public(self, subject_ids: Sequence[str]) -> dict[str, Grade]:
        account = current_caller().account_id
        return await self._clients.public_grades(subject_ids, account)
