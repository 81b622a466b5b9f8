"""Completes the ids in a request: people write a credit code, or the beginning of an id.

Each service finds its own rows by the beginning of their ids (`plumbing.short_ids`). Ids that
belong to the register are looked up there first if the request goes to another service.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from plumbing.client import Refusal
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import GRPC_SERVICES, Client

WHOLE = re.compile(r"[0-9a-f]{32}")


async def _subject(client: Client, given: str) -> str:
    """The id of a subject; what is given, where only the service may look the subject up.

    An agent names the subject for which it lodges, and may not read it.
    """
    try:
        response = await client.registry.GetSubject(pb.GetSubjectRequest(subject_id=given))
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.PERMISSION_DENIED:
            return given
        raise
    return str(response.subject.subject_id)


async def _record(client: Client, given: str) -> str:
    response = await client.registry.GetRecord(pb.GetRecordRequest(record_id=given))
    return str(response.record.record_id)


async def _instrument(client: Client, given: str) -> str:
    response = await client.registry.GetInstrument(pb.GetInstrumentRequest(instrument_id=given))
    return str(response.instrument.instrument_id)


LOOKUPS: dict[str, Callable[[Client, str], Awaitable[str]]] = {
    "subject_id": _subject,
    "record_id": _record,
    "record_ids": _record,
    "instrument_id": _instrument,
}


async def make_whole(client: Client, service: str, request: Any) -> None:
    """Replaces short ids of the register's objects in a request by full ids, in place.

    A request to the registry stays unchanged, because the registry itself accepts short ids.
    """
    if GRPC_SERVICES[service].process != "registry":
        await _make_whole(client, request)


async def _make_whole(client: Client, message: Any) -> None:
    for field, value in message.ListFields():
        if field.message_type is not None:
            if not field.message_type.full_name.startswith("google."):
                for nested in value if field.is_repeated else (value,):
                    await _make_whole(client, nested)
        elif look_up := LOOKUPS.get(field.name):
            if field.is_repeated:
                value[:] = [await _whole(client, look_up, given) for given in value]
            else:
                setattr(message, field.name, await _whole(client, look_up, value))


async def _whole(
    client: Client, look_up: Callable[[Client, str], Awaitable[str]], given: str
) -> str:
    return given if WHOLE.fullmatch(given) else await look_up(client, given)
