"""The operations RPCs, which every service offers to the administrators of the platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import nats.errors
from prometheus_client.samples import Sample

from law.errors import WrongState
from plumbing import audit_walk
from plumbing.audit import unsealed
from plumbing.audit_calls import AuditCalls
from plumbing.change import Change
from plumbing.checkpoints.witness import Witness
from plumbing.events import dead_letters, inspection
from plumbing.events.consumer import Consumer
from plumbing.events.dead_letters import DeadLetter
from plumbing.events.gaps import Gap, gaps
from plumbing.events.positions import hold_positions
from plumbing.events.refilling import empty_and_refill
from plumbing.events.subjects import Stream
from plumbing.identity import Role
from plumbing.metrics.metric import REGISTRY
from plumbing.row_checks import check_rows
from plumbing.row_digests import Proven
from plumbing.rpc import ANYONE, Policy, Rule, allow
from plumbing.service import Assembly, Findings, Parts
from plumbing.settings import SERVICES
from plumbing.state.engines import engines_that_answer
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1 import operations_pb2_grpc as rpc

SERVICE = "quanheng.operations.v1.OperationsService"
POLICY: Policy = {
    f"/{SERVICE}/{method}": allow(Role.ADMINISTRATOR)
    for method in (
        "Check",
        "GetFigures",
        "Reconcile",
        "Rebuild",
        "RefillStream",
        "ListDeadLetters",
        "ReplayDeadLetters",
        "DiscardDeadLetters",
    )
} | {
    f"/{SERVICE}/ListAudit": allow(
        Role.ADMINISTRATOR, Role.AUDITOR, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER
    ).noting("audit"),
    f"/{SERVICE}/ListAccess": allow(Role.AUDITOR).noting("access"),
    f"/{SERVICE}/VerifyAudit": allow(Role.ADMINISTRATOR, Role.AUDITOR),
    f"/{SERVICE}/ProveEntry": allow(Role.ADMINISTRATOR, Role.AUDITOR),
    f"/{SERVICE}/EraseAudit": allow(Role.ADMINISTRATOR),
    # A checkpoint names nobody, and serves best where many people keep it.
    f"/{SERVICE}/GetCheckpoint": Rule(ANYONE, services=frozenset(SERVICES)),
}


class OperationsServicer(AuditCalls):
    """RPCs for administrators of one service: checks, reconciliation, audit, and dead letters."""

    register = rpc.add_OperationsServiceServicer_to_server

    def __init__(self, parts: Parts, assembly: Assembly, watched: Sequence[Proven] = ()) -> None:
        self.witness = Witness.of(parts)
        super().__init__(parts.changes, self.witness.own, watched)
        self._parts, self._assembly = parts, assembly

    async def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        parts: Mapping[str, Callable[[Findings], Awaitable[None]]] = {
            "under_way": self._check_under_way,
            "data": self._check_data,
            "audit": self._check_audit,
            "rows": self._check_rows,
        }
        findings = Findings()
        for name, look in parts.items():
            if request.part in ("", name):
                await look(findings)
        figures = [pb.Figure(name=name, value=value) for name, value in findings.figures.items()]
        return pb.CheckResponse(
            figures=figures, digests=findings.digests, problems=findings.problems
        )

    async def _check_data(self, findings: Findings) -> None:
        own = await self._assembly.check()
        findings.figures |= own.figures
        findings.digests += own.digests
        findings.problems += own.problems
        async with self._parts.database.snapshot() as session:
            findings.digests += await hold_positions(session, self._parts.service)

    async def _check_under_way(self, findings: Findings) -> None:
        database = self._parts.database
        findings.figures["outbox.pending"] = (await inspection.outbox_pending(database)).count
        async with database.snapshot() as session:
            findings.figures["audit.unsealed"] = await unsealed(session)
        try:
            await self._check_events(findings)
        except nats.errors.Error as error:
            zh, en = f"事件总线没有应答：{error!r}", f"NATS does not answer: {error!r}"
            findings.differ("nats_away", self._parts.service, zh, en)

    async def _check_events(self, findings: Findings) -> None:
        parts, own = self._parts, {c.name: c.stream for c in self._assembly.consumers}
        streams: set[str] = {*own.values()}
        missing = await inspection.missing_streams(parts.js, {*streams, Stream.DEAD_LETTERS})
        for stream in missing:
            zh = f"事件流 {stream} 不存在：其所属服务尚未启动过，或者 NATS 的数据已经丢失"
            en = "The stream does not exist: its service has never started, or NATS lost its data"
            findings.differ("stream_missing", stream, zh, en)
        lags = [
            lag
            for lag in await inspection.consumer_lags(parts.js, streams.difference(missing))
            if lag.consumer in own
        ]
        findings.figures["inbox.waiting"] = sum(lag.waiting + lag.unacknowledged for lag in lags)
        for gap in await gaps(parts.database, parts.js, own):
            findings.differ("events.missed", gap.consumer, *_missed(gap))
        dead = await inspection.dead_letter_counts(parts.js)
        findings.figures["dead_letters"] = sum(dead.get(name, 0) for name in own)
        if given_up := findings.figures["dead_letters"]:
            zh, en = f"有 {given_up} 个事件无法处理，已搁置", f"{given_up} events were given up"
            findings.differ("dead_letters", parts.service, zh, en)
        refused = await inspection.unsigned_counts(parts.js)
        findings.figures["unsigned_events"] = sum(refused.get(name, 0) for name in own)
        if unsigned := findings.figures["unsigned_events"]:
            zh = f"拒收了 {unsigned} 个没有有效签名的来件，可能有人伪造"
            en = f"{unsigned} unsigned messages were refused; somebody may forge events"
            findings.differ("unsigned_events", parts.service, zh, en)

    async def _check_audit(self, findings: Findings) -> None:
        database = self._parts.database
        walk = await audit_walk.verify(database, self.witness.own.public_key())
        findings.figures |= {"audit.sealed": walk.sealed, "audit.unsealed": walk.unsealed}
        for object_, why in walk.breaks:
            findings.differ("audit.broken", object_, f"审计链断裂：{why}", f"Chain broken: {why}")
        await self.witness.check(findings)

    async def _check_rows(self, findings: Findings) -> None:
        async with self._parts.database.snapshot() as session:
            await check_rows(session, self._watched_tables, findings)

    async def GetFigures(
        self, request: pb.GetFiguresRequest, context: Any
    ) -> pb.GetFiguresResponse:
        engines = await engines_that_answer(self._parts.settings)
        samples = [
            _sample(sample)
            for family in REGISTRY.collect()
            for sample in family.samples
            if not sample.name.endswith("_bucket")
        ]
        return pb.GetFiguresResponse(
            samples=samples, nats_answers=engines["nats"], temporal_answers=engines["temporal"]
        )

    async def Reconcile(self, request: pb.ReconcileRequest, context: Any) -> pb.ReconcileResponse:
        report = await self._assembly.reconcile()
        return pb.ReconcileResponse(started=report.started, running=report.running)

    async def Rebuild(self, request: pb.RebuildRequest, context: Any) -> pb.RebuildResponse:
        await self.once(request, _note_rebuild)
        for consumer in self._assembly.consumers:
            await consumer.begin_again()
        return pb.RebuildResponse(consumers=[one.name for one in self._assembly.consumers])

    async def RefillStream(
        self, request: pb.RefillStreamRequest, context: Any
    ) -> pb.RefillStreamResponse:
        await self.once(request, _note_refill)
        events = await empty_and_refill(self._parts.database, self._parts.js, self._parts.service)
        return pb.RefillStreamResponse(events=events)

    async def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: Any
    ) -> pb.ListDeadLettersResponse:
        letters = [self._shown(letter) async for _, letter in self._letters(set())]
        return pb.ListDeadLettersResponse(
            letters=sorted(letters, key=lambda letter: letter.sequence)
        )

    async def ReplayDeadLetters(
        self, request: pb.ReplayDeadLettersRequest, context: Any
    ) -> pb.ReplayDeadLettersResponse:
        await self.once(request, _note_replay)
        answer = pb.ReplayDeadLettersResponse()
        for replay in await self._replays(set(request.sequences)):
            if replay.error is None:
                answer.handled += 1
            else:
                answer.failed.append(self._shown(replay.letter))
        return answer

    async def DiscardDeadLetters(
        self, request: pb.DiscardDeadLettersRequest, context: Any
    ) -> pb.DiscardDeadLettersResponse:
        letters = [letter async for _, letter in self._letters(set(request.sequences))]
        _refuse_events(letter for letter in letters if self._signed(letter))
        await self.once(request, _note_discard)
        for letter in letters:
            await dead_letters.discard(self._parts.js, letter)
        return pb.DiscardDeadLettersResponse(discarded=len(letters))

    def _signed(self, letter: DeadLetter) -> bool:
        return self._parts.signatures.signed(letter.subject, letter.headers, letter.body)

    def _shown(self, letter: DeadLetter) -> pb.DeadLetter:
        message = _letter(letter)
        message.unsigned = not self._signed(letter)
        return message

    async def _replays(self, sequences: set[int]) -> list[dead_letters.Replay]:
        signatures = self._parts.signatures
        return [
            await dead_letters.replay(self._parts.js, consumer.inbox, signatures, letter)
            async for consumer, letter in self._letters(sequences)
        ]

    async def _letters(self, sequences: set[int]) -> AsyncIterator[tuple[Consumer, DeadLetter]]:
        """The dead letters with these numbers, or all, each with its consumer."""
        for consumer in self._assembly.consumers:
            async for letter in dead_letters.dead_letters(self._parts.js, consumer.name):
                if not sequences or letter.seq in sequences:
                    yield consumer, letter


def _missed(gap: Gap) -> tuple[str, str]:
    """What is said of a consumer that lacks an event which is no longer kept."""
    zh = (
        f"缺少 {gap.aggregate} 的第 {gap.lacks} 个事件，该事件已过留存期；"
        "请停机，用同一份备份恢复全部数据库，见 docs/operations.md"
    )
    en = (
        f"It lacks event {gap.lacks} of {gap.aggregate}, which is kept no more: stop, and restore"
        " all databases from one backup, see docs/operations.md"
    )
    return zh, en


def _sample(sample: Sample) -> pb.Sample:
    labels = [pb.Label(name=name, value=value) for name, value in sample.labels.items()]
    return pb.Sample(name=sample.name, labels=labels, value=sample.value)


async def _note_rebuild(change: Change, request: pb.RebuildRequest) -> pb.RebuildResponse:
    """Audits the request; the delivery itself may be repeated."""
    change.audit("rebuild", "consumers")
    return pb.RebuildResponse()


async def _note_refill(change: Change, request: pb.RefillStreamRequest) -> pb.RefillStreamResponse:
    """Audits the request; filling the stream may be repeated."""
    change.audit("refill_stream", "stream")
    return pb.RefillStreamResponse()


async def _note_replay(
    change: Change, request: pb.ReplayDeadLettersRequest
) -> pb.ReplayDeadLettersResponse:
    """Audits the request; the replay itself may be repeated."""
    sequences = {"sequences": list(request.sequences)}
    change.audit("replay_dead_letters", "dead_letters", after=sequences)
    return pb.ReplayDeadLettersResponse()


def _refuse_events(letters: Iterable[DeadLetter]) -> None:
    """Raises WrongState if there is an event: what follows from it must not be lost."""
    if numbers := ", ".join(str(letter.seq) for letter in letters):
        raise WrongState(
            f"{numbers} 是有效签名的事件，只能重新处理，不能删除",
            f"{numbers}: signed events can be handled again and cannot be removed",
        )


async def _note_discard(
    change: Change, request: pb.DiscardDeadLettersRequest
) -> pb.DiscardDeadLettersResponse:
    """Audits the request; the removal itself may be repeated."""
    sequences = {"sequences": list(request.sequences)}
    change.audit("discard_dead_letters", "dead_letters", after=sequences, ground=request.ground)
    return pb.DiscardDeadLettersResponse()


def _letter(letter: DeadLetter) -> pb.DeadLetter:
    attributes = letter.attributes
    message = pb.DeadLetter(sequence=letter.seq, consumer=letter.consumer, error=letter.error)
    if attributes is not None:
        message.event_id, message.event_type = str(attributes.id), attributes.type
        message.aggregate = attributes.aggregate
    if letter.buried_at is not None:
        message.at.FromDatetime(letter.buried_at)
    return message
