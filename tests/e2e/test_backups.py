"""A platform is backed up while it works, comes back from the backup, and notices an older part."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from plumbing.client import ask, new_request_id
from plumbing.events.positions import NotOfOneMoment
from plumbing.settings import SERVICES
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.objection.v1 import objection_pb2 as objection
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import registry_pb2 as registry
from services.cli.backup.create import Place, create
from services.cli.backup.manifest import Manifest
from services.cli.backup.restore import put_back
from services.cli.client import Client
from services.cli.commands.platform import reconcile_all
from services.cli.demo import mail
from services.cli.health import agreement
from services.cli.machine.platform import Platform
from services.cli.machine.replica import restore_newer
from tests.e2e.running_platform import RunningPlatform, until
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def on_sqlite(databases: Databases) -> None:
    if databases.serve_replicas:
        pytest.skip("backups of PostgreSQL are its own")


async def lodged(platform: RunningPlatform) -> objection.Case:
    return await platform.accepted_case(await platform.enter_penalty())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def before(platform: RunningPlatform) -> list[objection.Case]:
    """The cases that were open before the backup."""
    return [await lodged(platform) for _ in range(2)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backup(
    platform: RunningPlatform,
    before: list[objection.Case],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A backup that was made while a record and a case came in, one after the other."""
    folder = tmp_path_factory.mktemp("backups") / "backup"
    making = asyncio.create_task(
        asyncio.to_thread(create, platform.machine.settings, Place(folder))
    )
    while not making.done():
        await platform.enter_penalty()
    made = making.result()
    assert made.trial.audit_entries > 0
    return folder


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the restored platform keeps a copy at all times."""
    return (tmp_path_factory.mktemp("replica") / "quanheng").as_uri()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def restored(
    platform: RunningPlatform, backup: Path, replica: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningPlatform]:
    """The platform that came back from the backup; the first one is no more."""
    data = tmp_path_factory.mktemp("restored") / "data"
    put_back(backup, backup / "secrets", data)
    await platform.machine.stop()
    async with AsyncExitStack() as exits:
        environment = exits.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("QUANHENG_REPLICA_URL", replica)
        machine = Platform(data, sandbox=True, usual_ports=False, launcher=QuickLauncher)
        await exits.enter_async_context(machine)
        await machine.wait_ready(PATIENCE_SECONDS)
        client = Client(machine.settings, platform.administrator.token)
        again = replace(platform, machine=machine, exits=exits, administrator=client)
        await again.find_again()
        yield again


async def agrees(platform: RunningPlatform) -> None:
    """Waits until everything agrees: the services start the workflows that they miss."""

    async def whole() -> bool | None:
        checked = await agreement.check(platform.administrator, settle_seconds=1)
        return True if checked.holds else None

    await until(whole)


async def restart(platform: RunningPlatform) -> None:
    await platform.machine.start()
    await platform.machine.wait_ready(PATIENCE_SECONDS)
    await platform.find_again()


async def notices(platform: RunningPlatform) -> Counter[str]:
    request = alerts.ListNoticesRequest(subject_id=platform.subject.subject_id, page_size=1000)
    answer = await ask(platform.clients["caseworker"].alerts.ListNotices(request))
    return Counter(f"{notice.kind} {notice.title}" for notice in answer.notices)


async def mailed(platform: RunningPlatform) -> None:
    """Waits until no mail is on its way, and nothing that follows from one."""

    async def none_waits() -> bool | None:
        request = alerts.ListNoticesRequest(state="pending", page_size=1)
        answer = await ask(platform.administrator.alerts.ListNotices(request))
        return True if not answer.notices else None

    await until(none_waits)
    await agrees(platform)


async def test_the_platform_comes_back_whole(
    restored: RunningPlatform, before: list[objection.Case]
) -> None:
    await agrees(restored)  # the services fill their streams by themselves
    answers = await reconcile_all(restored.administrator)
    assert not [workflow for answer in answers.values() for workflow in answer.started]
    for case in before:
        assert (await restored.case(case.case_id)).case.term == case.term


async def test_no_number_is_given_twice_and_nobody_is_told_twice(
    restored: RunningPlatform, before: list[objection.Case]
) -> None:
    case = await lodged(restored)
    assert case.number not in {one.number for one in before}
    await restored.grant(before[0])
    closed = await restored.closed(before[0].case_id)
    assert len(closed.letters) == 1
    await agrees(restored)
    sent = mail.mails(restored.machine.settings.mailbox_dir)
    assert set(Counter(one.notice_id for one in sent).values()) <= {1}


async def test_the_replica_has_everything_once_the_platform_has_stopped(
    restored: RunningPlatform, backup: Path, replica: str, tmp_path: Path
) -> None:
    await restored.enter_penalty()
    await restored.machine.stop()

    def newer(held: Manifest, fresh: Path) -> None:
        restore_newer(restored.machine.settings, held.databases, replica, fresh)

    await asyncio.to_thread(put_back, backup, backup / "secrets", tmp_path / "new", newer=newer)
    for service in SERVICES:
        assert audited(tmp_path / "new", service) == audited(restored.machine.data_dir, service)
    await restart(restored)


def audited(data: Path, service: str) -> int:
    with closing(sqlite3.connect(data / f"{service}.db")) as database:
        return int(database.execute("SELECT max(entry_id) FROM audit_entry").fetchone()[0])


async def renamed(platform: RunningPlatform, name: str) -> None:
    shown = await ask(
        platform.clients["caseworker"].registry.GetSubject(
            registry.GetSubjectRequest(subject_id=platform.subject.subject_id)
        )
    )
    shown.subject.name = name
    request = registry.PutSubjectRequest(request_id=new_request_id(), subject=shown.subject)
    await ask(platform.clients["caseworker"].registry.PutSubject(request))


def copy(source: Path, target: Path) -> None:
    """Copies a database with what is in its log, over another one."""
    for old in (
        target,
        target.with_name(f"{target.name}-wal"),
        target.with_name(f"{target.name}-shm"),
    ):
        old.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(target)) as fresh:
        kept.backup(fresh)


async def test_a_part_that_is_set_back_alone_catches_up_and_tells_nobody_again(
    restored: RunningPlatform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, kept = restored.machine.data_dir, tmp_path_factory.mktemp("kept")
    # Otherwise the registry would be copied with mails that alerts does not know yet.
    await mailed(restored)
    await restored.machine.stop()
    for name in ("alerts", "registry"):
        copy(data / f"{name}.db", kept / f"{name}.db")
    await restart(restored)
    await renamed(restored, "测试加油站（更名）")
    await agrees(restored)
    told = await notices(restored)
    await restored.machine.stop()
    newer = tmp_path_factory.mktemp("newer") / "registry.db"
    copy(data / "registry.db", newer)

    # The owner of events that others have handled: refused before anything starts.
    copy(kept / "registry.db", data / "registry.db")
    with pytest.raises(NotOfOneMoment):
        await restored.machine.start()

    # One that only lacks what others know: found by the check, and mended.
    copy(newer, data / "registry.db")
    copy(kept / "alerts.db", data / "alerts.db")
    await restart(restored)
    checked = await agreement.check(restored.administrator, settle_seconds=5)
    wrong = {problem.object: problem.message_en for _, problem in checked.problems}
    assert "quanheng rebuild alerts" in wrong["events.registry"]
    stub = restored.administrator.operations["alerts"]
    await ask(stub.Rebuild(operations.RebuildRequest(request_id=new_request_id())))
    await agrees(restored)
    assert await notices(restored) == told


async def test_an_hour_back_on_the_clock_is_got_over(restored: RunningPlatform) -> None:
    file = restored.machine.settings.clock_file
    offset = json.loads(file.read_text())["offset_seconds"]
    earlier = offset - timedelta(hours=1).total_seconds()
    file.write_text(json.dumps({"offset_seconds": earlier}))
    record = await restored.enter_penalty()
    await restored.grade_after(record)
    case = await restored.accepted_case(record)
    await restored.grant(case)
    await restored.closed(case.case_id)
    checked = await agreement.check(restored.administrator, PATIENCE_SECONDS)
    # The clock of a sandbox is moved by a command that tells the services; here nobody was told.
    assert {problem.name for _, problem in checked.problems} == {"clock.not_announced"}
