"""A file that is processed in the background, so that nobody has to wait for it."""

from __future__ import annotations

from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.progress import Step, UnderWay
from tests.integration.registry.import_files import (
    header,
    processed,
    start,
    subject_rows,
    subjects_named,
    table,
    unique_name,
)
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry, refused

ROWS = 40


def file_of(name: str) -> bytes:
    """A file of subjects with this in their names."""
    return table(*subject_rows(*(f"{name}{n}" for n in range(ROWS)), bureau=DISTRICT))


async def test_a_file_is_taken_at_once_and_applied_afterwards(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, name = registry.client(Role.CASEWORKER), unique_name()
    taken = await start(client, header("subjects"), file_of(name))
    assert taken.state == "waiting"
    batch = await processed(client, taken)
    assert (batch.state, batch.rows, batch.changed) == ("applied", ROWS, ROWS)
    assert not batch.HasField("progress")
    assert len(await subjects_named(client, name)) == ROWS
    entries = await registry.audited(f"import/{batch.batch_id}")
    assert [entry.action for entry in entries] == ["start_import", "import"]
    assert {entry.actor for entry in entries} == {"someone"}


async def test_a_file_with_faults_is_refused_and_tells_them(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    content = table(*subject_rows("甲", bureau="999999"))
    batch = await processed(client, await start(client, header("subjects"), content))
    assert (batch.state, batch.rejected) == ("refused", 1)


async def test_a_check_changes_nothing(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, name = registry.client(Role.CASEWORKER), unique_name()
    head = header("subjects", mode="check")
    batch = await processed(client, await start(client, head, file_of(name)))
    assert (batch.state, batch.changed) == ("checked", ROWS)
    assert await subjects_named(client, name) == []


async def test_a_repeated_start_gets_the_same_batch(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, head, content = registry.client(Role.CASEWORKER), header("subjects"), file_of("重发")
    first, again = [await start(client, head, content) for _ in range(2)]
    assert first.batch_id == again.batch_id
    with refused("ALREADY_EXISTS"):
        await start(client, head, file_of("别的"))
    await processed(client, first)


def test_progress_is_told_of_the_batch_that_is_under_way() -> None:
    under_way, batch = UnderWay(), pb.Batch(batch_id="b1", state="waiting")
    under_way.tell(batch)
    assert not batch.HasField("progress")
    progress = under_way.begin("b1")
    progress.begin(Step.APPLY, 500)
    progress.done = 200
    under_way.tell(batch)
    told = (batch.progress.step, batch.progress.done, batch.progress.total)
    assert told == ("apply", 200, 500)
    under_way.end("b1")
    other = pb.Batch(batch_id="b1")
    under_way.tell(other)
    assert not other.HasField("progress")
