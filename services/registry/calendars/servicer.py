"""The gRPC service for editions of the calendar."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import calendars_pb2_grpc as rpc
from services.registry.calendars import commands, queries


class CalendarServicer(Servicer, rpc.CalendarServiceServicer):
    """Loads, lists, applies and discards editions of the calendar."""

    register = rpc.add_CalendarServiceServicer_to_server

    LoadCalendarEdition = change(commands.load_edition)
    ListCalendarEditions = query(queries.list_editions)
    ApplyCalendarEdition = change(commands.apply_edition)
    DiscardCalendarEdition = change(commands.discard_edition)
