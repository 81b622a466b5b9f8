"""A municipal bureau that brings texts into force on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import grpc
from sqlmodel import col, select

from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role, service_caller
from plumbing.rpc import serve
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.grading.v1 import rulesets_pb2 as pb
from protos.grading.v1.events_pb2 import GradeChanged, RulesetActivated
from protos.grading.v1.rulesets_pb2_grpc import RulesetServiceStub
from services.grading.commands import regrade_due, regrade_stale
from services.grading.policy import RULESET_POLICY, RULESETS
from services.grading.rulesets.background import ImpactRuns
from services.grading.rulesets.servicer import RulesetServicer
from tests.integration.events.support import running
from tests.integration.grading.support import Platform, penalty, subject
from tests.logins import none_ended
from tests.ports import free_port

MUNICIPAL = "330100"
TODAY = date(2026, 9, 14)
NEW_YEAR = date(2027, 1, 1)
As = Callable[..., RulesetServiceStub]


class Office:
    """People of a municipal bureau, and how often the daily workflow was woken."""

    def __init__(self, platform: Platform, sign_in: As, woken: list[bool]) -> None:
        self.platform, self.sign_in, self.woken = platform, sign_in, woken
        self.caseworker = sign_in(Role.CASEWORKER, account="caseworker")
        self.head = sign_in(Role.UNIT_HEAD, account="head")

    async def impact(
        self, ruleset: str = "national-2017-566", as_of: date = TODAY, **fields: object
    ) -> pb.Impact:
        """Somebody runs an impact."""
        request = pb.RunImpactRequest(
            request_id=new_request_id(),
            bureau=MUNICIPAL,
            ruleset_id=ruleset,
            as_of=as_of.isoformat(),
        )
        request.MergeFrom(pb.RunImpactRequest(**fields))  # type: ignore[arg-type]
        return (await self.caseworker.RunImpact(request)).impact

    async def look(self, impact: pb.Impact) -> pb.Impact:
        """The head of the unit reads it."""
        request = pb.AcknowledgeImpactRequest(
            request_id=new_request_id(), impact_id=impact.impact_id
        )
        return (await self.head.AcknowledgeImpact(request)).impact

    async def activate(self, impact: pb.Impact, **fields: object) -> pb.Activation:
        """The head of the unit activates its text."""
        return (await self.head.ActivateRuleset(request_for(impact, **fields))).activation

    async def bring_in(
        self, ruleset: str, as_of: date, *, sectors: tuple[str, ...] = (), adopt_draft: bool = False
    ) -> pb.Activation:
        """All three steps."""
        seen = await self.look(await self.impact(ruleset, as_of, sectors=sectors))
        return await self.activate(seen, adopt_draft=adopt_draft)

    async def a_day_begins(self) -> int:
        """Runs a round of the daily workflow; returns how many subjects it graded."""
        changes, taken = Changes(self.platform.database, self.platform.clock), 0
        for command in (regrade_due, regrade_stale):
            async with changes.change(service_caller("grading")) as change:
                taken += len(await command(change, change.today, ""))
        return taken


def request_for(impact: pb.Impact, **fields: object) -> pb.ActivateRulesetRequest:
    request = pb.ActivateRulesetRequest(
        request_id=new_request_id(),
        impact_id=impact.impact_id,
        valid_from=impact.as_of,
        ground="局务会决定",
    )
    request.MergeFrom(pb.ActivateRulesetRequest(**fields))  # type: ignore[arg-type]
    return request


@asynccontextmanager
async def open_office(platform: Platform, tmp_path: Path) -> AsyncIterator[Office]:
    """A server with two graded organisations and a person of Hangzhou, and one of Tianjin."""
    signer = Signer(make_keys(tmp_path, []), SystemClock(), timedelta(minutes=5))
    address = f"127.0.0.1:{free_port()}"
    woken: list[bool] = []
    changes = Changes(platform.database, platform.clock)
    runs = ImpactRuns(changes)
    servicer = RulesetServicer(changes, lambda: woken.append(True), runs.wake)
    verifier = Verifier(public_key(tmp_path), SystemClock())
    services, rules = {RULESETS: servicer.register}, [RULESET_POLICY]
    server, _ = await serve(address, services, verifier, rules, none_ended(), credentials=None)
    channels: list[grpc.aio.Channel] = []

    def sign_in(*roles: Role, bureau: str = MUNICIPAL, account: str = "test") -> RulesetServiceStub:
        caller = Caller(f"account/{account}", "测试", frozenset(roles), bureau)
        token, _ = signer.issue(caller)

        async def source() -> str:
            return token

        channels.append(open_channel(Endpoint(address), source))
        return RulesetServiceStub(channels[-1])

    await platform.tell_subjects(
        subject(1),
        subject(2, bureau="330110", sector="fuel_station"),
        subject(3, kind="natural_person"),
        subject(4, bureau="120104", sector="optical"),
    )
    await platform.tell_records(penalty())
    async with running(runs.run()):
        yield Office(platform, sign_in, woken)
    for channel in channels:
        await channel.close()
    await server.stop(None)


async def announced_activations(platform: Platform) -> list[RulesetActivated]:
    query = select(Outbox).where(col(Outbox.aggregate).startswith("jurisdiction/"))
    async with platform.database.snapshot() as session:
        rows = (await session.exec(query.order_by(col(Outbox.seq)))).all()
    assert all(row.subject.endswith(".ruleset_activated.330100") for row in rows)
    return [RulesetActivated.FromString(row.payload) for row in rows]


async def announced_of(platform: Platform, subject_id: str = "subj-1") -> list[GradeChanged]:
    query = select(Outbox.payload).where(Outbox.aggregate == f"subject/{subject_id}")
    query = query.where(col(Outbox.subject).contains("grade_changed"))
    async with platform.database.snapshot() as session:
        rows = (await session.exec(query.order_by(col(Outbox.seq)))).all()
    return [GradeChanged.FromString(payload) for payload in rows]


async def ruled(platform: Platform, number: int = 1) -> tuple[str, str | None]:
    grade = await platform.current(f"subj-{number}")
    return grade.ruleset_id, grade.grade
