"""The registry as a process: every committed event reaches NATS, even after a kill."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from plumbing.events.subjects import Stream
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.conftest import NatsServer
from tests.integration.registry.running_registry import (
    RunningRegistry,
    put_subject,
    running,
    sandbox,
)
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases

SUBJECT = "registry.v1.subjects_changed.330106"
ADMINISTRATOR = "administrator"


async def arrived(js: JetStreamContext) -> events.SubjectsChanged:
    """The newest announcement of subjects, as NATS holds it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                message = await js.get_last_msg(Stream.REGISTRY, SUBJECT)
            except NotFoundError:
                await asyncio.sleep(0.05)
            else:
                assert message.headers
                assert message.headers["ce-type"] == "quanheng.registry.v1.SubjectsChanged"
                return events.SubjectsChanged.FromString(message.data or b"")


async def test_what_is_committed_reaches_nats_and_outlives_a_kill(
    nats_server: NatsServer, jetstream: JetStreamContext, tmp_path: Path, databases: Databases
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_server.url, databases)
    registry = RunningRegistry(settings)
    request = put_subject(name=f"合成{uuid4().hex}")
    async with running(settings) as process:
        await registry.bureau()
        client = registry.client(Role.CASEWORKER)
        made = (await client.registry.PutSubject(request)).subject
        assert list((await arrived(jetstream)).subjects) == [made]
        password = (settings.keys_dir / f"{ADMINISTRATOR}.password").read_text()
        process.kill()
    async with running(settings):
        assert (await client.registry.PutSubject(request)).subject == made
        read = pb.GetSubjectRequest(subject_id=made.subject_id)
        assert (await client.registry.GetSubject(read)).subject == made
        login = identity.LoginRequest(name=ADMINISTRATOR, password=password)
        token = (await registry.client_with().identity.Login(login)).token
        await _all_is_well(registry, token)
    await registry.close()


async def _all_is_well(registry: RunningRegistry, token: str) -> None:
    client = registry.client_with(token)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            checked = await client.operations.Check(operations.CheckRequest())
            figures = {figure.name: figure.value for figure in checked.figures}
            if not figures["outbox.pending"] and not figures["audit.unsealed"]:
                break
            await asyncio.sleep(0.05)
    # It serves without Temporal, and says what is missing.
    assert [problem.name for problem in checked.problems] == ["retention.workflow_missing"]
    assert (figures["subjects"], figures["bureaus"]) == (1, 1)
    walked = await client.operations.VerifyAudit(operations.VerifyAuditRequest())
    # Three acts, and each service's stock of rows that were there before their digests were kept.
    assert walked.sealed >= 3
    assert list(walked.problems) == []
