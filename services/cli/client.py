"""Client of the command line: calls a running platform as the person who is logged in.

The generated module of a gRPC service is imported at the first call of that service, so that a
command imports only the modules it needs. The module `sessions` stores the logins.
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

from plumbing.addresses import ISSUERS, SERVICES, TERM_KEEPERS, Addresses, Endpoint
from plumbing.client import Refusal, TokenSource, open_channel, refusal_of
from plumbing.clock import SystemClock
from services.cli import sessions
from services.cli.machine.directory import platform_addresses
from services.cli.sessions import Session

if TYPE_CHECKING:
    from protos.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
    from protos.alerts.v1.channels_pb2_grpc import ChannelServiceStub
    from protos.alerts.v1.circulars_pb2_grpc import CircularServiceStub
    from protos.alerts.v1.escalations_pb2_grpc import EscalationServiceStub
    from protos.alerts.v1.exposure_lists_pb2_grpc import ExposureListServiceStub
    from protos.alerts.v1.ladders_pb2_grpc import LadderServiceStub
    from protos.alerts.v1.templates_pb2_grpc import TemplateServiceStub
    from protos.alerts.v1.webhooks_pb2_grpc import WebhookServiceStub
    from protos.calendar.v1.calendar_pb2_grpc import MovedTermsServiceStub
    from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
    from protos.grading.v1.grading_pb2_grpc import GradingServiceStub
    from protos.grading.v1.rulesets_pb2_grpc import RulesetServiceStub
    from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub
    from protos.letters.v1.letters_pb2_grpc import LetterServiceStub
    from protos.objection.v1.archive_pb2_grpc import ArchiveServiceStub
    from protos.objection.v1.delivery_pb2_grpc import DeliveryServiceStub
    from protos.objection.v1.desk_pb2_grpc import CaseDeskServiceStub
    from protos.objection.v1.evidence_pb2_grpc import EvidenceServiceStub
    from protos.objection.v1.objection_pb2_grpc import ObjectionServiceStub
    from protos.objection.v1.publicity_pb2_grpc import PublicityServiceStub
    from protos.objection.v1.repair_pb2_grpc import RepairServiceStub
    from protos.objection.v1.sharings_pb2_grpc import SharingServiceStub
    from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
    from protos.registry.v1.bulk_pb2_grpc import BulkServiceStub
    from protos.registry.v1.calendars_pb2_grpc import CalendarServiceStub
    from protos.registry.v1.calibrations_pb2_grpc import CalibrationServiceStub
    from protos.registry.v1.certificates_pb2_grpc import CertificateServiceStub
    from protos.registry.v1.directory_pb2_grpc import DirectoryServiceStub
    from protos.registry.v1.institutions_pb2_grpc import InstitutionServiceStub
    from protos.registry.v1.laboratories_pb2_grpc import LaboratoryServiceStub
    from protos.registry.v1.lives_pb2_grpc import SubjectLifeServiceStub
    from protos.registry.v1.orders_pb2_grpc import OrderServiceStub
    from protos.registry.v1.people_pb2_grpc import PeopleServiceStub
    from protos.registry.v1.permits_pb2_grpc import PermitServiceStub
    from protos.registry.v1.photographs_pb2_grpc import PhotographServiceStub
    from protos.registry.v1.proposals_pb2_grpc import ProposalServiceStub
    from protos.registry.v1.publication_pb2_grpc import PublicationServiceStub
    from protos.registry.v1.questions_pb2_grpc import QuestionServiceStub
    from protos.registry.v1.registry_pb2_grpc import (
        ClockServiceStub,
        ImportServiceStub,
        RegistryServiceStub,
    )
    from protos.registry.v1.sameness_pb2_grpc import SamenessServiceStub
    from protos.registry.v1.upkeep_pb2_grpc import UpkeepServiceStub

SLOW_CALL_SECONDS = 120.0  # an import or a check of everything may take longer than a page view
T = TypeVar("T")


class Service(NamedTuple):
    """A gRPC service: its process, its generated module without `_pb2`, and its name."""

    process: str
    module: str
    name: str


# Every gRPC service by its name in this client, but for those that several processes serve:
# OperationsService (all), LetterService (the issuers) and MovedTermsService (the keepers of terms).
GRPC_SERVICES = {
    "identity": Service("registry", "protos.identity.v1.identity", "IdentityService"),
    "registry": Service("registry", "protos.registry.v1.registry", "RegistryService"),
    "imports": Service("registry", "protos.registry.v1.registry", "ImportService"),
    "proposals": Service("registry", "protos.registry.v1.proposals", "ProposalService"),
    "publication": Service("registry", "protos.registry.v1.publication", "PublicationService"),
    "questions": Service("registry", "protos.registry.v1.questions", "QuestionService"),
    "sameness": Service("registry", "protos.registry.v1.sameness", "SamenessService"),
    "lives": Service("registry", "protos.registry.v1.lives", "SubjectLifeService"),
    "directory": Service("registry", "protos.registry.v1.directory", "DirectoryService"),
    "institutions": Service("registry", "protos.registry.v1.institutions", "InstitutionService"),
    "laboratories": Service("registry", "protos.registry.v1.laboratories", "LaboratoryService"),
    "orders": Service("registry", "protos.registry.v1.orders", "OrderService"),
    "people": Service("registry", "protos.registry.v1.people", "PeopleService"),
    "permits": Service("registry", "protos.registry.v1.permits", "PermitService"),
    "upkeep": Service("registry", "protos.registry.v1.upkeep", "UpkeepService"),
    "calibrations": Service("registry", "protos.registry.v1.calibrations", "CalibrationService"),
    "photographs": Service("registry", "protos.registry.v1.photographs", "PhotographService"),
    "clock": Service("registry", "protos.registry.v1.registry", "ClockService"),
    "certificates": Service("registry", "protos.registry.v1.certificates", "CertificateService"),
    "bulk": Service("registry", "protos.registry.v1.bulk", "BulkService"),
    "calendar": Service("registry", "protos.registry.v1.calendars", "CalendarService"),
    "grading": Service("grading", "protos.grading.v1.grading", "GradingService"),
    "rulesets": Service("grading", "protos.grading.v1.rulesets", "RulesetService"),
    "assessments": Service("grading", "protos.grading.v1.assessments", "AssessmentService"),
    "objection": Service("objection", "protos.objection.v1.objection", "ObjectionService"),
    "case_archive": Service("objection", "protos.objection.v1.archive", "ArchiveService"),
    "deliveries": Service("objection", "protos.objection.v1.delivery", "DeliveryService"),
    "evidence": Service("objection", "protos.objection.v1.evidence", "EvidenceService"),
    "repair": Service("objection", "protos.objection.v1.repair", "RepairService"),
    "sharings": Service("objection", "protos.objection.v1.sharings", "SharingService"),
    "publicity": Service("objection", "protos.objection.v1.publicity", "PublicityService"),
    "desk": Service("objection", "protos.objection.v1.desk", "CaseDeskService"),
    "alerts": Service("alerts", "protos.alerts.v1.alerts", "AlertsService"),
    "escalations": Service("alerts", "protos.alerts.v1.escalations", "EscalationService"),
    "ladders": Service("alerts", "protos.alerts.v1.ladders", "LadderService"),
    "circulars": Service("alerts", "protos.alerts.v1.circulars", "CircularService"),
    "bureau_channels": Service("alerts", "protos.alerts.v1.channels", "ChannelService"),
    "templates": Service("alerts", "protos.alerts.v1.templates", "TemplateService"),
    "webhooks": Service("alerts", "protos.alerts.v1.webhooks", "WebhookService"),
    "exposure_lists": Service("alerts", "protos.alerts.v1.exposure_lists", "ExposureListService"),
}


class Reachable(Protocol):
    """An object that knows where each service is, such as `Addresses` or `Settings`."""

    def endpoint(self, service: str) -> Endpoint:
        """Returns a service's gRPC server and how to know it."""


class Client:
    """The gRPC stubs of every service, all called with the token of one caller."""

    if TYPE_CHECKING:
        identity: IdentityServiceStub
        registry: RegistryServiceStub
        imports: ImportServiceStub
        proposals: ProposalServiceStub
        publication: PublicationServiceStub
        questions: QuestionServiceStub
        sameness: SamenessServiceStub
        lives: SubjectLifeServiceStub
        directory: DirectoryServiceStub
        institutions: InstitutionServiceStub
        laboratories: LaboratoryServiceStub
        orders: OrderServiceStub
        people: PeopleServiceStub
        permits: PermitServiceStub
        upkeep: UpkeepServiceStub
        calibrations: CalibrationServiceStub
        photographs: PhotographServiceStub
        clock: ClockServiceStub
        certificates: CertificateServiceStub
        bulk: BulkServiceStub
        calendar: CalendarServiceStub
        grading: GradingServiceStub
        rulesets: RulesetServiceStub
        assessments: AssessmentServiceStub
        objection: ObjectionServiceStub
        repair: RepairServiceStub
        evidence: EvidenceServiceStub
        deliveries: DeliveryServiceStub
        case_archive: ArchiveServiceStub
        desk: CaseDeskServiceStub
        sharings: SharingServiceStub
        publicity: PublicityServiceStub
        alerts: AlertsServiceStub
        escalations: EscalationServiceStub
        circulars: CircularServiceStub
        exposure_lists: ExposureListServiceStub
        ladders: LadderServiceStub
        webhooks: WebhookServiceStub
        templates: TemplateServiceStub
        bureau_channels: ChannelServiceStub
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
            service: open_channel(settings.endpoint(service), token, timeout=SLOW_CALL_SECONDS)
            for service in SERVICES
        }

    @cached_property
    def operations(self) -> dict[str, OperationsServiceStub]:
        """The stub of the OperationsService in each process, by the name of the process."""
        from protos.operations.v1 import operations_pb2_grpc  # noqa: PLC0415 - see above

        stub = operations_pb2_grpc.OperationsServiceStub
        return {service: stub(channel) for service, channel in self.channels.items()}

    @cached_property
    def letters(self) -> list[LetterServiceStub]:
        """The stubs of the LetterService of each process that writes letters."""
        from protos.letters.v1 import letters_pb2_grpc  # noqa: PLC0415 - see above

        return [letters_pb2_grpc.LetterServiceStub(self.channels[service]) for service in ISSUERS]

    @cached_property
    def moved_terms(self) -> list[MovedTermsServiceStub]:
        """The stubs of the MovedTermsService of each process that keeps terms."""
        from protos.calendar.v1 import calendar_pb2_grpc as rpc  # noqa: PLC0415 - see above

        return [rpc.MovedTermsServiceStub(self.channels[service]) for service in TERM_KEEPERS]

    async def close(self) -> None:
        """Closes every gRPC channel of the client."""
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))


def fixed_token(token: str) -> TokenSource:
    """Returns a token source that always returns the given token."""

    async def source() -> str:
        return token

    return source


StepTaker = Callable[[Any], Any]  # from a LoginResponse without token to a ContinueLoginRequest


async def log_in(
    addresses: Reachable, name: str, password: str, take_step: StepTaker | None = None
) -> Session:
    """Logs in with account name and password; returns the new session without storing it.

    `take_step` answers the further steps of the login. Without it, raises InvalidInput if a step is
    needed.
    """
    from protos.identity.v1 import identity_pb2 as pb  # noqa: PLC0415 - few commands log in

    client = Client(addresses, None)
    try:
        response = await client.identity.Login(pb.LoginRequest(name=name, password=password))
        while not response.token:
            if take_step is None:
                raise sessions.not_logged_in(
                    f"{name} 登录还差一步，请先登录", f"The login of {name} needs another step"
                )
            response = await client.identity.ContinueLogin(take_step(response))
    finally:
        await client.close()
    return _session(response.account.name, response)


async def replace_first_password(
    addresses: Reachable, name: str, first_password: str, password: str
) -> None:
    """Replaces a first password; whatever else a login needs is left to the person."""
    from protos.identity.v1 import identity_pb2 as pb  # noqa: PLC0415 - few commands log in

    client = Client(addresses, None)
    try:
        login = pb.LoginRequest(name=name, password=first_password)
        challenge = (await client.identity.Login(login)).challenge
        step = pb.ContinueLoginRequest(challenge=challenge, new_password=password)
        await client.identity.ContinueLogin(step)
    finally:
        await client.close()


def new_password_step(password: str) -> StepTaker:
    """Returns a step taker for the first login of an account that a program uses once.

    It replaces the first password, and sets up a second factor where the role needs one; nobody
    keeps its secret. It raises InvalidInput if the login needs another step.
    """
    import pyotp  # noqa: PLC0415 - few commands log in

    from protos.identity.v1 import identity_pb2 as pb  # noqa: PLC0415 - few commands log in

    def take(response: Any) -> Any:
        going_on = pb.ContinueLoginRequest(challenge=response.challenge)
        if response.step == pb.LOGIN_STEP_NEW_PASSWORD:
            going_on.new_password = password
        elif response.step == pb.LOGIN_STEP_SET_UP_SECOND_FACTOR:
            going_on.code = pyotp.TOTP(response.setup.secret).at(SystemClock().now())
        else:
            raise sessions.not_logged_in("登录还差一步，请先登录", "The login needs another step")
        return going_on

    return take


async def open_client(addresses: Addresses) -> Client:
    """Opens a client for the person at the command line, with the token of the stored session.

    Raises InvalidInput if the person must log in first. If nobody ever logged in, a person who can
    read the administrator's password on the platform's own machine acts as its administrator; a
    line on stderr reports this.
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
    try:
        return await log_in(addresses, sessions.ADMINISTRATOR, password)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
            raise
        raise sessions.not_logged_in(
            "管理员的初始密码已改，请先登录", "The administrator's first password was changed"
        ) from error


def with_client(
    data: Path | None, work: Callable[[Client], Awaitable[T]], *, anyone: bool = False
) -> T:
    """Opens a client, runs `work` with it and returns the result.

    If `anyone` is true, the client sends no login. If the platform refuses a call, the reason is
    printed and the command ends with exit code 1.
    """

    async def run() -> T:
        addresses = platform_addresses(data)
        client = Client(addresses, None) if anyone else await open_client(addresses)
        try:
            return await work(client)
        finally:
            await client.close()

    return run_or_refuse(run())


def run_or_refuse(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that calls the platform, and returns its result.

    Prints a refusal by the platform and ends the command with exit code 1.
    """
    try:
        return asyncio.run(work)
    except grpc.aio.AioRpcError as error:
        print_refusal(refusal_of(error))
        raise typer.Exit(1) from error
    except Refusal as refusal:
        print_refusal(refusal)
        raise typer.Exit(1) from refusal


def print_refusal(refusal: Refusal) -> None:
    """Prints a refusal in Chinese and English, with every fault that it lists."""
    from services.cli.output import show  # noqa: PLC0415 - only a refusal needs it

    show.refuse(refusal.message_zh, refusal.message_en, refusal.faults)
