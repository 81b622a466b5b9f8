"""Real processes in a sandbox for the tests of objection: engines, registry, grading, objection."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import grpc
from sqlmodel import select

from plumbing import certificates
from plumbing.client import Refusal, ask, new_request_id, open_channel, refusal_of
from plumbing.clock import SHANGHAI, SandboxClock, SystemClock
from plumbing.database import Database
from plumbing.settings import Settings
from protos.grading.v1 import grading_pb2_grpc
from protos.identity.v1 import identity_pb2, identity_pb2_grpc
from protos.objection.v1 import (
    archive_pb2_grpc,
    delivery_pb2_grpc,
    desk_pb2_grpc,
    evidence_pb2_grpc,
    publicity_pb2_grpc,
    repair_pb2_grpc,
    sharings_pb2_grpc,
)
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import objection_pb2_grpc as rpc
from protos.operations.v1 import operations_pb2, operations_pb2_grpc
from protos.registry.v1 import (
    proposals_pb2,
    proposals_pb2_grpc,
    publication_pb2_grpc,
    registry_pb2,
    registry_pb2_grpc,
)
from services.cli.machine.engines import (
    choose_ports,
    engine_specs,
    service_specs,
    settings_on,
    usual_ports,
)
from services.cli.machine.launcher import Child
from services.cli.machine.logs import Output
from services.cli.machine.supervisor import ProcessSpec
from services.objection.tables import Case as CaseRow
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases

STARTS_AT = datetime(2026, 9, 14, 10, 0, tzinfo=SHANGHAI)
PROCESSES = ("nats", "temporal", "registry", "grading", "objection")
ALERTS = "alerts"  # from it objection hears how its mails were delivered
CITY, BUREAU, OTHER_BUREAU = "330100", "330106", "330110"
NAMES = {
    CITY: "测试市市场监督管理局",
    BUREAU: "测试区市场监督管理局",
    OTHER_BUREAU: "测试邻区市场监督管理局",
}
FIRST, PASSWORD = "a first test password", "a long test password"
ROLES = identity_pb2.Role
T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """An account with its channel to each service."""

    account_id: str
    channels: dict[str, grpc.aio.Channel]

    @property
    def registry(self) -> registry_pb2_grpc.RegistryServiceStub:
        return registry_pb2_grpc.RegistryServiceStub(self.channels["registry"])

    @property
    def proposals(self) -> proposals_pb2_grpc.ProposalServiceStub:
        return proposals_pb2_grpc.ProposalServiceStub(self.channels["registry"])

    @property
    def objection(self) -> rpc.ObjectionServiceStub:
        return rpc.ObjectionServiceStub(self.channels["objection"])

    @property
    def repair(self) -> repair_pb2_grpc.RepairServiceStub:
        return repair_pb2_grpc.RepairServiceStub(self.channels["objection"])

    @property
    def evidence(self) -> evidence_pb2_grpc.EvidenceServiceStub:
        return evidence_pb2_grpc.EvidenceServiceStub(self.channels["objection"])

    @property
    def deliveries(self) -> delivery_pb2_grpc.DeliveryServiceStub:
        return delivery_pb2_grpc.DeliveryServiceStub(self.channels["objection"])

    @property
    def sharings(self) -> sharings_pb2_grpc.SharingServiceStub:
        return sharings_pb2_grpc.SharingServiceStub(self.channels["objection"])

    @property
    def publicity(self) -> publicity_pb2_grpc.PublicityServiceStub:
        return publicity_pb2_grpc.PublicityServiceStub(self.channels["objection"])

    @property
    def publication(self) -> publication_pb2_grpc.PublicationServiceStub:
        return publication_pb2_grpc.PublicationServiceStub(self.channels["registry"])

    @property
    def case_archive(self) -> archive_pb2_grpc.ArchiveServiceStub:
        return archive_pb2_grpc.ArchiveServiceStub(self.channels["objection"])

    @property
    def identity(self) -> identity_pb2_grpc.IdentityServiceStub:
        return identity_pb2_grpc.IdentityServiceStub(self.channels["registry"])

    @property
    def clock(self) -> registry_pb2_grpc.ClockServiceStub:
        return registry_pb2_grpc.ClockServiceStub(self.channels["registry"])

    @property
    def desk(self) -> desk_pb2_grpc.CaseDeskServiceStub:
        return desk_pb2_grpc.CaseDeskServiceStub(self.channels["objection"])

    @property
    def grading(self) -> grading_pb2_grpc.GradingServiceStub:
        return grading_pb2_grpc.GradingServiceStub(self.channels["grading"])

    @property
    def operations(self) -> operations_pb2_grpc.OperationsServiceStub:
        return operations_pb2_grpc.OperationsServiceStub(self.channels["objection"])


class Processes:
    """The processes on one data directory, each of which can be killed and started again."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        database = databases.of_every_service(folder)
        base = Settings(data_dir=folder, sandbox=True, database=database)
        self.settings = settings_on(base, choose_ports(usual_ports(base), insist_on_others=True))
        SandboxClock.create(self.settings.clock_file, STARTS_AT)
        certificates.provide(self.settings.tls_dir, SystemClock())
        ports = usual_ports(self.settings)
        ports["nats_monitor"] = choose_ports({"nats_monitor": 1}, insist_on_others=True)[
            "nats_monitor"
        ]
        specs = [*engine_specs(self.settings, ports), *service_specs(self.settings)]
        self.specs: dict[str, ProcessSpec] = {
            s.name: s for s in specs if s.name in (*PROCESSES, ALERTS)
        }
        modules = [spec.module for spec in self.specs.values() if spec.module]
        self._launcher = QuickLauncher(folder, modules)
        self._running: dict[str, Child] = {}
        self._logging: set[asyncio.Task[None]] = set()
        self.folder = folder

    async def start(self, *names: str) -> None:
        """Starts processes and waits until each is ready."""
        for name in names:
            child = self._running[name] = await self._launcher.start(self.specs[name])
            assert child.stdout is not None
            output = Output(self.folder / f"{name}.log", lambda _: None)
            self._logging.add(asyncio.create_task(output.follow(child.stdout)))
        async with asyncio.timeout(PATIENCE_SECONDS):
            for name in names:
                while not await self.specs[name].is_ready():
                    assert self._running[name].returncode is None, self.log(name)
                    await asyncio.sleep(0.05)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-4000:]

    def kill(self, *names: str) -> None:
        """Kills processes with SIGKILL, and returns once they are dead."""
        for name in names:
            os.kill(self._running[name].pid, signal.SIGKILL)
        for name in names:  # its end is left to be learned by the loop that started it
            with suppress(ChildProcessError):  # that loop has learned of it already
                os.waitid(os.P_PID, self._running.pop(name).pid, os.WEXITED | os.WNOWAIT)

    def pause(self, name: str) -> None:
        """Stops a process without ending it, so that it answers no call."""
        os.kill(self._running[name].pid, signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        os.kill(self._running[name].pid, signal.SIGCONT)

    async def end(self) -> None:
        """Kills what still runs."""
        ending = list(self._running.values())
        self.kill(*self._running)
        await asyncio.gather(*(child.wait() for child in ending), *self._logging)
        await self._launcher.close()

    def channels(self, token: str) -> dict[str, grpc.aio.Channel]:
        async def source() -> str:
            return token

        names = ("registry", "grading", "objection")
        return {
            n: open_channel(self.settings.endpoint(n), source, timeout=PATIENCE_SECONDS)
            for n in names
        }

    async def log_in(self, name: str, password: str, new_password: str = "") -> Person:
        stub = identity_pb2_grpc.IdentityServiceStub(
            open_channel(self.settings.endpoint("registry"), timeout=PATIENCE_SECONDS)
        )
        answer = await ask(stub.Login(identity_pb2.LoginRequest(name=name, password=password)))
        if new_password:
            step = identity_pb2.ContinueLoginRequest(
                challenge=answer.challenge, new_password=new_password
            )
            answer = await ask(stub.ContinueLogin(step))
        return Person(answer.account.account_id, self.channels(answer.token))

    async def administrator(self) -> Person:
        file = self.settings.keys_dir / "administrator.password"
        return await self.log_in("administrator", file.read_text())

    async def advance_to(self, moment: datetime) -> None:
        """Moves the sandbox's clock, as its administrator does."""
        stub = registry_pb2_grpc.ClockServiceStub((await self.administrator()).channels["registry"])
        request = registry_pb2.AdvanceClockRequest(request_id=new_request_id())
        request.to.FromDatetime(moment.astimezone(UTC))
        await ask(stub.AdvanceClock(request))


async def refused(call: Awaitable[Any]) -> Refusal:
    """The refusal of a call; fails when the call succeeds."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    raise AssertionError(f"not refused: {answer}")


@dataclass
class Cast:
    """The people who take part, and the subject whose records are disputed."""

    processes: Processes
    administrator: Person
    enterer: Person
    caseworker: Person
    unit_head: Person
    both: Person  # caseworker and head of the unit at once
    elsewhere: Person
    operator: Person
    rival: Person
    subject_id: str
    rival_id: str
    reviewer: Person
    city_caseworker: Person
    city_enterer: Person
    city_head: Person
    entered: int = 0

    async def penalty(self, subject_id: str = "", **changed: Any) -> registry_pb2.Record:
        """A new penalty on the record of the subject."""
        self.entered += 1
        fields: dict[str, Any] = {
            "subject_id": subject_id or self.subject_id,
            "kind": "penalty",
            "severity": "general",
            "occurred_on": "2026-08-10",
            "determined_on": "2026-09-01",
            "verified": True,
            "final": True,
            "source_ref": f"杭市监测罚〔2026〕{self.entered}号",
            "provided_by": "测试市场监管所",
            "summary": "使用未经检定的计量器具",
        }
        record = registry_pb2.Record(**{**fields, **changed})
        request = registry_pb2.EnterRecordRequest(request_id=new_request_id(), record=record)
        return (await ask(self.enterer.registry.EnterRecord(request))).record

    async def penalty_of_the_city(self) -> registry_pb2.Record:
        """A new penalty that the bureau of the city has put on the record of the subject."""
        mine = self.enterer
        try:
            self.enterer = self.city_enterer
            return await self.penalty()
        finally:
            self.enterer = mine

    async def record(self, record_id: str) -> registry_pb2.Record:
        request = registry_pb2.GetRecordRequest(record_id=record_id)
        return (await ask(self.caseworker.registry.GetRecord(request))).record

    async def corrected(self, record_id: str, **changed: Any) -> None:
        """Has the bureau correct a record: one person proposes it, another releases it."""
        record = await self.record(record_id)
        record.MergeFrom(registry_pb2.Record(**changed))
        request = registry_pb2.CorrectRecordRequest(
            request_id=new_request_id(), record=record, ground="经复查，情节与原记载不符"
        )
        proposal = (await ask(self.enterer.registry.CorrectRecord(request))).proposal
        release = proposals_pb2.ReleaseProposalRequest(
            request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="核对无误"
        )
        await ask(self.unit_head.proposals.ReleaseProposal(release))

    async def lodge(self, *records: registry_pb2.Record, **changed: Any) -> pb.Case:
        fields: dict[str, Any] = {
            "request_id": new_request_id(),
            "subject_id": self.subject_id,
            "record_ids": [record.record_id for record in records],
            "grounds": "该器具在检定有效期内，附检定证书",
            "evidence": ["检定证书 测检字第1号"],
        }
        request = pb.LodgeObjectionRequest(**{**fields, **changed})
        return (await ask(self.operator.objection.LodgeObjection(request))).case

    async def accept(self, case: pb.Case) -> pb.Case:
        request = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
        return (await ask(self.caseworker.objection.AcceptObjection(request))).case

    async def extend(self, case: pb.Case, days: int, *, approve: bool = True) -> pb.Case:
        request = pb.RequestExtensionRequest(
            request_id=new_request_id(), case_id=case.case_id, days=days, ground="须委托技术鉴定"
        )
        await ask(self.caseworker.objection.RequestExtension(request))
        decision = pb.DecideExtensionRequest(
            request_id=new_request_id(), case_id=case.case_id, approve=approve, note="同意"
        )
        return (await ask(self.unit_head.objection.DecideExtension(decision))).case

    def decision(self, case: pb.Case, outcome: str, **fields: Any) -> pb.DecideObjectionRequest:
        return pb.DecideObjectionRequest(
            request_id=new_request_id(),
            case_id=case.case_id,
            outcome=outcome,
            reasons="经核查，器具在检定有效期内，原记录有误",
            **fields,
        )

    async def decide(self, case: pb.Case, outcome: str, **fields: Any) -> pb.Case:
        request = self.decision(case, outcome, **fields)
        return (await ask(self.caseworker.objection.DecideObjection(request))).case

    async def refused_objection(self) -> pb.Case:
        """An objection to a new penalty that was decided, upheld and carried out."""
        case = await self.accept(await self.lodge(await self.penalty()))
        await self.decide(case, "uphold")
        return (await self.closed(case)).case

    async def reconsider(self, objection: pb.Case) -> pb.Case:
        request = self.reconsideration(objection)
        return (await ask(self.operator.objection.LodgeReconsideration(request))).case

    def reconsideration(self, objection: pb.Case) -> pb.LodgeReconsiderationRequest:
        return pb.LodgeReconsiderationRequest(
            request_id=new_request_id(),
            case_id=objection.case_id,
            grounds="原决定未采信检定证书",
            evidence=["检定机构的说明"],
        )

    async def reconsidered(self, objection: pb.Case, outcome: str, **fields: Any) -> pb.Case:
        """A reconsideration of an objection, accepted and decided by the reviewer of the city."""
        case = await self.reconsider(objection)
        accept = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
        await ask(self.reviewer.objection.AcceptObjection(accept))
        decision = self.decision(case, outcome, **fields)
        return (await ask(self.reviewer.objection.DecideObjection(decision))).case

    async def read(self, case: pb.Case) -> pb.GetCaseResponse:
        request = pb.GetCaseRequest(case_id=case.case_id)
        return await ask(self.operator.objection.GetCase(request))

    async def until(
        self,
        case: pb.Case,
        condition: Callable[[pb.GetCaseResponse], bool],
        seconds: float = PATIENCE_SECONDS,
    ) -> pb.GetCaseResponse:
        """The case once the condition holds."""
        async with asyncio.timeout(seconds):
            while not condition(read := await self.read(case)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return read

    async def contested(self, case: pb.Case) -> None:
        """Waits until the register has the case's records as contested."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await self.record(case.record_ids[0])).contested:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def settled(self, case: pb.Case) -> None:
        """Waits until nothing more follows from the ending of a case."""
        database = Database(self.processes.settings.database_url("objection"))
        query = select(CaseRow.settled_at).where(CaseRow.case_id == case.case_id)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with database.snapshot() as session:
                    if (await session.exec(query)).one() is not None:
                        break
                await asyncio.sleep(0.05)
        await database.close()

    async def closed(self, case: pb.Case) -> pb.GetCaseResponse:
        return await self.until(case, lambda read: read.case.state == "closed")

    @property
    def registry_operations(self) -> operations_pb2_grpc.OperationsServiceStub:
        return operations_pb2_grpc.OperationsServiceStub(self.administrator.channels["registry"])

    async def check(self) -> operations_pb2.CheckResponse:
        return await ask(self.administrator.operations.Check(operations_pb2.CheckRequest()))


async def assemble(processes: Processes) -> Cast:
    """Bureaus, two subjects and their operators, and the staff of a bureau."""
    administrator = await processes.administrator()
    for code, name in NAMES.items():
        bureau = registry_pb2.Bureau(
            code=code, name=name, division_code=code, department="信用监管科", phone="0571-00000000"
        )
        request = registry_pb2.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        await ask(administrator.registry.PutBureau(request))
    enterer = await engaged(processes, administrator, "enterer", [ROLES.ROLE_CASEWORKER], BUREAU)
    ids = [await registered(enterer, name) for name in ("测试加油站", "测试超市")]
    return Cast(
        processes,
        administrator,
        enterer,
        await engaged(processes, administrator, "caseworker", [ROLES.ROLE_CASEWORKER], BUREAU),
        await engaged(processes, administrator, "unit-head", [ROLES.ROLE_UNIT_HEAD], BUREAU),
        await engaged(
            processes, administrator, "both", [ROLES.ROLE_CASEWORKER, ROLES.ROLE_UNIT_HEAD], BUREAU
        ),
        await engaged(processes, administrator, "elsewhere", [ROLES.ROLE_CASEWORKER], OTHER_BUREAU),
        await engaged(processes, administrator, "operator", [ROLES.ROLE_OPERATOR], "", ids[0]),
        await engaged(processes, administrator, "rival", [ROLES.ROLE_OPERATOR], "", ids[1]),
        ids[0],
        ids[1],
        await engaged(processes, administrator, "reviewer", [ROLES.ROLE_MUNICIPAL_REVIEWER], CITY),
        await engaged(
            processes,
            administrator,
            "city-caseworker",
            [ROLES.ROLE_CASEWORKER, ROLES.ROLE_MUNICIPAL_REVIEWER],
            CITY,
        ),
        await engaged(processes, administrator, "city-enterer", [ROLES.ROLE_CASEWORKER], CITY),
        await engaged(processes, administrator, "city-head", [ROLES.ROLE_UNIT_HEAD], CITY),
    )


async def registered(caseworker: Person, name: str) -> str:
    subject = registry_pb2.Subject(
        kind="organisation", name=name, bureau=BUREAU, sector="fuel_station"
    )
    request = registry_pb2.PutSubjectRequest(request_id=new_request_id(), subject=subject)
    answer = await ask(caseworker.registry.PutSubject(request))
    return answer.subject.subject_id


async def engaged(
    processes: Processes,
    administrator: Person,
    name: str,
    roles: list[Any],
    bureau: str,
    subject_id: str = "",
) -> Person:
    request = identity_pb2.CreateAccountRequest(
        request_id=new_request_id(),
        name=name,
        display_name=name,
        password=FIRST,
        roles=roles,
        bureau=bureau,
        subject_id=subject_id,
    )
    stub = identity_pb2_grpc.IdentityServiceStub(administrator.channels["registry"])
    await ask(stub.CreateAccount(request))
    return await processes.log_in(name, FIRST, PASSWORD)


def local(day: str, hour: int = 0) -> datetime:
    """A moment of a local day."""
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00").replace(tzinfo=SHANGHAI)
