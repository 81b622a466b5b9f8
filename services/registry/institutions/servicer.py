"""The gRPC service for verification institutions."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.registry.v1 import institutions_pb2 as pb
from protos.registry.v1 import institutions_pb2_grpc as rpc
from services.registry import sheets
from services.registry.imports.read.limits import FileLimits
from services.registry.institutions import commands, from_file, own_entries, queries, reports


class InstitutionServicer(Servicer, rpc.InstitutionServiceServicer):
    """Keeps institutions, their authorisations, and what they say of themselves."""

    register = rpc.add_InstitutionServiceServicer_to_server

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._limits = FileLimits.of(settings)

    PutInstitution = change(commands.put_institution)
    PutAuthorisation = change(commands.put_authorisation)
    PutSite = change(own_entries.put_site)
    PutCapacity = change(own_entries.put_capacity)
    GetInstitution = query(queries.get_institution)
    ListInstitutions = query(queries.list_institutions)
    ListReports = query(reports.list_reports)
    GetPunctuality = query(reports.get_punctuality)

    async def ImportAuthorisations(
        self, request: pb.ImportAuthorisationsRequest, context: Any
    ) -> pb.ImportAuthorisationsResponse:
        return await sheets.taken(
            self, request, from_file.import_authorisations, from_file.COLUMNS, self._limits
        )
