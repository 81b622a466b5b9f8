"""A registry that runs as a process, and callers of every role that talk to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlmodel import col, select, update

from law.identifiers import ALPHABET, credit_code_check_digit
from plumbing import certificates
from plumbing.audit import AuditEntry
from plumbing.client import Refusal, new_request_id, open_channel, refusal_of
from plumbing.clock import SandboxClock, SystemClock
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role, service_caller
from plumbing.settings import Settings
from plumbing.tokens import Signer, make_keys
from plumbing.transport import aio_channel
from protos.identity.v1 import identity_pb2_grpc
from protos.operations.v1 import operations_pb2 as operations
from protos.operations.v1 import operations_pb2_grpc
from protos.registry.v1 import (
    bulk_pb2_grpc,
    calibrations_pb2_grpc,
    certificates_pb2_grpc,
    directory_pb2_grpc,
    institutions_pb2_grpc,
    laboratories_pb2_grpc,
    lives_pb2_grpc,
    orders_pb2_grpc,
    people_pb2_grpc,
    permits_pb2_grpc,
    photographs_pb2_grpc,
    proposals_pb2_grpc,
    publication_pb2_grpc,
    questions_pb2_grpc,
    registry_pb2_grpc,
    sameness_pb2_grpc,
    upkeep_pb2_grpc,
)
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import registry_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.institutions.tables import Institution
from services.registry.publication.tables import Publication
from tests import nursery
from tests.integration.events.support import eventually
from tests.nursery import ForkedProcess
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases
from tests.service_keys import give_service_keys

CITY, DISTRICT, OTHER_DISTRICT, FOREIGN = "330100", "330106", "330110", "120104"
PLATFORM = "000000"
INSTITUTION = "合成计量检定院"
STARTS = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)
TODAY = date(2026, 9, 14)
NO_TEMPORAL = "127.0.0.1:9"  # the register serves without it


@dataclass
class Client:
    """One caller: the stubs under its token, and where other callers come from."""

    running: RunningRegistry
    registry: registry_pb2_grpc.RegistryServiceStub
    imports: registry_pb2_grpc.ImportServiceStub
    bulk: bulk_pb2_grpc.BulkServiceStub
    clock: registry_pb2_grpc.ClockServiceStub
    identity: identity_pb2_grpc.IdentityServiceStub
    operations: operations_pb2_grpc.OperationsServiceStub
    channel: grpc.aio.Channel
    certificates: certificates_pb2_grpc.CertificateServiceStub
    proposals: proposals_pb2_grpc.ProposalServiceStub
    publication: publication_pb2_grpc.PublicationServiceStub
    institutions: institutions_pb2_grpc.InstitutionServiceStub
    orders: orders_pb2_grpc.OrderServiceStub
    sameness: sameness_pb2_grpc.SamenessServiceStub
    questions: questions_pb2_grpc.QuestionServiceStub
    lives: lives_pb2_grpc.SubjectLifeServiceStub
    permits: permits_pb2_grpc.PermitServiceStub
    upkeep: upkeep_pb2_grpc.UpkeepServiceStub
    calibrations: calibrations_pb2_grpc.CalibrationServiceStub
    photographs: photographs_pb2_grpc.PhotographServiceStub
    directory: directory_pb2_grpc.DirectoryServiceStub
    people: people_pb2_grpc.PeopleServiceStub
    laboratories: laboratories_pb2_grpc.LaboratoryServiceStub


class RunningRegistry:
    """The running registry, seen from outside; its database is open for reading."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url("registry"))
        self._channels: list[grpc.aio.Channel] = []

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()
        await self.database.close()

    def client(
        self, *roles: Role, bureau: str = DISTRICT, subject_id: str = "", name: str = "someone"
    ) -> Client:
        """A caller in these roles, signed in with a token of the registry's own key."""
        key = make_keys(self.settings.keys_dir, ())
        signer = Signer(key, SystemClock(), self.settings.token_life)
        scope = "" if Role.OPERATOR in roles or Role.PUBLIC in roles else bureau
        token, _ = signer.issue(Caller(name, name, frozenset(roles), scope, subject_id))
        return self.client_with(token)

    async def first_administrator(self) -> Client:
        """The administrator that came with the first start; no other one has signed in yet."""
        first = select(Account.account_id).where(Account.name == "administrator")
        async with self.database.snapshot() as session:
            account_id = (await session.exec(first)).one()
        return self.client(Role.ADMINISTRATOR, bureau=PLATFORM, name=account_id)

    async def acting_for(
        self,
        *roles: Role,
        bureau: str = DISTRICT,
        subject_id: str = "",
        name: str = "objection",
        closed: bool = False,
    ) -> Client:
        """A service that acts for a person with an account of these roles."""
        account = Account(
            account_id=uuid4().hex,
            name=uuid4().hex,
            display_name="测试办案人员",
            roles=sorted(roles),
            bureau=bureau,
            subject_id=subject_id,
            password_hash="",
            closed=closed,
            created_at=SystemClock().now(),
        )
        async with self.database.transaction() as session:
            session.add(account)
        key = make_keys(self.settings.keys_dir, ())
        signer = Signer(key, SystemClock(), self.settings.token_life)
        token, _ = signer.issue(service_caller(name))
        return self.client_with(token, on_behalf_of=account.account_id)

    def client_with(self, token: str = "", *, on_behalf_of: str = "") -> Client:
        """A caller with a token, or with none."""

        async def source() -> str:
            return token

        endpoint = self.settings.endpoint("registry")
        channel = open_channel(endpoint, source if token else None, on_behalf_of=on_behalf_of)
        self._channels.append(channel)
        return Client(
            self,
            registry_pb2_grpc.RegistryServiceStub(channel),
            registry_pb2_grpc.ImportServiceStub(channel),
            bulk_pb2_grpc.BulkServiceStub(channel),
            registry_pb2_grpc.ClockServiceStub(channel),
            identity_pb2_grpc.IdentityServiceStub(channel),
            operations_pb2_grpc.OperationsServiceStub(channel),
            channel,
            certificates_pb2_grpc.CertificateServiceStub(channel),
            proposals_pb2_grpc.ProposalServiceStub(channel),
            publication_pb2_grpc.PublicationServiceStub(channel),
            institutions_pb2_grpc.InstitutionServiceStub(channel),
            orders_pb2_grpc.OrderServiceStub(channel),
            sameness_pb2_grpc.SamenessServiceStub(channel),
            questions_pb2_grpc.QuestionServiceStub(channel),
            lives_pb2_grpc.SubjectLifeServiceStub(channel),
            permits_pb2_grpc.PermitServiceStub(channel),
            upkeep_pb2_grpc.UpkeepServiceStub(channel),
            calibrations_pb2_grpc.CalibrationServiceStub(channel),
            photographs_pb2_grpc.PhotographServiceStub(channel),
            directory_pb2_grpc.DirectoryServiceStub(channel),
            people_pb2_grpc.PeopleServiceStub(channel),
            laboratories_pb2_grpc.LaboratoryServiceStub(channel),
        )

    async def institution(
        self, name: str, *types: str, bureau: str = DISTRICT
    ) -> institutions.Institution:
        """An institution on file, authorised for these types from 2020 to 2029."""
        head = self.client(Role.UNIT_HEAD, bureau=bureau, name="unit-head")
        content = institutions.Institution(name=name, bureau=bureau)
        filed = await head.institutions.PutInstitution(
            institutions.PutInstitutionRequest(request_id=new_request_id(), institution=content)
        )
        for type_code in types:
            authorisation = institutions.Authorisation(
                institution_id=filed.institution.institution_id,
                type_code=type_code,
                valid_from="2020-01-01",
                valid_until="2029-12-31",
                document_no="（合成）法计字第001号",
            )
            request = institutions.PutAuthorisationRequest(
                request_id=new_request_id(), authorisation=authorisation
            )
            await head.institutions.PutAuthorisation(request)
        return filed.institution

    async def speaker(self, name: str, *types: str) -> Client:
        """Somebody who speaks for an institution of this name, put on file with these types."""
        await self.bureau()
        found = select(Institution.name).where(Institution.name == name)
        async with self.database.snapshot() as session:
            known = (await session.exec(found)).first()
        if not known:
            await self.institution(name, *types)
        return await self.person(Role.VERIFICATION_INSTITUTION, institution=name)

    async def person(self, role: Role, *, institution: str = "", bureau: str = DISTRICT) -> Client:
        """Somebody with an account in this role, by default of the district."""
        account = Account(
            account_id=uuid4().hex,
            name=uuid4().hex,
            display_name="合成检定员" if institution else "合成办案人员",
            roles=[role],
            bureau=bureau,
            institution=institution,
            password_hash="",
            created_at=SystemClock().now(),
        )
        account_id = account.account_id
        async with self.database.transaction() as session:
            session.add(account)
        return self.client(role, bureau=bureau, name=account_id)

    async def release(self, proposal: proposals.Proposal) -> proposals.Proposal:
        """Releases a proposal, as the head of its bureau."""
        head = self.client(Role.UNIT_HEAD, bureau=proposal.bureau, name="unit-head")
        request = proposals.ReleaseProposalRequest(
            request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="经核实"
        )
        answer = await head.proposals.ReleaseProposal(request, timeout=PATIENCE_SECONDS)
        return answer.proposal

    async def publish(self, record: pb.Record, **values: Any) -> publication.Publication:
        """Has a record reviewed by a second person of its bureau, who releases its whole text.

        Its subject was told of it, and the window has passed.
        """
        released = await self.release_record(record, **values)
        if released.untold:
            reviewer = self.client(Role.UNIT_HEAD, bureau=record.bureau, name="reviewer")
            released = (await reviewer.publication.RecordTelling(telling(record))).publication
            passed = update(Publication).where(col(Publication.record_id) == record.record_id)
            async with self.database.transaction() as session:
                await session.exec(passed.values(public_from=TODAY))
        return released

    async def release_record(self, record: pb.Record, **values: Any) -> publication.Publication:
        """Has a record reviewed by a second person of its bureau; its subject is told by nobody."""
        reviewer = self.client(Role.UNIT_HEAD, bureau=record.bureau, name="reviewer")
        answer = await reviewer.publication.ReviewRecord(review(record, **values))
        return answer.publication

    async def events_of(self, aggregate: str) -> list[Any]:
        """The events of an aggregate, in order."""
        return await outbox(self.database, aggregate)

    async def accesses(self, account: str) -> list[tuple[str, str]]:
        """What an account looked at, by which method, once any of it is in the access log."""
        auditor = self.client(Role.AUDITOR, bureau=PLATFORM, name="auditor")
        request = operations.ListAccessRequest(account=account)
        found: list[tuple[str, str]] = []

        async def written() -> bool:
            entries = (await auditor.operations.ListAccess(request)).entries
            found[:] = [(entry.object, entry.method) for entry in entries]
            return bool(found)

        await eventually(written)
        return found

    async def audited(self, object_: str) -> list[AuditEntry]:
        """The audit entries of an object, in order."""
        query = (
            select(AuditEntry)
            .where(AuditEntry.object == object_)
            .order_by(col(AuditEntry.entry_id))
        )
        async with self.database.snapshot() as session:
            return list((await session.exec(query)).all())

    async def bureau(self, code: str = DISTRICT) -> str:
        """A bureau that exists."""
        administrator = self.client(Role.ADMINISTRATOR, bureau=PLATFORM)
        known = await administrator.registry.ListBureaus(pb.ListBureausRequest(page_size=1000))
        if code not in {bureau.code for bureau in known.bureaus}:
            bureau = pb.Bureau(code=code, name=f"测试市场监管局{code}")
            await administrator.registry.PutBureau(
                pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
            )
        return code

    async def subject(self, **values: Any) -> pb.Subject:
        """A registered subject."""
        bureau = await self.bureau(values.get("bureau", DISTRICT))
        caseworker = self.client(Role.CASEWORKER, bureau=bureau)
        answer = await caseworker.registry.PutSubject(put_subject(**values))
        return answer.subject

    async def instrument(self, owner: pb.Subject | None = None, **values: Any) -> pb.Instrument:
        """A filed instrument."""
        owner = owner or await self.subject()
        caseworker = self.client(Role.CASEWORKER, bureau=owner.bureau)
        answer = await caseworker.registry.PutInstrument(put_instrument(owner.subject_id, **values))
        return answer.instrument

    async def record(self, owner: pb.Subject | None = None, **values: Any) -> pb.Record:
        """An entered credit record."""
        owner = owner or await self.subject()
        caseworker = self.client(Role.CASEWORKER, bureau=owner.bureau)
        answer = await caseworker.registry.EnterRecord(enter_record(owner.subject_id, **values))
        return answer.record


async def outbox(database: Database, aggregate: str) -> list[Any]:
    """The events of an aggregate in a database, in order."""
    query = select(Outbox).where(Outbox.aggregate == aggregate).order_by(col(Outbox.aggregate_seq))
    async with database.snapshot() as session:
        return [_event(row) for row in await session.exec(query)]


def _event(row: Outbox) -> Any:
    name = row.headers["ce-type"].rsplit(".", 1)[1]
    kind: type[Message] = getattr(events, name)
    return kind.FromString(row.payload)


def credit_code(department: str = "91") -> str:
    """A synthetic credit code that no one has had before, valid by its check digit."""
    number = uuid4().int
    body = "".join(ALPHABET[(number >> (5 * place)) % 31] for place in range(8))
    first17 = f"{department}330106{body}X"
    return first17 + credit_code_check_digit(first17)


def odd_code(code: str = "") -> str:
    """A credit code whose check digit is wrong, as a few in use are: by default one that is new."""
    code = code or credit_code()
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def put_subject(**values: Any) -> pb.PutSubjectRequest:
    """A request that registers a subject."""
    defaults = {
        "kind": "organisation",
        "name": f"合成加油站{uuid4().hex[:8]}",
        "credit_code": credit_code(),
        "bureau": DISTRICT,
        "sector": "fuel_station",
    }
    if values.get("kind") == "natural_person":
        defaults["credit_code"] = ""
    return pb.PutSubjectRequest(
        request_id=new_request_id(), subject=pb.Subject(**(defaults | values))
    )


def put_instrument(
    subject_id: str, *, unknown_type: bool = False, **values: Any
) -> pb.PutInstrumentRequest:
    """A request that files an instrument."""
    defaults = {"subject_id": subject_id, "type_code": "FUEL", "serial_no": uuid4().hex[:12]}
    return pb.PutInstrumentRequest(
        request_id=new_request_id(),
        instrument=pb.Instrument(**(defaults | values)),
        unknown_type=unknown_type,
    )


def verify(instrument_id: str, **values: Any) -> pb.RecordVerificationRequest:
    """A request that records a verification, by default a pass."""
    defaults = {
        "instrument_id": instrument_id,
        "result": "pass",
        "verified_on": "2026-09-01",
        "valid_until": "2027-02-28",
        "institution": INSTITUTION,
        "certificate_no": uuid4().hex,
    }
    return pb.RecordVerificationRequest(
        request_id=new_request_id(), verification=pb.Verification(**(defaults | values))
    )


def enter_record(subject_id: str, **values: Any) -> pb.EnterRecordRequest:
    """A request that enters a credit record, by default a penalty."""
    defaults: dict[str, Any] = {
        "subject_id": subject_id,
        "kind": "penalty",
        "severity": "general",
        "occurred_on": "2026-08-01",
        "determined_on": "2026-09-01",
        "verified": True,
        "source_ref": f"合成罚决字〔2026〕{uuid4().hex[:8]}号",
        "summary": "合成的处罚决定",
    }
    return pb.EnterRecordRequest(
        request_id=new_request_id(), record=pb.Record(**(defaults | values))
    )


async def read_subject(client: Client, subject_id: str) -> pb.Subject:
    """A subject by its id or a credit code that it has or had."""
    request = pb.GetSubjectRequest(subject_id=subject_id)
    return (await client.registry.GetSubject(request)).subject


async def read_instrument(client: Client, instrument_id: str) -> pb.GetInstrumentResponse:
    """An instrument with its parts and verifications."""
    return await client.registry.GetInstrument(pb.GetInstrumentRequest(instrument_id=instrument_id))


def review(record: pb.Record, **values: Any) -> publication.ReviewRecordRequest:
    """A request that records the review of a record, by default releasing its whole text."""
    defaults: dict[str, Any] = {
        "record_id": record.record_id,
        "version": record.version,
        "classification": "open",
        "summary": record.summary,
    }
    return publication.ReviewRecordRequest(request_id=new_request_id(), **(defaults | values))


def telling(record: pb.Record, **values: Any) -> publication.RecordTellingRequest:
    """A request that records the service of a record's document on its subject, by hand."""
    defaults: dict[str, Any] = {
        "record_id": record.record_id,
        "version": record.version,
        "told_on": record.determined_on,
        "means": "served",
        "remark": "送达回证（合成）第1号",
    }
    return publication.RecordTellingRequest(request_id=new_request_id(), **(defaults | values))


@contextmanager
def refused(reason: str, *fields: str) -> Iterator[list[Refusal]]:
    """Expects a call to be refused for a reason, naming exactly these fields."""
    refusals: list[Refusal] = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        yield refusals
    refusal = refusal_of(caught.value)
    assert refusal.reason == reason, refusal
    assert {fault[0] for fault in refusal.faults} == set(fields)
    refusals.append(refusal)


def started(settings: Settings) -> AbstractContextManager[ForkedProcess]:
    """The registry as a process of its own; killed at the end."""
    return nursery.service("registry", settings)


@contextmanager
def running_by_itself(folder: Path, nats_url: str, databases: Databases) -> Iterator[Settings]:
    """A registry of the caller's own, empty at first and ready to serve; yields its settings."""
    settings = sandbox(folder, free_port(), nats_url, databases)
    with started(settings) as process:
        asyncio.run(ready(settings, process))
        yield settings


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[ForkedProcess]:
    """A started registry that is ready to serve."""
    with started(settings) as process:
        await ready(settings, process)
        yield process


async def ready(settings: Settings, process: ForkedProcess) -> None:
    """Waits until the process serves; fails with its log if it ends before, or never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    # By default a channel that found nobody waits for seconds before it looks again.
    patience = [(f"grpc.{which}_reconnect_backoff_ms", 100) for which in ("initial", "min", "max")]
    async with aio_channel(settings.endpoint("registry"), options=patience) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while True:
            alive = process.poll() is None and time.monotonic() < deadline
            assert alive, (settings.data_dir / "registry.log").read_text()
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)
            else:
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
                return


def sandbox(folder: Path, port: int, nats_url: str, databases: Databases) -> Settings:
    """Settings of a sandbox whose clock starts on TODAY."""
    settings = Settings(
        data_dir=folder,
        sandbox=True,
        registry_address=f"127.0.0.1:{port}",
        registry_metrics_address=f"127.0.0.1:{free_port()}",
        nats_url=nats_url,
        temporal_address=NO_TEMPORAL,
        database=databases.of_every_service(folder),
    )
    SandboxClock.create(settings.clock_file, STARTS)
    certificates.provide(settings.tls_dir, SystemClock())
    give_service_keys(settings.keys_dir)
    return settings
