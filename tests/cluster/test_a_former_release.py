"""A former release beside the present one, on the tables of the present one, under load.

The former release is a commit of this repository, checked out and run as it was but for one line,
by which it could stop a stream of three copies for good (ADR 0053). Its tables belong to an owner,
under whose role `quanheng migrate` runs while the former replicas serve; no service may change a
table. Then the present replicas join, both take calls and events, and the former ones end.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import pytest

from plumbing import migrations
from plumbing.settings import CALLERS, SERVICES, child_environment
from tests.bound import bound
from tests.cluster.platform import Cluster
from tests.cluster.proving import require_all
from tests.cluster.replica import Replica

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
# 29 November 2026. The recorded release is older than signed events, without which no present
# replica takes an event (ADR 0016). From this commit on, tables grew by more than 40 migrations.
FORMER = "b418393a5ca5944b79b3794d100b0ed60b289d2a"
# Of an event that it sends, by which NATS may stop a stream of three copies for good (ADR 0053).
CONDITION = "headers[Header.EXPECTED_LAST_MSG_ID] = str(after.event_id)"
# How that release brings tables to its own state: it has no command for it.
MIGRATE = (
    "import asyncio, sys; from plumbing import migrations; from plumbing.database import Database; "
    "asyncio.run(migrations.upgrade(Database(sys.argv[1]), sys.argv[2]))"
)


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The code of the former release."""
    git = shutil.which("git")
    assert git, "the former release is taken from the repository by git"
    parts = ("law", "plumbing", "protos", "services")
    command = [git, "-C", str(ROOT), "archive", "--format=tar", FORMER, *parts]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "former", filter="data")
    relay = tmp_path / "former/plumbing/events/relay.py"
    code = relay.read_text()
    assert CONDITION in code
    relay.write_text(code.replace(CONDITION, "pass"))
    return tmp_path / "former"


@pytest.fixture
def both(tmp_path: Path, former: Path) -> Iterator[Cluster]:
    """A cluster on which nothing runs yet: a replica of each service is of the former release."""
    cluster = Cluster(tmp_path, former)
    try:
        yield cluster
    finally:
        cluster.stop()


async def test_a_former_release_works_beside_the_present_one_and_is_replaced(
    both: Cluster, former: Path
) -> None:
    both.nats.start()
    both.temporal.start()
    both.address.start()
    both.start_database()
    old = [replica for replica in both.replicas if replica.code]
    new = [replica for replica in both.replicas if not replica.code]
    await _migrate_formerly(both, former)
    for replica in old:
        replica.start()
    await both.until_ready(*old)
    await both.found_bureau()

    old_registry, new_registry = both.of("registry")
    async with both.under_load(old_registry, new_registry) as first:
        await _migrate(both)
        for replica in new:
            replica.start()
        await both.until_ready(*new)
        async with both.under_load(new_registry) as second:
            await asyncio.gather(first.more(60), second.more(60))
            await _restarted(both, old_registry)
            async with both.under_load(old_registry) as third:
                pass
            for replica in old:
                await asyncio.to_thread(_end, replica)
    both.replicas = new
    for ledger in (first, second, third):
        await require_all(both, ledger)
        print(  # noqa: T201 - what a trial is for
            f"\ntwo releases: acknowledged {ledger.acknowledged}, lost 0, doubled 0;"
            f" outage {ledger.outage:.1f} s; told to try again {dict(ledger.refused)}"
        )


def _end(replica: Replica) -> None:
    """Ends a former replica; one that does not end in time is killed, as a cluster does.

    FORMER can wait for ever at its end; later releases limit each step. With a later FORMER, expect
    exit code 0 from all again.
    """
    try:
        assert replica.end() == 0
    except subprocess.TimeoutExpired:
        replica.kill()


async def _migrate_formerly(both: Cluster, former: Path) -> None:
    environment = child_environment(both.replicas[0].settings) | {"PYTHONPATH": str(former)}
    for service in SERVICES:
        command = (sys.executable, "-P", "-c", MIGRATE, both.owner_url(service), service)
        await _run(command, environment)


async def _migrate(both: Cluster) -> None:
    """Runs `quanheng migrate` under the role of the owner."""
    owner = {"database": both.owner_url("{service}")}
    settings = both.replicas[0].settings.model_copy(update=owner)
    program = Path(sys.executable).with_name("quanheng")
    await _run((str(program), "migrate", *CALLERS), child_environment(settings))
    for service in SERVICES:
        async with both.database(service) as database:
            assert await migrations.differences(database, service) == []


async def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *bound(command), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def _restarted(both: Cluster, replica: Replica) -> None:
    """The former release starts on the tables of the present one, as after a crash."""
    await asyncio.to_thread(replica.kill)
    replica.start()
    await both.until_ready(replica)
    assert "migrations.tables_are_newer" in replica.log.read_text()
