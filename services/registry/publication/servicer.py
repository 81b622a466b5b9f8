"""The gRPC service for the publication of records."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import publication_pb2_grpc as rpc
from services.registry.publication import queries, review


class PublicationServicer(Servicer, rpc.PublicationServiceServicer):
    """Lists what the public is shown of records, and records their confidentiality reviews."""

    register = rpc.add_PublicationServiceServicer_to_server

    ListPublications = query(queries.list_publications)
    GetPublication = query(queries.get_publication)
    ReviewRecord = change(review.review_record)
