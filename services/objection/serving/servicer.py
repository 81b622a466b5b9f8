"""The gRPC service for letters served on paper."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.objection.v1 import delivery_pb2_grpc as rpc
from services.objection.serving.commands import list_deliveries, record_delivery


class DeliveryServicer(Servicer, rpc.DeliveryServiceServicer):
    """Records and lists how letters of cases were served on paper."""

    register = rpc.add_DeliveryServiceServicer_to_server

    RecordDelivery = change(record_delivery)
    ListDeliveries = query(list_deliveries)
