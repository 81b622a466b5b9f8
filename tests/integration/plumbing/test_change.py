"""One transaction per change: state, event and audit entry, or nothing; and once per request."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlmodel import select

from law.errors import AlreadyExists, WrongState
from plumbing import audit, audit_walk
from plumbing.answered_requests import AnsweredRequest
from plumbing.audit import AuditEntry, Sealer
from plumbing.audit_erasure import erase_audit
from plumbing.change import Change, Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role
from plumbing.rehearsal import rehearsed
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objections
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.events.support import running
from tests.integration.platforms import until
from tests.patience import PATIENCE_SECONDS

CALLER = Caller("account/7", "zhou", frozenset({Role.CASEWORKER}), "330106")
NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)


@pytest.fixture
def changes(database: Database) -> Changes:
    return Changes(database, FixedClock(NOW))


def put_request(code: str = "330106") -> pb.PutBureauRequest:
    return pb.PutBureauRequest(
        request_id=new_request_id(), bureau=pb.Bureau(code=code, name="样例")
    )


async def put(change: Change, request: pb.PutBureauRequest) -> pb.PutBureauResponse:
    event = events.BureausChanged(bureaus=[request.bureau])
    await change.announce(event, aggregate="bureau/x", bureau=request.bureau.code)
    change.audit("put_bureau", "bureau/x", after={"code": request.bureau.code}, ground="S4 一(四)")
    return pb.PutBureauResponse(bureau=request.bureau)


async def count(database: Database, table: type) -> int:
    async with database.snapshot() as session:
        return (await session.exec(select(sa.func.count()).select_from(table))).one()


async def test_a_change_leaves_its_event_and_its_audit_entry(
    changes: Changes, database: Database
) -> None:
    await changes.once(CALLER, put_request(), put, pb.PutBureauResponse)
    assert await count(database, Outbox) == await count(database, AuditEntry) == 1


async def test_a_refused_change_leaves_nothing(changes: Changes, database: Database) -> None:
    async def refuse(change: Change, request: pb.PutBureauRequest) -> pb.PutBureauResponse:
        await put(change, request)
        raise WrongState

    with pytest.raises(WrongState):
        await changes.once(CALLER, put_request(), refuse, pb.PutBureauResponse)
    for table in (Outbox, AuditEntry, AnsweredRequest):
        assert await count(database, table) == 0


async def test_a_request_that_only_checks_is_answered_and_keeps_nothing(
    changes: Changes, database: Database
) -> None:
    async def lodge(
        change: Change, request: objections.LodgeObjectionRequest
    ) -> objections.LodgeObjectionResponse:
        await put(change, put_request())
        if not request.grounds:
            raise WrongState
        return objections.LodgeObjectionResponse(case=objections.Case(grounds=request.grounds))

    request = objections.LodgeObjectionRequest(
        request_id=new_request_id(), grounds="x", check_only=True
    )
    answer = objections.LodgeObjectionResponse
    checked = await rehearsed(changes, CALLER, request, lodge)
    assert checked.case.grounds == "x"
    for table in (Outbox, AuditEntry, AnsweredRequest):
        assert await count(database, table) == 0
    bad = objections.LodgeObjectionRequest(request_id=new_request_id(), check_only=True)
    with pytest.raises(WrongState):
        await rehearsed(changes, CALLER, bad, lodge)
    request.check_only = False  # the id is still free
    assert await changes.once(CALLER, request, lodge, answer) == checked
    assert await count(database, Outbox) == 1


async def test_what_is_announced_must_be_audited(changes: Changes, database: Database) -> None:
    async def hush(change: Change, request: pb.PutBureauRequest) -> pb.PutBureauResponse:
        event = events.BureausChanged(bureaus=[request.bureau])
        await change.announce(event, aggregate="bureau/x", bureau="330106")
        return pb.PutBureauResponse()

    with pytest.raises(AssertionError):
        await changes.once(CALLER, put_request(), hush, pb.PutBureauResponse)
    assert await count(database, Outbox) == 0


async def test_the_same_request_at_once_and_again_has_one_effect(
    changes: Changes, database: Database
) -> None:
    request = put_request()
    tries = (changes.once(CALLER, request, put, pb.PutBureauResponse) for _ in range(8))
    answers = await asyncio.gather(*tries)
    assert {answer.bureau.code for answer in answers} == {"330106"}
    assert await count(database, Outbox) == 1


async def test_a_request_id_belongs_to_one_request_one_caller(changes: Changes) -> None:
    request, other = put_request("330106"), put_request("330110")
    other.request_id = request.request_id
    await changes.once(CALLER, request, put, pb.PutBureauResponse)
    with pytest.raises(AlreadyExists):
        await changes.once(CALLER, other, put, pb.PutBureauResponse)
    somebody = Caller("account/8", "wu", frozenset({Role.CASEWORKER}), "330110")
    await changes.once(somebody, other, put, pb.PutBureauResponse)


async def test_a_command_that_writes_into_its_request_is_answered_once_too(
    changes: Changes, database: Database
) -> None:
    async def put_whole(change: Change, request: pb.PutBureauRequest) -> pb.PutBureauResponse:
        request.bureau.name += "市监局"
        return await put(change, request)

    sent = put_request()
    answers = []
    for _ in range(2):
        request = pb.PutBureauRequest.FromString(sent.SerializeToString())
        answers.append(await changes.once(CALLER, request, put_whole, pb.PutBureauResponse))
    assert answers[0] == answers[1]
    assert await count(database, Outbox) == 1


async def test_a_password_is_not_part_of_what_is_kept(changes: Changes, database: Database) -> None:
    async def change_password(
        change: Change, request: identity.ChangePasswordRequest
    ) -> identity.ChangePasswordResponse:
        change.audit("change_password", "account/7")
        return identity.ChangePasswordResponse()

    request = identity.ChangePasswordRequest(request_id=new_request_id(), old_password="a")
    request.new_password = "correct horse battery"
    await changes.once(CALLER, request, change_password, identity.ChangePasswordResponse)
    request.new_password = "another word altogether"
    # The same digest whatever the password: the repeated request gets the first answer.
    await changes.once(CALLER, request, change_password, identity.ChangePasswordResponse)
    assert await count(database, AuditEntry) == 1


async def enter(changes: Changes, times: int) -> None:
    for number in range(times):
        async with changes.change(CALLER) as change:
            change.audit("test", f"thing/{number}", after={"number": number}, ground="R-200")


async def test_the_sealer_links_entries_in_order_and_the_walk_agrees(
    changes: Changes, database: Database
) -> None:
    await enter(changes, 5)
    assert await Sealer(database).seal() == 5
    await enter(changes, 2)
    walk = await audit_walk.verify(database)
    assert (walk.sealed, walk.unsealed, walk.breaks) == (5, 2, ())


async def test_the_sealer_at_rest_looks_when_something_was_committed(
    changes: Changes, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SEAL_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(audit, "IDLE_ROUNDS", 1_000_000)
    looks: list[int] = []

    class Counted(Sealer):
        async def seal(self) -> int:
            looks.append(await super().seal())
            return looks[-1]

    async with running(Counted(database).run()):
        await until(lambda: looks == [0])
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert looks == [0]
        await enter(changes, 1)
        await until(lambda: sum(looks) == 1)


async def test_the_sealer_looks_now_and_then_for_what_another_process_left(
    changes: Changes, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SEAL_EVERY_SECONDS", 0.01)
    sealer = Sealer(Database(database.engine.url.render_as_string(hide_password=False)))
    async with running(sealer.run()), asyncio.timeout(PATIENCE_SECONDS):
        await enter(changes, 1)
        while (await audit_walk.verify(database)).unsealed:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await sealer._database.close()


@pytest.mark.parametrize(
    ("tampering", "why"),
    [
        ("UPDATE audit_entry SET ground = 'none' WHERE sequence = 2", "content_differs"),
        ("UPDATE audit_entry SET digest = 'x', salt = '' WHERE sequence = 2", "link_differs"),
        ("DELETE FROM audit_entry WHERE sequence = 2", "missing_before"),
    ],
)
async def test_tampering_breaks_the_chain(
    changes: Changes, database: Database, tampering: str, why: str
) -> None:
    await enter(changes, 3)
    await Sealer(database).seal()
    async with database.transaction() as session:
        await (await session.connection()).execute(sa.text(tampering))
    assert why in {reason for _, reason in (await audit_walk.verify(database)).breaks}


async def test_erasing_text_and_salt_breaks_no_link(changes: Changes, database: Database) -> None:
    await enter(changes, 3)
    sealer = Sealer(database)
    await sealer.seal()
    erase = operations.EraseAuditRequest(request_id=new_request_id(), sequence=2, ground="C-03")
    async with changes.change(CALLER) as change:
        await erase_audit(change, erase, tables=())
    await sealer.seal()
    assert (await audit_walk.verify(database)).breaks == ()
    # Whoever only empties an entry, without an entry about it, is found.
    by_hand = "UPDATE audit_entry SET salt = '', after = NULL, actor = '' WHERE sequence = 3"
    async with database.transaction() as session:
        await (await session.connection()).execute(sa.text(by_hand))
    breaks = (await audit_walk.verify(database)).breaks
    assert [why for _, why in breaks] == ["erased_without_entry"]
