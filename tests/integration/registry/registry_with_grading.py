"""A running registry with a grading service beside it, and low limits for bursts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import SandboxClock, SystemClock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.signing import Signatures
from plumbing.rpc import serve
from plumbing.settings import Settings
from plumbing.tokens import Verifier, public_key
from plumbing.transport import server_credentials
from services.grading.assessments.policy import ASSESSMENT_POLICY, ASSESSMENTS
from services.grading.assessments.servicer import AssessmentServicer
from services.grading.consumers import registry_consumer
from services.grading.evidence import read
from tests.integration.conftest import NatsServer
from tests.integration.events.support import eventually
from tests.integration.events.support import running as working
from tests.integration.registry.running_registry import RunningRegistry, running, sandbox
from tests.logins import none_ended
from tests.ports import free_port
from tests.postgres import Databases
from tests.service_keys import credentials

LEAST, ALERT_SHARE, DROP_SHARE = 3, 0.5, 0.4


class RegistryWithGrading(RunningRegistry):
    """The running registry, seen from outside, with grading's projection and its server."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.grading = Database(settings.database_url("grading"))
        self.clock = SandboxClock(settings.clock_file)
        self._server: grpc.aio.Server | None = None

    async def open_grading(self) -> None:
        """Starts the grading service."""
        servicer = AssessmentServicer(Changes(self.grading, self.clock))
        verifier = Verifier(public_key(self.settings.keys_dir), SystemClock())
        services = {ASSESSMENTS: servicer.register}
        address = self.settings.grading_address
        self._server, _ = await serve(
            address,
            services,
            verifier,
            [ASSESSMENT_POLICY],
            none_ended(),
            credentials=server_credentials(self.settings, "grading"),
        )

    async def close_grading(self) -> None:
        """Stops the grading service."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    async def graded(self, *subject_ids: str) -> None:
        """Waits until grading knows these subjects."""

        async def known() -> bool:
            async with self.grading.snapshot() as session:
                evidence = await read(session, subject_ids)
            return len(evidence.files(evidence.subjects)) == len(subject_ids)

        await eventually(known)


@asynccontextmanager
async def opened(folder: Path, databases: Databases) -> AsyncIterator[RegistryWithGrading]:
    """A registry with a NATS of its own, so that grading gets only the events of this register."""
    nats = NatsServer(folder)
    nats.start()
    settings = sandbox(folder, free_port(), nats.url, databases).model_copy(
        update={
            "grading_address": f"127.0.0.1:{free_port()}",
            "import_burst_least": LEAST,
            "import_alert_share": ALERT_SHARE,
            "import_drop_share": DROP_SHARE,
            "call_timeout_seconds": 3.0,
        }
    )
    registry = RegistryWithGrading(settings)
    await migrations.upgrade(registry.grading, "grading")
    async with running(settings):
        nats_client = await connect(nats.url, credentials("grading"))
        consumer = registry_consumer(
            registry.grading,
            nats_client.jetstream(),
            Signatures.of(settings.keys_dir),
            registry.clock,
            _nothing,
        )
        async with working(consumer.run()):
            await registry.open_grading()
            yield registry
            await registry.close_grading()
        await nats_client.close()
    await registry.close()
    await registry.grading.close()
    nats.kill()


async def _nothing() -> None:
    """Does nothing: no workflow here depends on the clock."""
