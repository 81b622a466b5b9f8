"""Starts every process at once, for tests that use the public interface as each role does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from plumbing.client import ask, new_request_id
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.demo import cast
from services.cli.demo.cast import Part
from services.cli.machine.engines import service_specs
from services.cli.machine.platform import Platform
from tests.e2e import staffed_platform
from tests.e2e.replicas import two_of_each
from tests.e2e.requests import credit_code
from tests.e2e.running_platform import BUREAU, RunningPlatform
from tests.e2e.staffed_platform import StaffedPlatform
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases


@pytest.fixture(scope="module")
def with_portal() -> bool:
    """Whether the platform has the portal; a file of tests may say so."""
    return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases, with_portal: bool
) -> AsyncIterator[RunningPlatform]:
    """A sandbox of all processes, two of each on PostgreSQL, with people and a subject."""
    folder: Path = tmp_path_factory.mktemp("platform")
    async with AsyncExitStack() as exits:
        machine = Platform(
            folder,
            sandbox=True,
            database=databases.of_every_service(folder),
            services=two_of_each if databases.serve_replicas else service_specs,
            usual_ports=False,
            portal=with_portal,
            launcher=QuickLauncher,
        )
        await exits.enter_async_context(machine)
        await machine.wait_ready(PATIENCE_SECONDS)
        client = await cast.administrator(machine.settings, exits)
        platform = RunningPlatform(machine, exits, client)
        await _furnish(platform)
        yield platform


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staff(platform: RunningPlatform) -> AsyncIterator[StaffedPlatform]:
    """The platform with two bureaus, what they hold, and a person in every role."""
    async with AsyncExitStack() as exits:
        yield await staffed_platform.staff_platform(platform, exits)


async def _furnish(platform: RunningPlatform) -> None:
    client = platform.administrator.registry
    bureau = registry.Bureau(code=BUREAU, name="测试市场监督管理局", email="bureau@bureaus.example")
    await ask(
        client.PutBureau(registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau))
    )
    caseworker = Part("test.caseworker", "测试办案人员", "caseworker", BUREAU)
    settings, exits = platform.machine.settings, platform.exits
    platform.clients["caseworker"] = await cast.engage(
        settings, platform.administrator, caseworker, exits
    )
    platform.subject = await _register(platform.clients["caseworker"])
    parts = {
        "operator": Part(
            "test.operator", "测试经营者", "operator", subject_id=platform.subject.subject_id
        ),
        "inspector": Part("test.inspector", "测试检查人员", "inspector", BUREAU),
        "unit_head": Part("test.unithead", "测试单位负责人", "unit_head", BUREAU),
    }
    platform.clients |= await cast.engage_all(settings, platform.administrator, parts, exits)


async def _register(client: Client) -> registry.Subject:
    subject = registry.Subject(
        kind="organisation",
        name="测试加油站",
        credit_code=credit_code(BUREAU, "0"),
        bureau=BUREAU,
        sector="fuel_station",
        email="subject@subjects.example",
    )
    request = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
    return (await ask(client.registry.PutSubject(request))).subject
