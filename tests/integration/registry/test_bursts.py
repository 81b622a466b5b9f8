"""A burst of alerts or of falling grades waits until somebody else than its sender approves it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import grpc
import pytest
import pytest_asyncio

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.bulk_sender import Sender
from tests.integration.registry.import_files import (
    faults,
    history,
    instruments_of,
    table,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.registry_with_grading import (
    ALERT_SHARE,
    DROP_SHARE,
    LEAST,
    RegistryWithGrading,
    opened,
)
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    Client,
    refused,
    verify,
)
from tests.postgres import Databases

pytestmark = pytest.mark.asyncio(loop_scope="module")
SOON, LATE = "2026-10-01", "2027-08-31"  # the day is 2026-09-14


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def registry(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[RegistryWithGrading]:
    """A registry and a grading service that run."""
    async with opened(tmp_path_factory.mktemp("registry"), databases) as registry:
        yield registry


async def fleet(registry: RegistryWithGrading, count: int) -> tuple[pb.Subject, list[str]]:
    """Instruments of one owner, all of them in use and good for long."""
    owner, serials = await registry.subject(), [uuid4().hex for _ in range(count)]
    client = registry.client(Role.CASEWORKER)
    columns = ("使用单位", "器具类型", "出厂编号")
    rows = [(owner.credit_code, "NAWI-D", serial) for serial in serials]
    assert (await upload(client, "instruments", table(columns, *rows))).state == "applied"
    batch = await upload(client, "verifications", passes(serials, LATE))
    assert (batch.state, batch.estimate.alerts) == ("applied", 0)
    return owner, serials


def passes(serials: Sequence[str], until: str, result: str = "合格") -> bytes:
    day = "2026-09-02" if until == SOON else "2026-09-01"
    values = {"有效期至": until, "检定结果": result, "检定日期": day}
    return verifications(*(verification(出厂编号=serial, **values) for serial in serials))


def penalties(owners: Sequence[pb.Subject]) -> bytes:
    columns = ("使用单位", "信息类别", "严重程度", "发生日期", "认定日期", "经核实", "已生效")
    values = ("tampering", "serious", "2026-08-01", "2026-09-01", "是", "是")
    rows = [(owner.credit_code, *values, uuid4().hex) for owner in owners]
    return table((*columns, "文书编号"), *rows)


async def approve(client: Client, batch: pb.Batch, **values: Any) -> pb.ApproveBatchResponse:
    defaults = {"seen": batch.estimate.digest, "reasons": "已核对", "request_id": new_request_id()}
    request = pb.ApproveBatchRequest(batch_id=batch.batch_id, **(defaults | values))
    return await client.imports.ApproveBatch(request)


async def reject(client: Client, batch: pb.Batch) -> pb.Batch:
    request = pb.RejectBatchRequest(
        request_id=new_request_id(), batch_id=batch.batch_id, reasons="日期列有误"
    )
    return (await client.imports.RejectBatch(request)).batch


async def states(registry: RegistryWithGrading, batch: pb.Batch) -> list[str]:
    """The states of a batch that were announced, in order."""
    values = await registry.events_of(f"batch/{batch.batch_id}")
    return [event.batch.state for event in values if hasattr(event, "batch")]


async def test_a_burst_of_alerts_waits_and_is_applied_as_it_was_seen(
    registry: RegistryWithGrading,
) -> None:
    owner, serials = await fleet(registry, 4)
    sender = registry.client(Role.CASEWORKER, Role.UNIT_HEAD, name="sender")
    batch = await upload(sender, "verifications", passes(serials, SOON))
    assert batch.state == "awaiting_approval"
    estimate = batch.estimate
    assert (estimate.alerts, estimate.instruments, estimate.drops) == (4, 4, 0)
    assert (estimate.alert_share, estimate.drop_share) == (ALERT_SHARE, DROP_SHARE)
    assert estimate.least == LEAST
    filed = await instruments_of(sender, owner)
    assert [len(await history(sender, one)) for one in filed] == [1] * 4
    with refused("NOT_PERMITTED"):  # their own
        await approve(sender, batch)
    for role, bureau in ((Role.CASEWORKER, DISTRICT), (Role.UNIT_HEAD, FOREIGN)):
        with refused("NOT_PERMITTED"):
            await approve(registry.client(role, bureau=bureau, name="other"), batch)
    with refused("WRONG_STATE"):
        await undo(registry.client(Role.CASEWORKER), batch)
    head = registry.client(Role.UNIT_HEAD, name="head")
    known = await head.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    assert known.batch == batch
    request_id = new_request_id()
    answer = await approve(head, batch, request_id=request_id)
    assert not answer.stale
    done = answer.batch
    assert (done.state, done.changed, done.decided_by) == ("applied", 4, "head")
    assert (done.reasons, done.estimate.digest) == ("已核对", estimate.digest)
    assert await approve(head, batch, request_id=request_id) == answer
    assert [len(await history(sender, one)) for one in filed] == [2] * 4
    assert await states(registry, batch) == ["awaiting_approval", "applied"]
    entries = await registry.audited(f"import/{batch.batch_id}")
    actions = [(entry.action, entry.actor, entry.ground) for entry in entries]
    assert actions == [("hold_import", "sender", ""), ("approve_import", "head", "已核对")]
    with refused("WRONG_STATE"):
        await reject(head, batch)
    await undo(registry.client(Role.CASEWORKER), done)
    assert [len(await history(sender, one)) for one in filed] == [1] * 4


async def test_few_alerts_and_a_first_load_hold_nobody_up(registry: RegistryWithGrading) -> None:
    _, serials = await fleet(registry, 8)
    client = registry.client(Role.CASEWORKER)
    few = await upload(client, "verifications", passes(serials[: LEAST - 1], SOON))
    assert (few.state, few.estimate.alerts, few.estimate.instruments) == ("applied", 2, 2)
    # Of these four are newly alarmed: half of them, and no more.
    content = (
        passes(serials[:2], SOON)
        + passes(serials[2:6], SOON, "不合格").replace(SOON.encode(), b"").partition(b"\n")[2]
    )
    content += passes(serials[6:], LATE).replace(b"2026-09-01", b"2026-09-03").partition(b"\n")[2]
    mixed = await upload(client, "verifications", content)
    assert (mixed.state, mixed.estimate.alerts, mixed.estimate.instruments) == (
        "awaiting_approval",
        6,
        8,
    )
    silent = await upload(client, "verifications", content, baseline=True)
    assert silent.state == "applied"
    assert not silent.HasField("estimate")


async def test_what_is_no_longer_what_was_seen_is_estimated_anew(
    registry: RegistryWithGrading,
) -> None:
    owner, serials = await fleet(registry, 5)
    client, head = registry.client(Role.CASEWORKER), registry.client(Role.UNIT_HEAD, name="head")
    batch = await upload(client, "verifications", passes(serials, SOON), mode="good_rows")
    filed = await instruments_of(client, owner)
    scrapped = next(one for one in filed if one.serial_no == serials[0])
    await client.registry.SetInstrumentState(
        pb.SetInstrumentStateRequest(
            request_id=new_request_id(), instrument_id=scrapped.instrument_id, state="stopped"
        )
    )
    answer = await approve(head, batch)
    assert answer.stale
    assert (answer.batch.state, answer.batch.estimate.alerts) == ("awaiting_approval", 4)
    assert [len(await history(client, one)) for one in filed] == [1] * 5
    old = await approve(head, batch)
    assert old.stale
    assert old.batch == answer.batch
    done = await approve(head, answer.batch)
    assert (done.stale, done.batch.state) == (False, "applied")
    assert [len(await history(client, one)) for one in filed] == [2] * 5
    assert await states(registry, batch) == ["awaiting_approval", "awaiting_approval", "applied"]


async def test_what_would_do_nothing_any_more_waits_no_longer(
    registry: RegistryWithGrading,
) -> None:
    owner, serials = await fleet(registry, 3)
    client, head = registry.client(Role.CASEWORKER), registry.client(Role.UNIT_HEAD, name="head")
    content = passes(serials, SOON)
    batch = await upload(client, "verifications", content)
    again = await upload(client, "verifications", content + b"\n")
    assert (batch.state, again.state) == ("awaiting_approval", "awaiting_approval")
    assert (await approve(head, batch)).batch.state == "applied"
    answer = await approve(head, again)
    assert (answer.stale, answer.batch.state, answer.batch.unchanged) == (True, "unchanged", 3)
    [filed, *_] = await instruments_of(client, owner)
    assert len(await history(client, filed)) == 2


async def test_falling_grades_are_asked_of_grading_and_wait(registry: RegistryWithGrading) -> None:
    owners = [await registry.subject(bureau=OTHER_DISTRICT) for _ in range(6)]
    await registry.graded(*(owner.subject_id for owner in owners))
    client = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT)
    two = await upload(client, "records", penalties(owners[:2]))  # too few to be asked about
    assert (two.state, two.estimate.drops, two.estimate.graded) == ("applied", 0, 0)
    batch = await upload(client, "records", penalties(owners[2:5]))
    assert batch.state == "awaiting_approval"
    assert (batch.estimate.drops, batch.estimate.graded) == (3, 6)
    head = registry.client(Role.UNIT_HEAD, bureau=OTHER_DISTRICT, name="head")
    turned_away = await reject(head, batch)
    assert (turned_away.state, turned_away.reasons) == ("rejected", "日期列有误")
    assert turned_away.decided_by == "head"
    assert await states(registry, batch) == ["awaiting_approval", "rejected"]
    records = await client.registry.ListRecords(
        pb.ListRecordsRequest(subject_id=owners[3].subject_id)
    )
    assert not records.records
    with refused("WRONG_STATE"):
        await approve(head, batch)
    good = await upload(client, "records", penalties(owners[:4]).replace(b"tampering", b"award"))
    assert (good.state, good.estimate.drops, good.estimate.graded) == ("applied", 0, 6)


async def test_without_grading_nothing_comes_in_that_grades_may_fall_by(
    registry: RegistryWithGrading,
) -> None:
    owners = [await registry.subject() for _ in range(4)]
    await registry.graded(*(owner.subject_id for owner in owners))
    client = registry.client(Role.CASEWORKER)
    items = [_item(owner) for owner in owners]
    sender = Sender(client, "records", [items])
    await sender.open()
    await sender.send()
    await registry.close_grading()
    try:
        with refused("AWAY") as refusals:
            await upload(client, "records", penalties(owners))
        assert refusals[0].code is grpc.StatusCode.UNAVAILABLE
        assert "评级服务" in refusals[0].message_zh
        with refused("AWAY"):
            await sender.complete(within=12)  # until then the client tries again by itself
        assert (await sender.status()).batch.state == "receiving"
        for owner in owners:
            request = pb.ListRecordsRequest(subject_id=owner.subject_id)
            assert not (await client.registry.ListRecords(request)).records
        first = await upload(client, "records", penalties(owners), baseline=True)
        assert first.state == "applied"
        await undo(client, first)
    finally:
        await registry.open_grading()
    assert (await sender.complete()).state in ("applied", "awaiting_approval")


async def test_a_batch_in_bulk_waits_and_is_approved_or_given_up(
    registry: RegistryWithGrading,
) -> None:
    owner, serials = await fleet(registry, 4)
    integrator = registry.client(Role.INTEGRATOR, name="waterworks")
    head = registry.client(Role.UNIT_HEAD, name="head")
    items = [_check(serial) for serial in serials]
    senders = [Sender(integrator, "verifications", [items[:2], items[2:]]) for _ in range(2)]
    batches = [await sender.push() for sender in senders]
    assert [one.state for one in batches] == ["awaiting_approval"] * 2
    given_up = await integrator.imports.DiscardBatch(
        pb.DiscardBatchRequest(
            request_id=new_request_id(), batch_id=batches[0].batch_id, reasons="重复"
        )
    )
    assert given_up.batch.state == "discarded"
    answer = await approve(head, batches[1])
    assert (answer.stale, answer.batch.state, answer.batch.changed) == (False, "applied", 4)
    for one in await instruments_of(integrator, owner):
        assert len(await history(integrator, one)) == 2
    assert (await senders[1].status()).batch == answer.batch


async def test_a_certificate_recorded_meanwhile_is_no_part_of_what_was_seen(
    registry: RegistryWithGrading,
) -> None:
    owner, serials = await fleet(registry, 4)
    client, head = registry.client(Role.CASEWORKER), registry.client(Role.UNIT_HEAD, name="head")
    batch = await upload(client, "verifications", passes(serials, SOON))
    filed = next(one for one in await instruments_of(client, owner) if one.serial_no == serials[0])
    later = verify(filed.instrument_id, verified_on="2026-09-10", valid_until="2027-03-09")
    await client.registry.RecordVerification(later)
    answer = await approve(head, batch)
    assert (answer.stale, answer.batch.estimate.alerts) == (True, 3)


async def unit_head(registry: RegistryWithGrading, bureau: str) -> str:
    """The display name of a new unit head who has an account."""
    name = f"负责人{uuid4().hex[:8]}"
    await (await registry.first_administrator()).identity.CreateAccount(
        identity.CreateAccountRequest(
            request_id=new_request_id(),
            name=uuid4().hex,
            display_name=name,
            password=uuid4().hex,
            roles=[identity.ROLE_UNIT_HEAD],
            bureau=bureau,
        )
    )
    return name


async def test_a_check_tells_that_a_batch_would_be_held_and_who_may_approve_it(
    registry: RegistryWithGrading,
) -> None:
    owner, serials = await fleet(registry, 4)
    for bureau in (CITY, OTHER_DISTRICT):
        await registry.bureau(bureau)
    near, above, far = [
        await unit_head(registry, bureau) for bureau in (DISTRICT, CITY, OTHER_DISTRICT)
    ]
    client = registry.client(Role.CASEWORKER)
    checked = await upload(client, "verifications", passes(serials, SOON), mode="check")
    assert (checked.state, checked.would_be_held, checked.estimate.alerts) == ("checked", True, 4)
    assert checked.approving_bureau == DISTRICT
    assert {near, above} <= set(checked.approvers)
    assert far not in checked.approvers
    [filed, *_] = await instruments_of(client, owner)
    assert len(await history(client, filed)) == 1
    few = await upload(client, "verifications", passes(serials[: LEAST - 1], SOON), mode="check")
    assert (few.would_be_held, few.approving_bureau, list(few.approvers)) == (False, "", [])
    held = await upload(client, "verifications", passes(serials, SOON))
    assert (held.state, held.would_be_held) == ("awaiting_approval", False)
    assert (held.approving_bureau, held.approvers) == (DISTRICT, checked.approvers)


async def test_a_batch_of_the_whole_platform_is_approved_where_its_rows_belong(
    registry: RegistryWithGrading,
) -> None:
    system = registry.client(Role.INTEGRATOR, bureau="000000", name="system")
    owner, serials = await fleet(registry, 4)
    checked = await upload(system, "verifications", passes(serials, SOON), mode="check")
    assert (checked.would_be_held, checked.approving_bureau) == (True, DISTRICT)
    batch = await upload(system, "verifications", passes(serials, SOON))
    assert (batch.state, batch.bureau) == ("awaiting_approval", DISTRICT)
    with refused("NOT_PERMITTED"):
        await approve(registry.client(Role.UNIT_HEAD, bureau=OTHER_DISTRICT, name="other"), batch)
    head = registry.client(Role.UNIT_HEAD, name="head")
    assert (await approve(head, batch)).batch.state == "applied"
    [filed, *_] = await instruments_of(head, owner)
    assert len(await history(head, filed)) == 2


async def test_a_batch_of_two_districts_is_approved_by_the_city(
    registry: RegistryWithGrading,
) -> None:
    await registry.bureau(CITY)
    system = registry.client(Role.INTEGRATOR, bureau="000000", name="system")
    owners = [await registry.subject(bureau=bureau) for bureau in (DISTRICT, OTHER_DISTRICT)] * 2
    serials = [uuid4().hex for _ in owners]
    columns = ("使用单位", "器具类型", "出厂编号")
    rows = [
        (owner.credit_code, "NAWI-D", serial) for owner, serial in zip(owners, serials, strict=True)
    ]
    await upload(system, "instruments", table(columns, *rows))
    batch = await upload(system, "verifications", passes(serials, SOON))
    assert (batch.state, batch.bureau) == ("awaiting_approval", CITY)
    with refused("NOT_PERMITTED"):
        await approve(registry.client(Role.UNIT_HEAD, name="head"), batch)
    head = registry.client(Role.UNIT_HEAD, bureau=CITY, name="city head")
    assert (await approve(head, batch)).batch.state == "applied"


@pytest.mark.parametrize(("mode", "state"), [("all_or_nothing", "refused"), ("check", "checked")])
async def test_a_batch_that_no_unit_head_covers_is_refused_with_the_reason(
    registry: RegistryWithGrading, mode: str, state: str
) -> None:
    system = registry.client(Role.INTEGRATOR, bureau="000000", name="system")
    owners = [await registry.subject(bureau=bureau) for bureau in (DISTRICT, FOREIGN)] * 2
    serials = [uuid4().hex for _ in owners]
    columns = ("使用单位", "器具类型", "出厂编号")
    rows = [
        (owner.credit_code, "NAWI-D", serial) for owner, serial in zip(owners, serials, strict=True)
    ]
    await upload(system, "instruments", table(columns, *rows))
    batch = await upload(system, "verifications", passes(serials, SOON), mode=mode)
    assert (batch.state, batch.bureau, batch.rejected) == (state, "000000", 4)
    assert (batch.approving_bureau, list(batch.approvers)) == ("", [])
    [fault] = await faults(system, batch)
    assert (fault.row, fault.reason) == (1, "NO_APPROVER")
    assert "--bureau" in fault.message_zh
    caseworker = registry.client(Role.CASEWORKER)
    [filed, *_] = await instruments_of(caseworker, owners[0])
    assert not await history(caseworker, filed)


async def test_a_check_without_grading_says_what_it_could_not_estimate(
    registry: RegistryWithGrading,
) -> None:
    owners = [await registry.subject() for _ in range(4)]
    client = registry.client(Role.CASEWORKER)
    await registry.close_grading()
    try:
        checked = await upload(client, "records", penalties(owners), mode="check")
    finally:
        await registry.open_grading()
    assert (checked.state, checked.changed, checked.estimate.drops) == ("checked", 4, 0)
    [notice] = await faults(client, checked, warnings=True)
    assert (notice.reason, "评级服务" in notice.message_zh) == ("GRADES_NOT_ESTIMATED", True)


def _item(owner: pb.Subject) -> bulk.RecordItem:
    return bulk.RecordItem(
        owner=owner.credit_code,
        kind="tampering",
        severity="serious",
        occurred_on="2026-08-01",
        determined_on="2026-09-01",
        verified="true",
        final="true",
        source_ref=uuid4().hex,
    )


def _check(serial: str) -> bulk.VerificationItem:
    return bulk.VerificationItem(
        type_code="NAWI-D",
        serial_no=serial,
        result="pass",
        verified_on="2026-09-02",
        valid_until=SOON,
        institution="合成检定院",
        certificate_no=uuid4().hex,
    )
