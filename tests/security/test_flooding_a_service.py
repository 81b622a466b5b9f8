"""The attacker reaches the registry's port, with the least of accounts or with none at all.

They send what costs much: messages far larger than a method needs, connections by the hundred that
say nothing, sign-ins by the hundred. Others are served meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import grpc
import pytest

from plumbing.client import new_request_id, refusal_of
from plumbing.database import WRITE_WAIT_SECONDS
from plumbing.identity import Role
from plumbing.incoming import LARGE_REQUEST_BYTES, REQUEST_BYTES
from plumbing.security_log import OF_ONE
from plumbing.settings import Settings
from protos.identity.v1 import identity_pb2 as identity
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import registry_pb2 as pb
from services.cli.sessions import ADMINISTRATOR, administrator_password
from services.registry.identity.passwords import HASHES_WAITING
from tests.integration.registry.bulk_sender import Sender
from tests.integration.registry.conftest import _settings, nats_url, registry  # noqa: F401
from tests.integration.registry.running_registry import (
    DISTRICT,
    RunningRegistry,
    put_subject,
    refused,
)
from tests.patience import PATIENCE_SECONDS

MORE_THAN_CONNECTIONS = 20  # to a SQLite file, of which a process has 16
SIGN_IN_SECONDS = 1.0
MORE_THAN_FILES = 1200  # connections; by default a process may open 1,024 files


@contextmanager
def silent_connections(address: str) -> Iterator[None]:
    """Holds many connections that never say anything."""
    host, _, port = address.rpartition(":")
    with ExitStack() as held:
        for _ in range(MORE_THAN_FILES):
            held.enter_context(socket.create_connection((host, int(port))))
        yield


async def test_a_request_above_the_limit_of_its_method_is_not_decoded(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    operator = registry.client(Role.OPERATOR, subject_id=str(uuid4()))
    with refused("INVALID_INPUT") as refusals:
        await operator.registry.GetSubject(pb.GetSubjectRequest(subject_id="a" * REQUEST_BYTES))
    assert f"{REQUEST_BYTES:,}" in refusals[0].message_en
    far = "a" * (LARGE_REQUEST_BYTES + 1)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await operator.registry.GetSubject(pb.GetSubjectRequest(subject_id=far))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_silent_connections_shut_nobody_out(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    subject = await registry.subject()
    alone = await _seconds_of_sign_in(registry)
    with silent_connections(registry.settings.address("registry")):
        newcomer = registry.client(Role.CASEWORKER)
        answer = await newcomer.registry.GetSubject(
            pb.GetSubjectRequest(subject_id=subject.subject_id)
        )
        meanwhile = await _seconds_of_sign_in(registry)
    assert answer.subject.subject_id == subject.subject_id
    assert meanwhile < SIGN_IN_SECONDS + 5 * alone  # most of it is the hashing of the password


async def _seconds_of_sign_in(
    registry: RunningRegistry,  # noqa: F811
) -> float:
    """How long a newcomer waits for the answer about name and password, over a new connection."""
    password = administrator_password(registry.settings.keys_dir)
    request = identity.LoginRequest(name=ADMINISTRATOR, password=password)
    stranger, began = registry.client_with(), time.monotonic()
    await stranger.identity.Login(request, timeout=PATIENCE_SECONDS)
    return time.monotonic() - began


async def test_half_sent_batches_of_one_account_are_bounded(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    await registry.bureau()
    flooder = registry.client(Role.INTEGRATOR, name=uuid4().hex)
    opened = [
        Sender(flooder, "instruments", []) for _ in range(registry.settings.import_open_of_one)
    ]
    for batch in opened:
        await batch.open(bureau=DISTRICT)
    with refused("BUSY") as refusals:
        await Sender(flooder, "instruments", []).open(bureau=DISTRICT)
    assert refusals[0].code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert int(refusals[0].facts["retry_after_seconds"]) > 0
    assert (await opened[0].open(bureau=DISTRICT)).next_sequence == 1  # the same again
    await Sender(registry.client(Role.INTEGRATOR), "instruments", []).open(bureau=DISTRICT)
    for batch in opened:
        request = pb.DiscardBatchRequest(
            request_id=new_request_id(), batch_id=batch.batch_id, reasons="不再报送"
        )
        await flooder.imports.DiscardBatch(request)
    await Sender(flooder, "instruments", []).open(bureau=DISTRICT)


async def test_while_one_writes_for_long_others_read_and_are_told_to_write_again(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    if not registry.database.is_sqlite:
        pytest.skip("PostgreSQL has many writers")
    subject, caseworker = await registry.subject(), registry.client(Role.CASEWORKER)
    read = pb.GetSubjectRequest(subject_id=subject.subject_id)
    async with registry.database.transaction() as session:  # as a large import does
        await session.connection()
        writes = [
            asyncio.ensure_future(
                caseworker.registry.PutSubject(put_subject(), timeout=PATIENCE_SECONDS)
            )
            for _ in range(MORE_THAN_CONNECTIONS)
        ]
        await caseworker.registry.GetSubject(read, timeout=3 * WRITE_WAIT_SECONDS)
        await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
    answers = await asyncio.gather(*writes, return_exceptions=True)
    refusals = [refusal_of(one) for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert {(one.reason, one.code) for one in refusals} == {
        ("BUSY", grpc.StatusCode.RESOURCE_EXHAUSTED)
    }
    again = await caseworker.registry.PutSubject(put_subject(), timeout=PATIENCE_SECONDS)
    assert again.subject.subject_id


async def test_a_flood_of_refused_calls_leaves_a_few_security_lines(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    name = uuid4().hex
    operator = registry.client(Role.OPERATOR, subject_id=str(uuid4()), name=name)
    for _ in range(4 * OF_ONE):
        with refused("NOT_PERMITTED"):
            await operator.operations.Check(operations.CheckRequest())
    security = [line for line in _lines(registry.settings) if line.get("account") == name]
    assert len(security) == OF_ONE
    assert {line["log"] for line in security} == {"security"}
    assert security[0]["event"] == "security.permission_refused"
    assert security[0]["method"].endswith("/Check")


def _lines(settings: Settings) -> list[dict[str, Any]]:
    text = (settings.data_dir / "registry.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def test_a_flood_of_sign_ins_is_refused_and_others_are_answered(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    subject = await registry.subject()
    stranger, caseworker = registry.client_with(), registry.client(Role.CASEWORKER)
    flood = [
        asyncio.ensure_future(
            stranger.identity.Login(
                identity.LoginRequest(name=f"nobody-{number}", password="a guess among many")
            )
        )
        for number in range(4 * HASHES_WAITING)
    ]
    read = await caseworker.registry.GetSubject(pb.GetSubjectRequest(subject_id=subject.subject_id))
    answers = await asyncio.gather(*flood, return_exceptions=True)
    reasons = {refusal_of(one).reason for one in answers if isinstance(one, grpc.aio.AioRpcError)}
    assert read.subject.subject_id == subject.subject_id
    assert "BUSY" in reasons
    assert reasons <= {"BUSY", "UNAUTHENTICATED", "WRONG_STATE"}
