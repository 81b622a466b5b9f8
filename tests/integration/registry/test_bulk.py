"""Batches in bulk: an acknowledged chunk is kept, and one that is sent again has no effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import sqlalchemy as sa

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.bulk_sender import Item, Sender, in_chunks, meters
from tests.integration.registry.import_files import (
    faults,
    history,
    instruments_of,
    rejected,
    rows_of,
    subjects_named,
    undo,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    FOREIGN,
    RunningRegistry,
    credit_code,
    refused,
)
from tests.patience import PATIENCE_SECONDS

WIDE = "宽" * 990  # a hundred of such items, one chunk, are 300 kB


async def test_meters_come_in_and_are_announced_in_portions(registry: RunningRegistry) -> None:
    owner, utility = await registry.subject(), registry.client(Role.INTEGRATOR, name="waterworks")
    items = meters(owner.credit_code, 1100, uuid4().hex, location="样例小区")
    sender = Sender(utility, "instruments", in_chunks(items, 300))
    opened = await sender.open(bureau=DISTRICT)
    assert (opened.batch.state, opened.next_sequence) == ("receiving", 1)
    assert opened.open_until == "2026-09-21"
    sent = await sender.send()
    assert (sent.next_sequence, sent.batch.rows) == (5, 1100)
    assert await instruments_of(utility, owner) == []
    batch = await sender.complete()
    assert (batch.state, batch.rows, batch.changed) == ("applied", 1100, 1100)
    assert (batch.batch_id, batch.imported_by) == (sender.batch_id, "waterworks")
    announced = await registry.events_of(f"batch/{batch.batch_id}")
    assert [len(event.instruments) for event in announced] == [500, 500, 100]
    [filed, *_] = await instruments_of(utility, owner)
    assert (filed.state, filed.location) == ("spare", "样例小区")
    stands = await sender.status()
    assert (stands.batch, stands.open_until, stands.digest) == (batch, "", "")
    assert [entry.action for entry in await registry.audited(f"import/{batch.batch_id}")] == [
        "open_import",
        "import",
    ]


async def test_every_family_comes_in_and_is_undone(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, mark, code = registry.client(Role.CASEWORKER), uuid4().hex, credit_code()
    batches = []
    for family, item in one_of_each(mark, code).items():
        batch = await Sender(client, family, [[item]]).push(bureau=DISTRICT)
        assert (batch.state, batch.changed) == ("applied", 1), await faults(client, batch)
        batches.append(batch)
    [known] = await subjects_named(client, mark)
    assert (known.email, known.bureau) == ("a@b.example", DISTRICT)
    [instrument] = await instruments_of(client, known)
    assert (instrument.state, instrument.rotate_on) == ("in_use", "2030-01-02")
    [verification] = await history(client, instrument)
    assert verification.verified_on == "2026-09-01"
    entered = await client.registry.ListRecords(pb.ListRecordsRequest(subject_id=known.subject_id))
    [entry] = entered.records
    assert (entry.verified, entry.final, entry.points) == (True, False, 7)
    assert (entry.entered_on, entry.entered_by) == ("2026-09-14", "someone")
    for batch in reversed(batches):
        assert (await undo(client, batch)).state == "undone"
    assert await subjects_named(client, mark) == []


def one_of_each(mark: str, code: str) -> dict[str, Item]:
    """An item of each family, about one subject and its one instrument."""
    subject = bulk.SubjectItem(
        name=f"合成{mark}",
        kind="个体工商户",
        sector="market",
        credit_code=code,
        email="a@b.example",
    )
    meter = bulk.InstrumentItem(
        owner=code, type_code="WATER", serial_no=mark, state="在用", rotate_on="2030/1/2"
    )
    checked = bulk.VerificationItem(
        owner=code,
        type_code="WATER",
        serial_no=mark,
        result="合格",
        verified_on="2026年9月1日",
        valid_until="2030-09-01",
        institution="合成检定院",
        certificate_no=mark,
    )
    record = bulk.RecordItem(
        owner=code,
        kind="penalty",
        occurred_on="2026-08-01",
        determined_on="2026-08-02",
        verified="true",
        final="否",
        points="7",
        source_ref=mark,
    )
    return {
        "subjects": subject,
        "instruments": meter,
        "verifications": checked,
        "records": record,
    }


async def test_a_stream_that_is_cut_off_is_gone_on_with(registry: RunningRegistry) -> None:
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    items = meters(owner.credit_code, 50, uuid4().hex)
    sender = Sender(client, "instruments", in_chunks(items, 10))
    await sender.open()
    third_is_due = asyncio.Event()

    async def breaks_off() -> AsyncIterator[bulk.SendBulkChunksRequest]:
        yield sender.chunk(1)
        yield sender.chunk(2)
        await third_is_due.wait()

    call = client.bulk.SendBulkChunks(breaks_off(), timeout=PATIENCE_SECONDS)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await sender.status()).next_sequence < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    call.cancel()
    assert (await sender.status()).next_sequence == 3
    # The sender does not know that its second chunk came in, and sends it again.
    sent = await sender.send(first=2)
    assert (sent.next_sequence, sent.batch.rows) == (6, 50)
    assert (await sender.complete()).changed == 50
    assert len(await instruments_of(client, owner)) == 50


async def test_chunks_out_of_turn_or_with_other_content_are_refused(
    registry: RunningRegistry,
) -> None:
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    chunks = in_chunks(meters(owner.credit_code, 9, uuid4().hex), 3)
    sender = Sender(client, "instruments", chunks)
    await sender.open()
    await sender.send(1, 2)
    other = Sender(client, "instruments", [chunks[0], chunks[2]], sender.batch_id)
    with refused("ALREADY_EXISTS") as refusals:
        await other.send()
    assert refusals[0].facts == {"sequence": "2"}
    gap = Sender(client, "instruments", [*chunks, chunks[0]], sender.batch_id)
    with refused("WRONG_STATE") as refusals:
        await gap.send(4, 4)
    assert refusals[0].facts == {"next_sequence": "3"}
    verification = bulk.VerificationItem(serial_no="S1")
    with refused("INVALID_INPUT", "verifications", "instruments"):
        await Sender(client, "verifications", [[verification]], sender.batch_id).send(1, 1)
    empty = Sender(client, "instruments", [chunks[0], [bulk.InstrumentItem(location=" ")]])
    await empty.open()
    with refused("INVALID_INPUT", "instruments[0]"):
        await empty.send()
    with refused("INVALID_INPUT", "sequence"):
        await client.bulk.SendBulkChunks(sender.stream([]))
    assert (await sender.status()).next_sequence == 3


async def test_two_streams_of_one_batch_take_nothing_in_twice(registry: RunningRegistry) -> None:
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    items = meters(owner.credit_code, 60, uuid4().hex)
    sender = Sender(client, "instruments", in_chunks(items, 3))
    await sender.open()
    # A stream behind the other repeats what is there; one in front of it would be out of turn.
    both = await asyncio.gather(sender.send(), sender.send(), return_exceptions=True)
    assert not [one for one in both if isinstance(one, BaseException)], both
    stands = await sender.status()
    assert (stands.next_sequence, stands.batch.rows) == (21, 60)
    assert (await sender.complete()).changed == 60


async def test_a_batch_is_its_senders_own_and_its_id_is_used_once(
    registry: RunningRegistry,
) -> None:
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    sender = Sender(client, "instruments", [meters(owner.credit_code, 2, uuid4().hex)])
    await sender.open()
    await sender.send()
    assert (await sender.open()).next_sequence == 2
    with refused("ALREADY_EXISTS"):
        await sender.open(mode="good_rows")
    for name, bureau in (("colleague", DISTRICT), ("stranger", FOREIGN)):
        thief = Sender(
            registry.client(Role.INTEGRATOR, name=name, bureau=bureau),
            "instruments",
            sender.chunks,
            sender.batch_id,
        )
        with refused("NOT_PERMITTED"):
            await thief.send()
        with refused("NOT_PERMITTED"):
            await thief.complete()
        with refused("NOT_PERMITTED"):
            await _discard(thief)
    with refused("ALREADY_EXISTS"):
        await Sender(
            registry.client(Role.INTEGRATOR, name="colleague"), "instruments", [], sender.batch_id
        ).open()
    with refused("INVALID_INPUT", "items", "digest"):
        await sender.complete(items=3, digest="0" * 64)
    request_id = new_request_id()
    batch = await sender.complete(request_id=request_id)
    assert await sender.complete(request_id=request_id) == batch
    for late in (sender.send, sender.complete):
        with refused("WRONG_STATE"):
            await late()
    with refused("WRONG_STATE"):
        await _discard(sender)


async def test_faults_name_chunk_and_item_and_good_rows_may_come_in_alone(
    registry: RunningRegistry,
) -> None:
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    items = meters(owner.credit_code, 5, uuid4().hex)
    items[1].rotate_on, items[3].owner, items[4].serial_no = (
        "2026-02-30",
        "无此单位",
        items[0].serial_no,
    )
    items[4].location = "别处"
    chunks = in_chunks(items, 2)
    batch = await Sender(client, "instruments", chunks).push()
    assert (batch.state, batch.rows, batch.rejected) == ("refused", 5, 4)
    assert [(f.chunk, f.item, f.row, f.column, f.reason) for f in await faults(client, batch)] == [
        (1, 1, 2, "", "DUPLICATE"),
        (1, 2, 3, "rotate_on", "NO_SUCH_DATE"),
        (2, 2, 5, "owner", "UNKNOWN_OWNER"),
        (3, 1, 6, "", "DUPLICATE"),
    ]
    assert await instruments_of(client, owner) == []
    batch = await Sender(client, "instruments", chunks).push(mode="good_rows")
    assert (batch.state, batch.changed, batch.rejected) == ("applied", 1, 4)
    assert len(await instruments_of(client, owner)) == 1
    rows = rows_of(await rejected(client, batch))
    assert [row["serial_no"] for row in rows] == [items[n].serial_no for n in (0, 1, 3, 4)]


async def test_an_institution_uploads_verifications_and_sees_only_its_own(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    filed = await registry.instrument(owner)
    institution = await registry.speaker("合成检定院", filed.type_code)
    item = bulk.VerificationItem(
        type_code=filed.type_code,
        serial_no=filed.serial_no,
        result="pass",
        verified_on="2026-09-10",
        valid_until="2027-03-09",
        institution="合成检定院",
        certificate_no=uuid4().hex,
    )
    batch = await Sender(institution, "verifications", [[item]]).push()
    assert (batch.state, batch.changed) == ("applied", 1)
    assert len(await history(institution, filed)) == 1
    with refused("NOT_PERMITTED"):
        await Sender(institution, "verifications", [[item]]).open(
            bureau=DISTRICT, file_missing=True
        )
    with refused("NOT_PERMITTED"):
        await Sender(institution, "instruments", []).open()
    client = registry.client(Role.CASEWORKER)
    other = await Sender(client, "instruments", [meters(owner.credit_code, 1, uuid4().hex)]).push()
    with refused("NOT_PERMITTED"):
        await institution.imports.GetBatch(pb.GetBatchRequest(batch_id=other.batch_id))
    listed = await institution.imports.ListBatches(pb.ListBatchesRequest(page_size=1000))
    assert [one.batch_id for one in listed.batches] == [batch.batch_id]
    known = await client.imports.ListBatches(pb.ListBatchesRequest(page_size=1000))
    assert {batch.batch_id, other.batch_id} <= {one.batch_id for one in known.batches}


async def test_a_batch_is_discarded_and_what_was_sent_is_kept_no_longer(
    registry: RunningRegistry,
) -> None:
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    sender = Sender(client, "instruments", [meters(owner.credit_code, 2, uuid4().hex)])
    await sender.open()
    await sender.send()
    assert await _pieces(registry, sender.batch_id) == 2
    batch = (await _discard(sender)).batch
    assert (batch.state, batch.reasons) == ("discarded", "另行报送")
    assert await _pieces(registry, sender.batch_id) == 0
    [event] = await registry.events_of(f"batch/{sender.batch_id}")
    assert event.batch == batch
    with refused("WRONG_STATE"):
        await sender.send()


async def test_a_sender_is_held_up_until_its_chunks_are_committed(
    registry: RunningRegistry,
) -> None:
    """What is on its way has a bound, however long a commit takes: 120 MB would be offered."""
    owner, client = await registry.subject(), registry.client(Role.INTEGRATOR)
    items = meters(owner.credit_code, 100, uuid4().hex, location=WIDE)
    sender = Sender(client, "instruments", [items] * 400)
    await sender.open()
    handed_over, held_up = 0, True

    async def counted() -> AsyncIterator[bulk.SendBulkChunksRequest]:
        nonlocal handed_over
        while held_up and handed_over < len(sender.chunks):
            handed_over += 1
            yield sender.chunk(handed_over)

    async with registry.database.transaction() as session:  # nobody else can write the batch now
        await session.exec(
            sa.text("UPDATE import_batch SET file_name = file_name WHERE batch_id = :id"),  # type: ignore[call-overload]
            params={"id": sender.batch_id},
        )
        call = client.bulk.SendBulkChunks(counted(), timeout=PATIENCE_SECONDS)
        await _until_it_stops(sender, lambda: handed_over)
        held_up = False
        assert 1 <= handed_over < len(sender.chunks)
    assert (await call).batch.next_sequence == handed_over + 1


async def _until_it_stops(sender: Sender, handed_over: Callable[[], int]) -> None:
    """Waits until no chunk is handed over while the register answers twenty other calls."""
    before, answers = -1, 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while answers < 20:
            assert (await sender.status()).next_sequence == 1  # none is committed
            await asyncio.sleep(0.05)
            answers = answers + 1 if handed_over() == before else 0
            before = handed_over()


async def _discard(sender: Sender) -> pb.DiscardBatchResponse:
    request = pb.DiscardBatchRequest(
        request_id=new_request_id(), batch_id=sender.batch_id, reasons="另行报送"
    )
    return await sender.client.imports.DiscardBatch(request)


async def _pieces(registry: RunningRegistry, batch_id: str) -> int:
    counted = sa.text("SELECT count(*) FROM import_piece WHERE batch_id = :id")
    async with registry.database.snapshot() as session:
        connection = await session.connection()
        return int(await connection.scalar(counted, {"id": batch_id}) or 0)
