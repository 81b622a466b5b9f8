"""The RPCs about the audit chain of one service: to read, verify, prove and erase."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, NotPermitted, WrongState
from plumbing import audit, audit_walk, paging, row_scope
from plumbing.access.queries import list_access
from plumbing.audit import AuditCheckpoint, AuditEntry, ChainCut
from plumbing.audit_erasure import erase_audit
from plumbing.change import Changes
from plumbing.checkpoints.making import Checkpoints, consistency
from plumbing.checkpoints.tree import Tree
from plumbing.days import on_days
from plumbing.identity import Caller, Role, current_caller
from plumbing.row_digests import Proven
from plumbing.servicer import Servicer, query
from plumbing.view import View
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1 import operations_pb2_grpc as rpc


async def list_audit(view: View, request: pb.ListAuditRequest) -> pb.ListAuditResponse:
    """Returns a page of the audit entries in the caller's scope, newest first.

    Raises InvalidInput for a day that does not exist.
    """
    in_scope = row_scope.covered(view.caller, AuditEntry.bureau)
    rows = select(AuditEntry).where(in_scope, *_asked_for(request))
    page, token = await paging.page(
        view.session, request, rows, AuditEntry.entry_id, newest_first=True
    )
    count = await paging.count(view.session, request, rows, token)
    return pb.ListAuditResponse(entries=map(_entry, page), next_page_token=token, **count)


def _asked_for(request: pb.ListAuditRequest) -> Iterator[sa.ColumnElement[bool]]:
    entry = AuditEntry
    if request.object:
        yield col(entry.object) == request.object
    if request.kind:
        yield col(entry.object).startswith(f"{request.kind}/", autoescape=True)
    if request.actor:
        own, for_them = col(entry.actor), col(entry.on_behalf_of)
        yield sa.or_(own == request.actor, for_them == request.actor)
    if request.action:
        yield col(entry.action) == request.action
    yield from on_days(entry.at, request)


class AuditCalls(Servicer, rpc.OperationsServiceServicer):
    """RPCs about the audit chain of one service, for administrators and the other services."""

    def __init__(
        self, changes: Changes, checkpoints: Checkpoints, watched: Sequence[Proven]
    ) -> None:
        super().__init__(changes)
        self._checkpoints, self._watched_tables = checkpoints, watched

    async def VerifyAudit(
        self, request: pb.VerifyAuditRequest, context: Any
    ) -> pb.VerifyAuditResponse:
        walk = await audit_walk.verify(self.changes.database, self._checkpoints.public_key())
        problems = [
            pb.Problem(name="audit.broken", object=o, message_zh=f"审计链断裂：{w}", message_en=w)
            for o, w in walk.breaks
        ]
        return pb.VerifyAuditResponse(
            sealed=walk.sealed, unsealed=walk.unsealed, head=walk.head, problems=problems
        )

    ListAudit = query(list_audit)
    ListAccess = query(list_access)

    async def EraseAudit(
        self, request: pb.EraseAuditRequest, context: Any
    ) -> pb.EraseAuditResponse:
        return await self.once(request, erase_audit, tables=self._watched_tables)

    async def GetCheckpoint(
        self, request: pb.GetCheckpointRequest, context: Any
    ) -> pb.GetCheckpointResponse:
        if request.fresh:
            _require_keeper(current_caller())
            await self._sign()
        async with self.changes.database.snapshot() as session:
            newest = await audit.newest_checkpoint(session)
            size = newest.size if newest else 0
            proof = await _proven(consistency(session, request.from_size, size))
        answer = pb.GetCheckpointResponse(size=size, consistency=proof)
        if newest:
            answer.note, answer.key = newest.note, self._checkpoints.public_key()
            answer.at.FromDatetime(newest.at)
        return answer

    async def _sign(self) -> None:
        try:
            await self._checkpoints.make()
        except ChainCut as error:
            raise _cut() from error
        except FileNotFoundError as error:
            zh, en = "没有检查点的签名密钥", "There is no key to sign checkpoints"
            raise WrongState(zh, en) from error

    async def ProveEntry(
        self, request: pb.ProveEntryRequest, context: Any
    ) -> pb.ProveEntryResponse:
        async with self.changes.database.snapshot() as session:
            checkpoint = await _checkpoint(session, request.size)
            size = request.size or (checkpoint.size if checkpoint else 0)
            entry = await _linked(session, request.sequence, size)
            current_caller().require_bureau(entry.bureau)
            proof = await _proven(Tree(session, size).inclusion(request.sequence - 1))
        return pb.ProveEntryResponse(
            content=audit.content_of(entry) if entry.salt else "",
            digest=entry.digest,
            previous=entry.previous or "",
            inclusion=proof,
            size=size,
            note=checkpoint.note if checkpoint else "",
            key=self._checkpoints.public_key(),
        )


async def _checkpoint(session: AsyncSession, size: int) -> AuditCheckpoint | None:
    """The checkpoint of this size; the newest if it is 0."""
    if size:
        return await session.get(AuditCheckpoint, size)
    return await audit.newest_checkpoint(session)


async def _linked(session: AsyncSession, sequence: int, size: int) -> AuditEntry:
    found = await session.exec(select(AuditEntry).where(col(AuditEntry.sequence) == sequence))
    entry = found.first()
    if entry is None or sequence > size:
        zh = "检查点所及的审计链中没有这条记录"
        raise NotFound(zh, "The chain that the checkpoint covers has no such entry")
    return entry


def _require_keeper(caller: Caller) -> None:
    if not caller.has(Role.ADMINISTRATOR):
        zh = "只有平台管理员可以要求签出新的检查点"
        raise NotPermitted(zh, "Only an administrator may ask for a new checkpoint")


async def _proven(proof: Awaitable[list[bytes]]) -> list[bytes]:
    try:
        return await proof
    except ChainCut as error:
        raise _cut() from error


def _cut() -> WrongState:
    return WrongState("审计链有缺失，请先核对", "The audit chain has lost entries; run the check")


def _entry(entry: AuditEntry) -> pb.AuditEntry:
    message = pb.AuditEntry(
        sequence=entry.sequence or 0,
        actor=entry.actor,
        roles=entry.roles,
        on_behalf_of=entry.on_behalf_of,
        action=entry.action,
        object=entry.object,
        before=_text(entry.before),
        after=_text(entry.after),
        ground=entry.ground,
        hash=entry.link or "",
        bureau=entry.bureau,
    )
    message.at.FromDatetime(entry.at)
    return message


def _text(value: dict[str, Any] | None) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
