"""Calls a running platform as the person at the command line.

A module of the contract is loaded when its service is first called, so that a command loads what
it needs and nothing else. Who calls is kept in `sessions`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import grpc
import typer

from plumbing.addresses import SERVICES, Addresses
from plumbing.client import Refusal, TokenSource, open_channel, refusal_of
from plumbing.clock import SystemClock
from services.cli import sessions
from services.cli.machine.directory import platform_addresses
from services.cli.sessions import Session

if TYPE_CHECKING:
    from protos.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
    from protos.alerts.v1.escalations_pb2_grpc import EscalationServiceStub
    from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
    from protos.grading.v1.grading_pb2_grpc import GradingServiceStub
    from protos.grading.v1.rulesets_pb2_grpc import RulesetServiceStub
    from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub
    from protos.objection.v1.objection_pb2_grpc import ObjectionServiceStub
    from protos.objection.v1.repair_pb2_grpc import RepairServiceStub
    from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
    from protos.registry.v1.bulk_pb2_grpc import BulkServiceStub
    from protos.registry.v1.registry_pb2_grpc import (
        ClockServiceStub,
        ImportServiceStub,
        RegistryServiceStub,
    )

SLOW_CALL_SECONDS = 120.0  # an import or a check of everything may take longer than a page view
T = TypeVar("T")


class Service(NamedTuple):
    """A gRPC service: the process that serves it, its module without `_pb2`, and its name."""

    process: str
    module: str
    name: str


# Every gRPC service by its name in this client. OperationsService is served by each process.
GRPC_SERVICES = {
    "identity": Service("registry", "protos.identity.v1.identity", "IdentityService"),
    "registry": Service("registry", "protos.registry.v1.registry", "RegistryService"),
    "imports": Service("registry", "protos.registry.v1.registry", "ImportService"),
    "clock": Service("registry", "protos.registry.v1.registry", "ClockService"),
    "bulk": Service("registry", "protos.registry.v1.bulk", "BulkService"),
    "grading": Service("grading", "protos.grading.v1.grading", "GradingService"),
    "rulesets": Service("grading", "protos.grading.v1.rulesets", "RulesetService"),
    "assessments": Service("grading", "protos.grading.v1.assessments", "AssessmentService"),
    "objection": Service("objection", "protos.objection.v1.objection", "ObjectionService"),
    "repair": Service("objection", "protos.objection.v1.repair", "RepairService"),
    "alerts": Service("alerts", "protos.alerts.v1.alerts", "AlertsService"),
    "escalations": Service("alerts", "protos.alerts.v1.escalations", "EscalationService"),
}


class Reachable(Protocol):
    """Anything that knows the address of each service: addresses, or whole settings."""

    def address(self, service: str) -> str:
        """host:port of a service's gRPC server."""


class Client:
    """Everything that one caller can reach."""

    if TYPE_CHECKING:
        identity: IdentityServiceStub
        registry: RegistryServiceStub
        imports: ImportServiceStub
        clock: ClockServiceStub
        bulk: BulkServiceStub
        grading: GradingServiceStub
        rulesets: RulesetServiceStub
        assessments: AssessmentServiceStub
        objection: ObjectionServiceStub
        repair: RepairServiceStub
        alerts: AlertsServiceStub
        escalations: EscalationServiceStub
    else:

        def __getattr__(self, name: str) -> Any:
            """The stub of a service, made when it is first asked for."""
            if name not in GRPC_SERVICES:
                raise AttributeError(name)
            service = GRPC_SERVICES[name]
            module = import_module(f"{service.module}_pb2_grpc")
            stub = getattr(module, f"{service.name}Stub")(self.channels[service.process])
            setattr(self, name, stub)
            return stub

    def __init__(self, settings: Reachable, token: TokenSource | None) -> None:
        self.settings: Any = settings
        self.token = token
        self.channels = {
            service: open_channel(settings.address(service), token, timeout=SLOW_CALL_SECONDS)
            for service in SERVICES
        }

    @cached_property
    def operations(self) -> dict[str, OperationsServiceStub]:
        """The OperationsService of each process."""
        from protos.operations.v1 import operations_pb2_grpc  # noqa: PLC0415 - see above

        stub = operations_pb2_grpc.OperationsServiceStub
        return {service: stub(channel) for service, channel in self.channels.items()}

    async def close(self) -> None:
        """Closes every channel."""
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))


def fixed_token(token: str) -> TokenSource:
    """A source that always yields the same token."""

    async def source() -> str:
        return token

    return source


async def log_in(addresses: Reachable, name: str, password: str) -> Session:
    """A session of an account, for its name and password."""
    from protos.identity.v1 import identity_pb2 as pb  # noqa: PLC0415 - few commands log in

    client = Client(addresses, None)
    try:
        response = await client.identity.Login(pb.LoginRequest(name=name, password=password))
    finally:
        await client.close()
    return _session(name, response)


async def open_client(addresses: Addresses) -> Client:
    """The client of whoever is at the command line. Raises InvalidInput for nobody.

    Where nobody ever logged in, whoever can read the administrator's password on the platform's
    own machine acts as its administrator, and is told so.
    """
    session = sessions.current(addresses)
    if session and session.is_due:
        session = await _renewed(addresses, session)
    session = session or await _administrator(addresses)
    return Client(addresses, fixed_token(session.token))


async def _renewed(addresses: Addresses, session: Session) -> Session:
    """The session with a fresh token, kept for later commands: a login goes on while it is used."""
    from protos.identity.v1 import identity_pb2 as pb  # noqa: PLC0415 - few commands renew

    client = Client(addresses, fixed_token(session.token))
    try:
        response = await client.identity.RenewToken(pb.RenewTokenRequest())
    finally:
        await client.close()
    fresh = _session(session.name, response)
    sessions.keep(addresses, fresh)
    return fresh


def _session(name: str, response: Any) -> Session:
    """A session that begins now, from a response with a token and when it ends."""
    ends = response.expires_at.ToDatetime(UTC).isoformat()
    return Session(name, response.token, ends, SystemClock().now().isoformat())


async def _administrator(addresses: Addresses) -> Session:
    """A session of the administrator, on the machine whose keys the person can read."""
    try:
        password = sessions.administrator_password(addresses.keys_dir)
    except OSError as error:
        raise sessions.not_logged_in("请先登录", "Log in first") from error
    print(  # noqa: T201 - rich would take longer to load than this line is worth
        "未登录：以平台管理员 administrator 的身份办理"
        "  not logged in: acting as the platform's administrator",
        file=sys.stderr,
    )
    return await log_in(addresses, sessions.ADMINISTRATOR, password)


def with_client(data: Path | None, work: Callable[[Client], Awaitable[T]]) -> T:
    """Runs one command's work as the person who is logged in; a refusal ends the command."""

    async def run() -> T:
        client = await open_client(platform_addresses(data))
        try:
            return await work(client)
        finally:
            await client.close()

    return run_or_refuse(run())


def run_or_refuse(work: Coroutine[Any, Any, T]) -> T:
    """Runs something that calls the platform; prints a refusal and ends the command with 1."""
    try:
        return asyncio.run(work)
    except grpc.aio.AioRpcError as error:
        print_refusal(refusal_of(error))
        raise typer.Exit(1) from error


def print_refusal(refusal: Refusal) -> None:
    """Prints a refusal in Chinese and English, with every fault."""
    from services.cli.output import show  # noqa: PLC0415 - only a refusal needs it

    show.refuse(refusal.message_zh, refusal.message_en, refusal.faults)
