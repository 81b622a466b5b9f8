"""Today's code starts on the last release's data directory, agrees, and work goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlmodel import col, update

from plumbing.client import ask, new_request_id
from plumbing.clock import SandboxClock
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.settings import SERVICES
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import repair_pb2 as repair
from protos.operations.v1 import operations_pb2 as operations
from services.cli.client import Client, fixed_token, log_in
from services.cli.commands.platform import reconcile_all
from services.cli.health import agreement
from services.cli.machine.platform import Platform
from services.registry.tables import AnnouncedClock
from tests.e2e.running_platform import until
from tests.evolution.restoring import Rows, at_release, recorded
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases
from tools.release import record
from tools.release.databases import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


class RestoredPlatform:
    """The platform on the data of the last release, and the people who used it."""

    def __init__(self, platform: Platform, kept: Mapping[str, Rows], exits: AsyncExitStack) -> None:
        self.platform, self.kept, self._exits = platform, kept, exits

    async def client(self, name: str) -> Client:
        settings = self.platform.settings
        session = await log_in(settings, name, PASSWORD)
        client = Client(settings, fixed_token(session.token))
        self._exits.push_async_callback(client.close)
        return client


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def restored(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[RestoredPlatform]:
    """Restores the databases at their last moment; NATS and Temporal start empty (D-04)."""
    kept = recorded(tmp_path_factory.mktemp("recorded"))
    folder: Path = tmp_path_factory.mktemp("platform")
    urls = databases.of_every_service(folder)
    for service in SERVICES:
        await _fill(urls.format(service=service), service, kept[service])
    async with AsyncExitStack() as exits:
        platform = Platform(
            folder, sandbox=True, database=urls, usual_ports=False, launcher=QuickLauncher
        )
        moment = record.read().at + timedelta(minutes=1)
        clock = SandboxClock.create(platform.settings.clock_file, moment)
        await _announce(urls.format(service="registry"), clock)
        await exits.enter_async_context(platform)
        await platform.wait_ready(PATIENCE_SECONDS)
        yield RestoredPlatform(platform, kept, exits)


async def _fill(url: str, service: str, rows: Rows) -> None:
    database = Database(url)
    await at_release(database, service, rows)
    async with database.transaction() as session:  # the stream is filled again from the outbox
        await session.exec(update(Outbox).values(published_at=None))
    await database.close()


async def _announce(url: str, clock: SandboxClock) -> None:
    """Stores the new distance between the platform's clock and the machine's."""
    database = Database(url)
    async with database.transaction() as session:
        offset = clock.offset().total_seconds()
        everywhere = col(AnnouncedClock.name) != ""
        await session.exec(update(AnnouncedClock).where(everywhere).values(offset_seconds=offset))
    await database.close()


async def test_it_agrees_once_its_workflows_are_there_again(restored: RestoredPlatform) -> None:
    client = await restored.client("administrator")
    answers = await reconcile_all(client)
    running = [name for answer in answers.values() for name in answer.started]
    running += ["running"] * sum(answer.running for answer in answers.values())
    assert len(running) > 10

    agreed = await agreement.check(client, PATIENCE_SECONDS)
    assert [(service, problem.name, problem.object) for service, problem in agreed.problems] == []
    assert agreed.figures["registry"]["subjects"] >= len(restored.kept["registry"]["subject"])
    for stub in client.operations.values():
        walk = await ask(stub.VerifyAudit(operations.VerifyAuditRequest()))
        assert (list(walk.problems), walk.unsealed) == ([], 0)


async def test_what_was_announced_and_not_heard_is_heard_now(restored: RestoredPlatform) -> None:
    [payload] = [
        row["payload"] for row in restored.kept["registry"]["outbox"] if not row["published_at"]
    ]
    assert payload
    client = await restored.client("sample.caseworker")
    newest = max(restored.kept["registry"]["record"], key=lambda row: str(row["source_ref"]))
    request = grading.GetRecordGradedRequest(
        record_id=newest["record_id"], version=int(newest["version"])
    )

    async def graded() -> bool | None:
        return (await ask(client.grading.GetRecordGraded(request))).graded or None

    await until(graded)


def _lodged(restored: RestoredPlatform, kind: str) -> str:
    cases = restored.kept["objection"]["objection_case"]
    lodged = (kind, "lodged")
    return next(str(row["case_id"]) for row in cases if (row["kind"], row["state"]) == lodged)


async def test_a_repair_that_nobody_had_looked_at_is_answered(restored: RestoredPlatform) -> None:
    case_id, client = _lodged(restored, "repair"), await restored.client("sample.caseworker")
    decline = repair.DeclineRepairRequest(
        request_id=new_request_id(), case_id=case_id, reasons="材料与记录不符"
    )
    await ask(client.repair.DeclineRepair(decline))

    async def declined() -> bool | None:
        case = (await ask(client.objection.GetCase(objection.GetCaseRequest(case_id=case_id)))).case
        return case.state == "declined" or None

    await until(declined)


async def test_a_case_that_was_open_is_carried_to_its_end(restored: RestoredPlatform) -> None:
    case_id = _lodged(restored, "objection")
    client = (await restored.client("sample.caseworker")).objection
    await ask(
        client.AcceptObjection(
            objection.AcceptObjectionRequest(request_id=new_request_id(), case_id=case_id)
        )
    )
    await ask(
        client.DecideObjection(
            objection.DecideObjectionRequest(
                request_id=new_request_id(),
                case_id=case_id,
                outcome="delete",
                reasons="经核实记录有误",
            )
        )
    )

    async def closed() -> objection.Case | None:
        request = objection.GetCaseRequest(case_id=case_id)
        case = (await ask(client.GetCase(request))).case
        return case if case.state == "closed" else None

    case = await until(closed)
    assert case.receipt_after
