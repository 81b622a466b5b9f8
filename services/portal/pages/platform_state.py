"""Pages of the platform's state for its administrator: what needs a person, checks, reconciling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.state import agreement
from plumbing.state.figures import Sample, Scrape
from plumbing.state.findings import Finding, engines_away, findings
from plumbing.state.summary import Traffic, business, last_backup
from plumbing.state.waiting import Severity
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import proposals
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
SETTLE_SECONDS = 5.0
Answer = TypeVar("Answer")
_URGENCY = {
    Severity.CRITICAL: Tag(N_("立即"), "■", "govuk-tag--red"),
    Severity.WARNING: Tag(N_("当日"), "▲", "govuk-tag--yellow"),
    Severity.INFO: Tag(N_("留意"), "●", "govuk-tag--blue"),
}
# The page on which an administrator deals with a finding, by its alert rule.
_PAGES = {
    "QuanhengDeadLetters": "/undelivered/events",
    "QuanhengUnsignedEvents": "/undelivered/events",
    "QuanhengDeliveriesFailed": "/undelivered?state=failed",
    "QuanhengMailServerUnset": "/undelivered?state=pending",
    "QuanhengNoAddress": "/undelivered?state=no_address",
    "QuanhengDeliveriesLate": "/undelivered?state=pending",
    "QuanhengRegradeOverdue": "/status/reconcile",
    "QuanhengWatchBehind": "/status/reconcile",
}


async def state(visit: Visit) -> Response:
    """Shows what needs a person, every service and engine, and the figures of business."""
    answers = await of_each_service(visit, _figures)
    scrapes = [_scrape(name, answer) for name, answer in answers.items()]
    told = [answer for answer in answers.values() if answer is not None]
    engines = {
        "nats": any(answer.nats_answers for answer in told),
        "temporal": any(answer.temporal_answers for answer in told),
    }
    # Without any service nobody knows how the engines are.
    found = [*(engines_away(engines) if told else []), *findings(scrapes)]
    chinese = visit.language == "zh-CN"
    return visit.page(
        "administration/state.html",
        findings=[(one, _urgency(visit, one), _PAGES.get(one.rule, "")) for one in found],
        services=[(scrape, Traffic.of(scrape)) for scrape in scrapes],
        engines=engines if told else {},
        backed_up=last_backup(scrapes),
        business=[(line.zh if chinese else line.en, _counts(line, chinese))
                  for line in business(scrapes)],
        proposed=await proposals.tasks(visit),
        clock=await ask(visit.services.clock.GetClock(registry.GetClockRequest())),
    )  # fmt: skip


def _urgency(visit: Visit, one: Finding) -> Tag:
    tag = _URGENCY[one.severity]
    return Tag(visit.say(tag.word), tag.shape, tag.style)


def _counts(line: Any, chinese: bool) -> str:
    counts = (f"{zh if chinese else en} {value:,.0f}" for zh, en, value in line.counts)
    return " · ".join(counts)


async def _figures(stub: OperationsServiceStub) -> pb.GetFiguresResponse:
    return await ask(stub.GetFigures(pb.GetFiguresRequest()))


def _scrape(service: str, answer: pb.GetFiguresResponse | None) -> Scrape:
    if answer is None:
        return Scrape(service, service, None)
    samples = [
        Sample(one.name, {label.name: label.value for label in one.labels}, one.value)
        for one in answer.samples
    ]
    return Scrape(service, service, samples)


async def of_each_service(
    visit: Visit, call: Callable[[OperationsServiceStub], Awaitable[Answer]]
) -> dict[str, Answer | None]:
    """Makes the same call to every service; gives None for one that does not answer."""

    async def one(stub: OperationsServiceStub) -> Answer | None:
        try:
            return await call(stub)
        except Refusal as refusal:
            if refusal.code in AWAY:
                return None
            raise

    stubs = visit.services.operations
    answers = await asyncio.gather(*map(one, stubs.values()))
    return dict(zip(stubs, answers, strict=True))


async def check(visit: Visit) -> Response:
    """Asks whether register, grades, cases, timers and audit agree; its form runs the check."""
    result = None
    if visit.request.method == "POST":
        result = await agreement.check(visit.services.operations, SETTLE_SECONDS)
    return visit.page("administration/check.html", result=result)


async def reconcile(visit: Visit) -> Response:
    """Asks before it starts what should be waiting in the workflow engine; shows the result."""
    answers: Mapping[str, pb.ReconcileResponse | None] = {}
    if visit.request.method == "POST":
        answers = await of_each_service(visit, _reconcile)
    return visit.page("administration/reconcile.html", answers=answers)


async def _reconcile(stub: OperationsServiceStub) -> pb.ReconcileResponse:
    request = pb.ReconcileRequest(request_id=new_request_id())
    return await ask(stub.Reconcile(request, timeout=agreement.CHECK_SECONDS))
