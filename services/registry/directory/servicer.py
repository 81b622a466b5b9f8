"""The gRPC service for the directory of institutions."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import directory_pb2_grpc as rpc
from services.registry.directory import commands, queries


class DirectoryServicer(Servicer, rpc.DirectoryServiceServicer):
    """Keeps what institutions release of themselves, and shows it to anybody."""

    register = rpc.add_DirectoryServiceServicer_to_server

    PutListing = change(commands.put_listing)
    GetListing = query(queries.get_listing)
    ListDirectory = query(queries.list_directory)
