"""Each service keeps the others' checkpoints in its own audit chain, as their witness.

A checkpoint is kept only if the service's chain, as it stands, continues the one that was kept
before. Whoever rewrites the past of one service would have to rewrite the chains of the others too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat
from typing import Any

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import AuditEntry, ChainCut, Sealer, newest_checkpoint
from plumbing.change import Changes
from plumbing.checkpoints.making import Checkpoints
from plumbing.checkpoints.merkle import ProofInvalid, check_consistency
from plumbing.checkpoints.signed_note import Checkpoint, NoteInvalid, open_checkpoint
from plumbing.client import Refusal, ask
from plumbing.database_away import DATABASE_AWAY
from plumbing.grpc_errors import status_of_neighbour
from plumbing.identity import service_caller
from plumbing.service import Findings, Parts
from plumbing.settings import SERVICES
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub

WITNESS = "witness_checkpoint"
# A service signs soon after its start, and asks the others when they have signed as well.
FIRST_SECONDS, WITNESS_AFTER_SECONDS = 5.0, 60.0
ASK_SECONDS = 3.0
log = structlog.get_logger()


class Unfaithful(Exception):
    """Raised where a service's chain does not continue the checkpoint that was kept of it."""


@dataclass(frozen=True)
class Witness:
    """Makes the checkpoints of a service each hour and keeps those of the `others`."""

    changes: Changes
    own: Checkpoints
    others: Sequence[str]
    stub: Callable[[str], OperationsServiceStub]
    every_seconds: float

    @classmethod
    def of(cls, parts: Parts) -> Witness:
        """Creates the witness of a service from its parts."""
        own = Checkpoints.of(parts.service, parts.settings, parts.database, parts.clock)
        others = [service for service in SERVICES if service != parts.service]

        @cache
        def stub(service: str) -> OperationsServiceStub:
            return OperationsServiceStub(parts.channel(service))

        return cls(parts.changes, own, others, stub, parts.settings.checkpoint_minutes * 60.0)

    async def run(self) -> None:
        """Makes and keeps checkpoints until cancelled, first soon after the start."""
        await asyncio.sleep(FIRST_SECONDS)
        await self._guarded([])
        for pause in chain([WITNESS_AFTER_SECONDS], repeat(self.every_seconds)):
            await asyncio.sleep(pause)
            await self.round()

    async def round(self) -> None:
        """Makes a checkpoint of the own chain, and keeps the newest of every other service."""
        await self._guarded(self.others)

    async def _guarded(self, others: Sequence[str]) -> None:
        try:
            await self.own.make()
            for service in others:
                await self._keep(service)
        except ChainCut as error:
            log.exception("audit.chain_cut", error=str(error))
        except (OSError, *DATABASE_AWAY) as error:  # no key yet, or no database
            log.warning("audit.no_checkpoint", error=str(error))

    async def _keep(self, service: str) -> None:
        kept = await self._kept(service)
        try:
            answer = await self._ask(service, kept)
            shown = _continued(answer, kept) if answer else None
        except Unfaithful as error:
            log.exception("audit.unfaithful", service=service, error=str(error))
            await self._note("refuse_checkpoint", service, {"why": str(error)})
            return
        if answer and shown and shown.size > (kept["size"] if kept else 0):
            values = {"size": shown.size, "root": shown.root.hex()}
            await self._note(
                "witness_checkpoint", service, {**values, "key": answer.key, "note": answer.note}
            )

    async def stop(self, sealer: Sealer) -> None:
        """Links what is left and makes a last checkpoint, while the process stops."""
        try:
            while await sealer.seal():
                pass
            await self.own.make()
        except (ChainCut, OSError, *DATABASE_AWAY) as error:
            log.warning("audit.no_checkpoint", error=str(error))

    async def check(self, findings: Findings) -> None:
        """Reports each other service whose chain no longer continues what was kept of it.

        A service that does not answer is left out.
        """
        for service, kept in [(one, await self._kept(one)) for one in self.others]:
            try:
                answer = await self._ask(service, kept) if kept else None
                if answer:
                    _continued(answer, kept)
            except Unfaithful as error:
                zh = f"其审计链与此前见证的检查点不符：{error}"
                en = f"Its audit chain does not continue the checkpoint kept here: {error}"
                findings.differ("audit.rewritten", f"checkpoint/{service}", zh, en)

    async def _kept(self, service: str) -> dict[str, Any] | None:
        """What was kept of a service last."""
        async with self.changes.database.snapshot() as session:
            kept: dict[str, Any] | None = (await session.exec(_newest_kept(service))).first()
        return kept

    async def _ask(
        self, service: str, kept: Mapping[str, Any] | None
    ) -> pb.GetCheckpointResponse | None:
        """The newest checkpoint of a service; None if it is away or has none."""
        request = pb.GetCheckpointRequest(from_size=kept["size"] if kept else 0)
        try:
            answer = await ask(self.stub(service).GetCheckpoint(request, timeout=ASK_SECONDS))
        except Refusal as refusal:
            if status_of_neighbour(refusal) is not None:
                return None  # it says nothing of its chain
            raise Unfaithful(refusal.message_en) from refusal
        return answer if answer.note or kept else None

    async def _note(self, action: str, service: str, after: dict[str, Any]) -> None:
        async with self.changes.change(service_caller(self.own.service)) as change:
            change.audit(action, f"checkpoint/{service}", after=after)
        await Sealer(self.changes.database).seal()  # at once: nobody waits for this entry


async def newest_notes(session: AsyncSession) -> list[str]:
    """Returns the newest checkpoint of the own chain, then the newest kept of each other chain."""
    own = await newest_checkpoint(session)
    notes = [own.note] if own else []
    for service in SERVICES:
        kept = (await session.exec(_newest_kept(service))).first()
        notes += [kept["note"]] if kept else []
    return notes


def _newest_kept(service: str) -> Any:
    of_service = col(AuditEntry.object) == f"checkpoint/{service}"
    kept = select(AuditEntry.after).where(of_service, col(AuditEntry.action) == WITNESS)
    return kept.order_by(col(AuditEntry.entry_id).desc()).limit(1)


def _continued(answer: pb.GetCheckpointResponse, kept: Mapping[str, Any] | None) -> Checkpoint:
    """The checkpoint of an answer, once its signature and its continuity are verified."""
    try:
        shown = open_checkpoint(answer.note, kept["key"] if kept else answer.key)
        if kept:
            roots = bytes.fromhex(kept["root"]), shown.root
            check_consistency(kept["size"], shown.size, [*answer.consistency], *roots)
    except (NoteInvalid, ProofInvalid) as error:
        raise Unfaithful(str(error)) from error
    return shown
