"""An import is undone as a whole, or not at all."""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    history,
    instruments_of,
    subject_rows,
    subjects_named,
    table,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    OTHER_DISTRICT,
    RunningRegistry,
    credit_code,
    put_instrument,
    put_subject,
    refused,
)


async def test_what_was_made_is_removed_and_what_was_changed_is_as_before(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark, code = uuid4().hex, credit_code()
    first = table(*subject_rows(f"旧{mark}", bureau=DISTRICT, 统一社会信用代码=code))
    await upload(client, "subjects", first)
    rows = [*subject_rows(f"新{mark}", bureau=DISTRICT, 统一社会信用代码=code)]
    rows += [(f"另{mark}", "个体工商户", "集贸市场", DISTRICT, "")]
    batch = await upload(client, "subjects", table(*rows))
    assert batch.changed == 2
    undone = await undo(client, batch)
    assert undone.state == "undone"
    [subject] = await subjects_named(client, mark)
    assert (subject.name, subject.version) == (f"旧{mark}", 3)
    event = (await registry.events_of(f"batch/{batch.batch_id}"))[-1]
    assert event.change.cause == events.CAUSE_UNDONE
    assert event.change.ground == "导错了文件"
    assert {(s.name, s.removed, s.version) for s in event.subjects} == {
        (f"旧{mark}", False, 3),
        (f"另{mark}", True, 2),
    }
    assert (await registry.audited(f"import/{batch.batch_id}"))[-1].action == "undo_import"
    with refused("WRONG_STATE"):
        await undo(client, batch)


async def test_the_same_file_comes_in_again_after_it_was_undone(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark = uuid4().hex
    content = table(*subject_rows(f"甲{mark}", f"乙{mark}", bureau=DISTRICT))
    for _ in range(2):
        batch = await upload(client, "subjects", content)
        assert (batch.state, batch.changed) == ("applied", 2)
        assert len(await subjects_named(client, mark)) == 2
        await undo(client, batch)
        assert await subjects_named(client, mark) == []


async def test_a_bureau_that_was_removed_comes_back_to_life(registry: RunningRegistry) -> None:
    client = registry.client(Role.ADMINISTRATOR, bureau="000000")
    content = table(("机关代码", "机关名称"), ("360100", "样例局"))

    async def known() -> dict[str, int]:
        listed = await client.registry.ListBureaus(pb.ListBureausRequest(page_size=1000))
        return {bureau.code: bureau.version for bureau in listed.bureaus}

    await undo(client, await upload(client, "bureaus", content))
    assert "360100" not in await known()
    with refused("INVALID_INPUT", "subject.bureau"):
        caseworker = registry.client(Role.CASEWORKER, bureau="360100")
        await caseworker.registry.PutSubject(put_subject(bureau="360100"))
    batch = await upload(client, "bureaus", content)
    assert (batch.state, (await known())["360100"]) == ("applied", 3)
    await undo(client, batch)
    assert "360100" not in await known()


async def test_what_was_changed_since_is_named_and_nothing_is_undone(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark = uuid4().hex
    rows = subject_rows(f"甲{mark}", f"乙{mark}", bureau=DISTRICT)
    batch = await upload(client, "subjects", table(*rows))
    changed = next(s for s in await subjects_named(client, mark) if s.name.startswith("甲"))
    changed.address = "样例路9号"
    request = pb.PutSubjectRequest(request_id=new_request_id(), subject=changed)
    await client.registry.PutSubject(request)
    with refused("WRONG_STATE", f"subject/{changed.subject_id}"):
        await undo(client, batch)
    assert len(await subjects_named(client, mark)) == 2


async def test_what_was_built_upon_since_is_named_and_nothing_is_undone(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark = uuid4().hex
    batch = await upload(client, "subjects", table(*subject_rows(mark, bureau=DISTRICT)))
    [subject] = await subjects_named(client, mark)
    await client.registry.PutInstrument(put_instrument(subject.subject_id))
    with refused("WRONG_STATE", f"subject/{subject.subject_id}"):
        await undo(client, batch)


async def test_batches_that_build_on_each_other_are_undone_from_the_last_one(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark, serial = uuid4().hex, uuid4().hex
    owners = await upload(
        client, "subjects", table(*subject_rows(f"甲{mark}", f"乙{mark}", bureau=DISTRICT))
    )
    columns = ("使用单位", "器具类型", "出厂编号")
    fleet = await upload(client, "instruments", table(columns, (f"甲{mark}", "NAWI-D", serial)))
    # The same serial number under another owner marks the first instrument, and undoing unmarks it.
    twin = await upload(client, "instruments", table(columns, (f"乙{mark}", "NAWI-D", serial)))
    row = verification(使用单位=f"甲{mark}", 出厂编号=serial)
    checked = await upload(client, "verifications", verifications(row))
    owner = next(s for s in await subjects_named(client, mark) if s.name.startswith("甲"))
    [instrument] = await instruments_of(client, owner)
    assert (instrument.state, instrument.spell, instrument.repeated_serial) == ("in_use", 1, True)
    assert len(await history(client, instrument)) == 1
    with refused("WRONG_STATE", f"instrument/{instrument.instrument_id}"):
        await undo(client, fleet)
    await undo(client, checked)
    [instrument] = await instruments_of(client, owner)
    assert (instrument.state, instrument.spell) == ("spare", 0)
    await undo(client, twin)
    [instrument] = await instruments_of(client, owner)
    assert instrument.repeated_serial is False
    await undo(client, fleet)
    await undo(client, owners)
    assert await subjects_named(client, mark) == []


async def test_instruments_follow_a_subject_there_and_back(registry: RunningRegistry) -> None:
    for bureau in (DISTRICT, OTHER_DISTRICT):
        await registry.bureau(bureau)
    owner = await registry.subject()
    await registry.instrument(owner)
    client = registry.client(Role.CASEWORKER, bureau="330100")
    moved = subject_rows(owner.name, bureau=OTHER_DISTRICT, 统一社会信用代码=owner.credit_code)
    batch = await upload(client, "subjects", table(*moved))
    assert [i.bureau for i in await instruments_of(client, owner)] == [OTHER_DISTRICT]
    await undo(client, batch)
    assert [i.bureau for i in await instruments_of(client, owner)] == [DISTRICT]
