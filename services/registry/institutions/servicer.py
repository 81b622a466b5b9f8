"""The gRPC service for verification institutions."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import institutions_pb2_grpc as rpc
from services.registry.institutions import commands, own_entries, queries, reports


class InstitutionServicer(Servicer, rpc.InstitutionServiceServicer):
    """Keeps institutions, their authorisations, and what they say of themselves."""

    register = rpc.add_InstitutionServiceServicer_to_server

    PutInstitution = change(commands.put_institution)
    PutAuthorisation = change(commands.put_authorisation)
    PutSite = change(own_entries.put_site)
    PutCapacity = change(own_entries.put_capacity)
    GetInstitution = query(queries.get_institution)
    ListInstitutions = query(queries.list_institutions)
    ListReports = query(reports.list_reports)
    GetPunctuality = query(reports.get_punctuality)
