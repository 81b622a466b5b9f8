"""The gRPC service for the publication of records."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import publication_pb2_grpc as rpc
from services.registry.publication import queries, replies, review, telling


class PublicationServicer(Servicer, rpc.PublicationServiceServicer):
    """Lists what the public is shown of records and replies, and reviews them."""

    register = rpc.add_PublicationServiceServicer_to_server

    ListPublications = query(queries.list_publications)
    GetPublication = query(queries.get_publication)
    ReviewRecord = change(review.review_record)
    TellSubjects = change(telling.tell_subjects)
    RecordTelling = change(telling.record_telling)
    WriteReply = change(replies.write_reply)
    WithdrawReply = change(replies.withdraw_reply)
    ReviewReply = change(replies.review_reply)
