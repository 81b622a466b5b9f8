"""Starts every process at once, for tests that use the public interface as each role does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from law.identifiers import credit_code_check_digit
from plumbing.client import ask, new_request_id
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.demo import cast
from services.cli.demo.cast import Part
from services.cli.machine.engines import service_specs
from services.cli.machine.platform import Platform
from tests.e2e.replicas import two_of_each
from tests.e2e.world import World
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases

BUREAU = "330106"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[World]:
    """A sandbox of all processes, two of each on PostgreSQL, with people and a subject."""
    folder: Path = tmp_path_factory.mktemp("platform")
    async with AsyncExitStack() as exits:
        platform = Platform(
            folder,
            sandbox=True,
            database=databases.of_every_service(folder),
            services=two_of_each if databases.serve_replicas else service_specs,
            usual_ports=False,
        )
        await exits.enter_async_context(platform)
        await platform.wait_ready(PATIENCE_SECONDS)
        client = await cast.administrator(platform.settings, exits)
        made = World(platform, exits, client)
        await _furnish(made)
        yield made


async def _furnish(world: World) -> None:
    client = world.administrator.registry
    bureau = registry.Bureau(code=BUREAU, name="测试市场监督管理局", email="bureau@bureaus.example")
    await ask(
        client.PutBureau(registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau))
    )
    caseworker = Part("test.caseworker", "测试经办人", "caseworker", BUREAU)
    settings, exits = world.platform.settings, world.exits
    world.clients["caseworker"] = await cast.engage(
        settings, world.administrator, caseworker, exits
    )
    world.subject = await _register(world.clients["caseworker"])
    parts = {
        "operator": Part(
            "test.operator", "测试经营者", "operator", subject_id=world.subject.subject_id
        ),
        "inspector": Part("test.inspector", "测试检查人员", "inspector", BUREAU),
        "unit_head": Part("test.unithead", "测试单位负责人", "unit_head", BUREAU),
    }
    world.clients |= await cast.engage_all(settings, world.administrator, parts, exits)


async def _register(client: Client) -> registry.Subject:
    first17 = "91330106MA0TEST00".replace("S", "5")
    subject = registry.Subject(
        kind="organisation",
        name="测试加油站",
        credit_code=first17 + credit_code_check_digit(first17),
        bureau=BUREAU,
        sector="fuel_station",
        email="subject@subjects.example",
    )
    request = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
    return (await ask(client.registry.PutSubject(request))).subject
