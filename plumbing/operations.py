"""The operations RPCs, which every service offers to the administrators of the platform."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from prometheus_client.samples import Sample
from sqlmodel import col, select

from law.errors import WrongState
from plumbing import audit, paging, validation
from plumbing.change import Change
from plumbing.clock import SHANGHAI
from plumbing.events import dead_letters, inspection
from plumbing.events.consumer import Consumer
from plumbing.events.dead_letters import DeadLetter
from plumbing.identity import Role
from plumbing.metrics.metric import REGISTRY
from plumbing.rpc import Policy, allow
from plumbing.service import Assembly, Findings, Parts
from plumbing.servicer import Servicer, query
from plumbing.state.engines import engines_that_answer
from plumbing.view import View
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1 import operations_pb2_grpc as rpc

SERVICE = "quanheng.operations.v1.OperationsService"
POLICY: Policy = {
    f"/{SERVICE}/{method}": allow(Role.ADMINISTRATOR)
    for method in (
        "Check",
        "GetFigures",
        "Reconcile",
        "VerifyAudit",
        "ListAudit",
        "ListDeadLetters",
        "ReplayDeadLetters",
        "DiscardDeadLetters",
    )
}


async def list_audit(view: View, request: pb.ListAuditRequest) -> pb.ListAuditResponse:
    """Returns a page of audit entries, newest first, limited by the filters of the request.

    Raises InvalidInput for a day that does not exist.
    """
    rows = select(audit.AuditEntry).where(*_asked_for(request))
    page, token = await paging.page(
        view.session, request, rows, audit.AuditEntry.entry_id, newest_first=True
    )
    total = await paging.total(view.session, request, rows, token)
    return pb.ListAuditResponse(entries=map(_entry, page), next_page_token=token, total=total)


def _asked_for(request: pb.ListAuditRequest) -> Iterator[sa.ColumnElement[bool]]:
    entry = audit.AuditEntry
    if request.object:
        yield col(entry.object) == request.object
    if request.kind:
        yield col(entry.object).startswith(f"{request.kind}/", autoescape=True)
    if request.actor:
        own, for_them = col(entry.actor), col(entry.on_behalf_of)
        yield sa.or_(own == request.actor, for_them == request.actor)
    if request.action:
        yield col(entry.action) == request.action
    if day := validation.day(request.from_day, "from_day"):
        yield col(entry.at) >= _midnight(day)
    if day := validation.day(request.to_day, "to_day"):
        yield col(entry.at) < _midnight(day + timedelta(days=1))


def _midnight(day: date) -> datetime:
    """The moment at which a local day begins."""
    return datetime.combine(day, time(), SHANGHAI)


class OperationsServicer(Servicer, rpc.OperationsServiceServicer):
    """RPCs for administrators of one service: checks, reconciliation, audit, and dead letters."""

    register = rpc.add_OperationsServiceServicer_to_server

    def __init__(self, parts: Parts, assembly: Assembly) -> None:
        super().__init__(parts.changes)
        self._parts, self._assembly = parts, assembly

    async def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:
        findings = await self._assembly.check()
        await self._check_plumbing(findings)
        figures = [pb.Figure(name=name, value=value) for name, value in findings.figures.items()]
        return pb.CheckResponse(
            figures=figures, digests=findings.digests, problems=findings.problems
        )

    async def _check_plumbing(self, findings: Findings) -> None:
        parts, own = self._parts, {c.name: c.stream for c in self._assembly.consumers}
        findings.figures["outbox.pending"] = (await inspection.outbox_pending(parts.database)).count
        lags = [
            lag
            for lag in await inspection.consumer_lags(parts.js, {*own.values()})
            if lag.consumer in own
        ]
        findings.figures["inbox.waiting"] = sum(lag.waiting + lag.unacknowledged for lag in lags)
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
        walk = await audit.verify(parts.database)
        findings.figures |= {"audit.sealed": walk.sealed, "audit.unsealed": walk.unsealed}
        for object_, why in walk.breaks:
            findings.differ("audit.broken", object_, f"审计链断裂：{why}", f"Chain broken: {why}")

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

    async def VerifyAudit(
        self, request: pb.VerifyAuditRequest, context: Any
    ) -> pb.VerifyAuditResponse:
        walk = await audit.verify(self._parts.database)
        problems = [
            pb.Problem(name="audit.broken", object=o, message_zh=f"审计链断裂：{w}", message_en=w)
            for o, w in walk.breaks
        ]
        return pb.VerifyAuditResponse(
            sealed=walk.sealed, unsealed=walk.unsealed, head=walk.head, problems=problems
        )

    ListAudit = query(list_audit)

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


def _sample(sample: Sample) -> pb.Sample:
    labels = [pb.Label(name=name, value=value) for name, value in sample.labels.items()]
    return pb.Sample(name=sample.name, labels=labels, value=sample.value)


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


def _entry(entry: audit.AuditEntry) -> pb.AuditEntry:
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
    )
    message.at.FromDatetime(entry.at)
    return message


def _text(value: dict[str, Any] | None) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _letter(letter: DeadLetter) -> pb.DeadLetter:
    attributes = letter.attributes
    message = pb.DeadLetter(sequence=letter.seq, consumer=letter.consumer, error=letter.error)
    if attributes is not None:
        message.event_id, message.event_type = str(attributes.id), attributes.type
        message.aggregate = attributes.aggregate
    if letter.buried_at is not None:
        message.at.FromDatetime(letter.buried_at)
    return message
