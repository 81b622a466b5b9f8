"""The subject's own reply beside an adverse record: reviewed, public, replaced, withdrawn."""

from __future__ import annotations

import pytest

from law.disclosure.publication import reply_rule
from law.errors import InvalidInput, LawError, NotFound, NotPermitted, WrongState
from law.evidence import RecordKind
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.registry.v1 import publication_pb2 as pb
from protos.registry.v1 import registry_pb2
from services.registry.announce_changes import save_records
from services.registry.publication import replies
from services.registry.publication.queries import list_publications
from services.registry.queries import list_disclosed_records
from services.registry.tables import Record
from tests.integration.registry.test_tellings import (
    NOW,
    PUBLIC,
    REVIEWER,
    WRITER,
    public,
    register,
)

__all__ = ["register"]
FIRM = Caller("firm", "firm", frozenset({Role.OPERATOR}), subject_id="firm")
OTHER = Caller("other", "other", frozenset({Role.OPERATOR}), subject_id="other-firm")
TEXT = "已于8月完成整改（合成）"


async def write(
    database: Database,
    text: str = TEXT,
    by: Caller = FIRM,
    **values: object,
) -> pb.Publication:
    request = pb.WriteReplyRequest(record_id="old", version=1, reply=text)
    request.MergeFrom(pb.WriteReplyRequest(**values))  # type: ignore[arg-type]
    async with Changes(database, FixedClock(NOW)).change(by) as change:
        return (await replies.write_reply(change, request)).publication


async def decide(
    database: Database,
    text: str = TEXT,
    by: Caller = REVIEWER,
    *,
    release: bool = True,
    revision: int = 1,
    reasons: str = "",
) -> pb.Publication:
    request = pb.ReviewReplyRequest(
        record_id="old", revision=revision, release=release, released_text=text, reasons=reasons
    )
    async with Changes(database, FixedClock(NOW)).change(by) as change:
        return (await replies.review_reply(change, request)).publication


async def withdraw(database: Database) -> None:
    request = pb.WithdrawReplyRequest(record_id="old")
    async with Changes(database, FixedClock(NOW)).change(FIRM) as change:
        await replies.withdraw_reply(change, request)


async def shown(database: Database) -> str:
    """The reply that the public is shown beside the record."""
    async with open_view(database, FixedClock(NOW), PUBLIC) as view:
        answer = await list_disclosed_records(view, registry_pb2.ListDisclosedRecordsRequest())
    [reply] = [one.reply for one in answer.records if one.record.record_id == "old"]
    return reply


async def waiting(database: Database) -> list[str]:
    async with open_view(database, FixedClock(NOW), REVIEWER) as view:
        request = pb.ListPublicationsRequest(reply_waiting=True)
        answer = await list_publications(view, request)
    return [one.record.record_id for one in answer.publications]


async def test_a_reply_is_public_once_another_person_released_it(register: Database) -> None:
    await public(register)
    written = await write(register)
    assert (written.reply.state, await shown(register)) == ("waiting", "")
    assert await waiting(register) == ["old"]
    with pytest.raises(NotPermitted):  # the author of the record does not silence its subject
        await decide(register, by=WRITER)
    await decide(register)
    assert (await shown(register), await waiting(register)) == (TEXT, [])
    with pytest.raises(WrongState):  # what is released is withdrawn first
        await write(register, "另一段")
    await withdraw(register)
    assert await shown(register) == ""
    assert (await write(register, "另一段")).reply.revision == 2


async def test_a_review_is_of_the_text_that_was_read_and_writes_nothing_new(
    register: Database,
) -> None:
    await public(register)
    await write(register)
    await write(register, "电话13812345678，已整改")
    with pytest.raises(WrongState):
        await decide(register, revision=1)
    for text in ("电话13812345678，已整改", "没有整改", ""):
        with pytest.raises(InvalidInput):
            await decide(register, text, revision=2, reasons="含个人信息")
    for text, release in (("", False), ("电话*，已整改", True)):  # without a ground
        with pytest.raises(InvalidInput):
            await decide(register, text, release=release, revision=2)
    await decide(register, "电话*，已整改", revision=2, reasons="含电话")
    assert await shown(register) == "电话*，已整改"


async def test_a_withheld_reply_is_not_public(register: Database) -> None:
    await public(register)
    await write(register)
    withheld = await decide(register, release=False, reasons="含他人信息")
    assert (withheld.reply.state, withheld.reply.reasons) == ("withheld", "含他人信息")
    assert await shown(register) == ""


@pytest.mark.parametrize(
    ("by", "text", "values", "expected"),
    [
        (OTHER, TEXT, {}, NotPermitted),
        (FIRM, " ", {}, InvalidInput),
        (FIRM, "字" * (reply_rule(NOW.date()).characters + 1), {}, InvalidInput),
        (FIRM, TEXT, {"record_id": "award"}, WrongState),
        (FIRM, TEXT, {"version": 2}, WrongState),
        (FIRM, TEXT, {"record_id": "unknown"}, NotFound),
    ],
)
async def test_who_may_reply_to_what(
    register: Database,
    by: Caller,
    text: str,
    values: dict[str, object],
    expected: type[LawError],
) -> None:
    with pytest.raises(expected):
        await write(register, text, by, **values)


async def test_a_reply_belongs_to_the_record_as_it_stands(register: Database) -> None:
    await write(register)
    await decide(register)
    async with Changes(register, FixedClock(NOW)).change(WRITER) as change:
        row = await change.session.get_one(Record, "old")
        row.kind = RecordKind.CRIME
        await save_records(change, [row])
        change.audit("test", "test/correction")
    with pytest.raises(WrongState):
        await withdraw(register)
    assert (await write(register, version=2)).reply.state == "waiting"
