"""Who is at the command line, and the channels to the platform that runs for them.

A person logs in once (`quanheng login NAME`); the token is kept in their home, readable by them
alone. On the platform's own machine, its administrator needs no login: whoever can read the
administrator's password in the data directory is the administrator.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc
import typer
from rich.console import Console

from law.errors import InvalidInput
from plumbing.client import Refusal, TokenSource, open_channel, refusal_of
from plumbing.settings import SERVICES, Settings
from plumbing.tokens import write_private
from protos.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
from protos.alerts.v1.escalations_pb2_grpc import EscalationServiceStub
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from protos.grading.v1.grading_pb2_grpc import GradingServiceStub
from protos.grading.v1.rulesets_pb2_grpc import RulesetServiceStub
from protos.identity.v1 import identity_pb2 as identity
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
from services.cli.machine.directory import platform_settings

ADMINISTRATOR = "administrator"
SLOW_CALL_SECONDS = 120.0  # an import or a check of everything may take longer than a page view
T = TypeVar("T")


@dataclass
class Desk:
    """Everything one caller can reach."""

    settings: Settings
    token: TokenSource | None

    def __post_init__(self) -> None:
        channels = {
            service: open_channel(
                self.settings.address(service), self.token, timeout=SLOW_CALL_SECONDS
            )
            for service in SERVICES
        }
        self.channels = channels
        self.identity = IdentityServiceStub(channels["registry"])
        self.registry = RegistryServiceStub(channels["registry"])
        self.imports = ImportServiceStub(channels["registry"])
        self.bulk = BulkServiceStub(channels["registry"])
        self.clock = ClockServiceStub(channels["registry"])
        self.grading = GradingServiceStub(channels["grading"])
        self.rulesets = RulesetServiceStub(channels["grading"])
        self.assessments = AssessmentServiceStub(channels["grading"])
        self.objection = ObjectionServiceStub(channels["objection"])
        self.repair = RepairServiceStub(channels["objection"])
        self.alerts = AlertsServiceStub(channels["alerts"])
        self.escalations = EscalationServiceStub(channels["alerts"])
        self.operations = {
            service: OperationsServiceStub(channel) for service, channel in channels.items()
        }

    async def close(self) -> None:
        """Closes every channel."""
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))


async def log_in(settings: Settings, name: str, password: str) -> str:
    """A token for a name and password."""
    desk = Desk(settings, None)
    try:
        answer = await desk.identity.Login(identity.LoginRequest(name=name, password=password))
    finally:
        await desk.close()
    return str(answer.token)


def held(token: str) -> TokenSource:
    """A token that is at hand already."""

    async def source() -> str:
        return token

    return source


def administrator_password(settings: Settings) -> str:
    """The first administrator's password, for whoever may read it."""
    return (settings.keys_dir / f"{ADMINISTRATOR}.password").read_text().strip()


def keep_session(settings: Settings, token: str) -> Path:
    """Keeps a token for later commands against the same platform."""
    file = _session_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sessions = _sessions() | {settings.registry_address: token}
    write_private(file, json.dumps(sessions))
    return file


def end_session(settings: Settings) -> None:
    """Forgets the token."""
    sessions = _sessions()
    sessions.pop(settings.registry_address, None)
    write_private(_session_file(), json.dumps(sessions))


async def open_desk(settings: Settings) -> Desk:
    """The desk of whoever is at the command line."""
    if token := _sessions().get(settings.registry_address):
        return Desk(settings, held(token))
    try:
        password = administrator_password(settings)
    except OSError as error:
        raise InvalidInput(
            "请先登录：quanheng login 用户名", "Log in first: quanheng login NAME"
        ) from error
    return Desk(settings, held(await log_in(settings, ADMINISTRATOR, password)))


def at_desk(data: Path | None, work: Callable[[Desk], Awaitable[T]]) -> T:
    """Runs one command's work; a refusal is said in words and ends the command."""

    async def run() -> T:
        desk = await open_desk(platform_settings(data))
        try:
            return await work(desk)
        finally:
            await desk.close()

    return spoken(run())


def spoken(work: Coroutine[Any, Any, T]) -> T:
    """Runs something that calls the platform; a refusal is said in words and ends the command."""
    try:
        return asyncio.run(work)
    except grpc.aio.AioRpcError as error:
        say_refusal(refusal_of(error))
        raise typer.Exit(1) from error


def say_refusal(refusal: Refusal) -> None:
    """Prints a refusal in Chinese and English, with every fault."""
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]✗[/] {refusal.message_zh}\n  {refusal.message_en}", soft_wrap=True)
    for path, zh, en in refusal.faults:
        console.print(f"  · {path}: {zh}  {en}", soft_wrap=True)


def _session_file() -> Path:
    return Path.home() / ".config" / "quanheng" / "sessions.json"


def _sessions() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(_session_file().read_text())
    except FileNotFoundError:
        return {}
    return found
