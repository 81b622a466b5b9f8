"""The databases go back to a moment within traffic, by the tools that an operator has for it.

A copy is made by databases.sh under load, the log is archived, and restore.sh prepares a server of
its own from both. NATS and Temporal stay as they are and know of more than the databases then do:
`quanheng events prepare` names it and empties the streams before the services start, and these fill
them anew. `quanheng events refill` does it once more while they run. Files come back from their own
copy, and keys from the archive that keys.sh makes of them, in places that were lost with the rest.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tarfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest
from sqlmodel import select

from plumbing.clock import SystemClock
from plumbing.events.envelope import Attributes
from plumbing.file_kinds import FileKind
from plumbing.files import Files, StoredFile
from plumbing.files_copy import copy as copy_files
from plumbing.settings import SERVICES, Settings
from services.cli.backup.set_back import prepared
from services.cli.commands.streams import refill_all
from services.registry.tables import Subject
from tests.cluster.ledger import Ledger
from tests.cluster.platform import Cluster
from tests.cluster.proving import require_all
from tests.postgres import DEPLOY, PostgresServer

pytestmark = pytest.mark.long
COPYING = DEPLOY / "kubernetes" / "components" / "backup" / "databases.sh"


@dataclass(frozen=True)
class Apart:
    """What is copied apart from the databases: a certificate of the register, and all keys."""

    cluster: Cluster
    certificate: StoredFile
    keys: Path  # the archive

    @classmethod
    async def copied(cls, cluster: Cluster) -> Apart:
        """Copies them by what a cluster runs each night."""
        stored = await Files.of(_settings(cluster)).keep(b"%PDF- a certificate", FileKind.PDF)
        assert (await copy_files(_settings(cluster), cluster.folder / "files")).new == 1
        folder = cluster.folder / "keys-apart"
        folder.mkdir()
        command = ["/bin/sh", str(COPYING.with_name("keys.sh")), str(cluster.keys), str(folder)]
        said = await asyncio.to_thread(subprocess.check_output, command, text=True)
        return cls(cluster, stored, Path(said.strip()))

    def lose(self) -> None:
        """Loses them with the rest."""
        shutil.rmtree(_settings(self.cluster).files_dir)
        shutil.rmtree(self.cluster.keys)

    async def come_back(self) -> None:
        """Puts them back, as docs/operations.md says."""
        settings = _settings(self.cluster)
        assert (await copy_files(settings, self.cluster.folder / "files", back=True)).new == 1
        assert await Files.of(settings).read(self.certificate.sha256, self.certificate.size, 0)
        with tarfile.open(self.keys) as archive:
            archive.extractall(self.cluster.keys, filter="data")


def _settings(cluster: Cluster) -> Settings:
    return cluster.of("registry")[0].settings


async def test_databases_go_back_to_a_moment_and_all_services_agree(cluster: Cluster) -> None:
    damaged, restored = cluster.server, cluster.another_server()
    async with cluster.under_load() as before:
        copy = await asyncio.to_thread(damaged.script, COPYING, str(damaged.folder("copies")))
    apart = await Apart.copied(cluster)
    # What follows from the last changes is still on its way between the services.
    moment = SystemClock().now().astimezone(UTC).isoformat()
    async with cluster.under_load() as after:
        pass
    for replica in cluster.replicas:
        await asyncio.to_thread(replica.end)
    await asyncio.to_thread(_archive, damaged, cluster.archive)
    await asyncio.to_thread(damaged.crash)
    apart.lose()

    began = time.monotonic()
    restored.go_back(copy, cluster.archive, moment)
    cluster.move_to(restored)
    await apart.come_back()
    back = time.monotonic()
    named = await _named_by_the_tool(cluster)
    assert {f"subject/{one}" for one in after.subjects} <= named
    assert not {f"subject/{one}" for one in before.subjects} & named
    for replica in cluster.replicas:
        replica.start()
    await cluster.until_ready()
    cluster.forget_streams()
    await require_all(cluster, before)
    agreed = time.monotonic()
    assert await _known(cluster, after) == Counter()

    async with cluster.administrator() as client:
        refilled = await refill_all(client)
    filled = time.monotonic()
    cluster.forget_streams()
    async with cluster.under_load() as again:
        pass
    await require_all(cluster, again)
    print(  # noqa: T201 - what a trial is for
        f"\nback to a moment: {before.acknowledged} changes of before are there, lost 0, doubled 0;"
        f" {after.acknowledged} of after are not, and {len(named)} objects of theirs are named;"
        f" the databases take {back - began:.1f} s, until all agree {agreed - back:.1f} s,"
        f" {sum(refilled.values())} events refilled once more in {filled - agreed:.1f} s"
    )


async def _named_by_the_tool(cluster: Cluster) -> set[str]:
    """The objects of the registry's events that its stream has and its restored database lacks.

    The streams of the others are prepared too. What follows from a change of before may have come
    to them after the moment.
    """
    found: dict[str, list[Attributes]] = {one: [] for one in SERVICES}
    for service, events in found.items():
        await prepared(cluster.of(service)[0].settings, service, events.extend)
    return {event.aggregate for event in found["registry"]}


def _archive(server: PostgresServer, archive: Path) -> None:
    """Has the log archived up to now; a server that has crashed keeps its last part."""
    last = server.ask("pg_walfile_name(pg_switch_wal())")
    server.wait_for(f"last_archived_wal >= '{last}' FROM pg_stat_archiver")
    assert (archive / last).exists()


async def _known(cluster: Cluster, ledger: Ledger) -> Counter[str]:
    async with cluster.database("registry") as database, database.snapshot() as session:
        names = (await session.exec(select(Subject.name))).all()
    return Counter(name for name in names if name in set(ledger.names))
