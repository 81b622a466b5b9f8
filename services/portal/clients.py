"""The gRPC clients of the portal, which always send the token of the current visit."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial

import grpc

from law.terms.arrangement import Arrangement
from plumbing.addresses import ISSUERS, TERM_KEEPERS
from plumbing.calendars.editions import arrangement_of
from plumbing.client import PURPOSE, VIA, Refusal, ServiceToken, TokenSource, ask, open_channel
from plumbing.clock import Clock
from plumbing.private_files import service_secret_file
from plumbing.settings import PORTAL, SERVICES, Settings
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
from protos.identity.v1 import identity_pb2
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
from protos.registry.v1 import calendars_pb2
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

Origin = Sequence[tuple[str, str]]
# The token of whoever asked for the page, from where they asked, and for what; interceptors of a
# call run in the visit's own context.
_token: ContextVar[str] = ContextVar("token")
_origin: ContextVar[Origin] = ContextVar("origin", default=())
_purpose: ContextVar[str] = ContextVar("purpose", default="")


def use_token(token: str) -> None:
    """Sets the token that the gRPC calls of the current visit send."""
    _token.set(token)


def come_from(origin: Origin) -> None:
    """Sets the metadata that tell services from where the current visitor asks."""
    _origin.set(origin)


def read_for(purpose: str) -> None:
    """Sets for what the lists of the current visit are read, which the access log notes."""
    _purpose.set(purpose)


async def _visit_token() -> str:
    return _token.get()


class Services:
    """The gRPC stubs of every service that the pages call."""

    def __init__(self, settings: Settings, own: TokenSource) -> None:
        """Opens the channels; `own` gives the portal's own token, which goes beside the visitor's.

        So a service believes from where the portal says that its visitor asks.
        """
        self.channels = {
            name: open_channel(
                settings.endpoint(name, PORTAL),
                _visit_token,
                timeout=settings.call_timeout_seconds,
                more=partial(_about_the_visit, own),
            )
            for name in SERVICES
        }
        registry, grading = self.channels["registry"], self.channels["grading"]
        objection, alerts = self.channels["objection"], self.channels["alerts"]
        self._open_register(registry)
        # Each of these services answers for the terms that it keeps.
        self.moved_terms = tuple(
            MovedTermsServiceStub(self.channels[name]) for name in TERM_KEEPERS
        )
        self.grading = GradingServiceStub(grading)
        self.rulesets = RulesetServiceStub(grading)
        self.operations = {
            name: OperationsServiceStub(channel) for name, channel in self.channels.items()
        }
        self.assessments = AssessmentServiceStub(grading)
        self.objection = ObjectionServiceStub(objection)
        self.repair = RepairServiceStub(objection)
        self.evidence = EvidenceServiceStub(objection)
        self.deliveries = DeliveryServiceStub(objection)
        self.sharings = SharingServiceStub(objection)
        self.publicity = PublicityServiceStub(objection)
        self.case_archive = ArchiveServiceStub(objection)
        self.desk = CaseDeskServiceStub(objection)
        self._open_alerts(alerts)
        # Each of the two services answers for the letters that it issued.
        self.letters = tuple(LetterServiceStub(self.channels[name]) for name in ISSUERS)

    def _open_alerts(self, alerts: grpc.aio.Channel) -> None:
        self.alerts = AlertsServiceStub(alerts)
        self.escalations = EscalationServiceStub(alerts)
        self.circulars = CircularServiceStub(alerts)
        self.exposure_lists = ExposureListServiceStub(alerts)
        self.ladders = LadderServiceStub(alerts)
        self.templates = TemplateServiceStub(alerts)
        self.webhooks = WebhookServiceStub(alerts)
        self.bureau_channels = ChannelServiceStub(alerts)

    def _open_register(self, registry: grpc.aio.Channel) -> None:
        """Makes the stubs of the services that the registry answers."""
        self.registry = RegistryServiceStub(registry)
        self.imports = ImportServiceStub(registry)
        self.certificates = CertificateServiceStub(registry)
        self.calibrations = CalibrationServiceStub(registry)
        self.photographs = PhotographServiceStub(registry)
        self.proposals = ProposalServiceStub(registry)
        self.publication = PublicationServiceStub(registry)
        self.questions = QuestionServiceStub(registry)
        self.people = PeopleServiceStub(registry)
        self.permits = PermitServiceStub(registry)
        self.upkeep = UpkeepServiceStub(registry)
        self.sameness = SamenessServiceStub(registry)
        self.lives = SubjectLifeServiceStub(registry)
        self.directory = DirectoryServiceStub(registry)
        self.institutions = InstitutionServiceStub(registry)
        self.laboratories = LaboratoryServiceStub(registry)
        self.orders = OrderServiceStub(registry)
        self.clock = ClockServiceStub(registry)
        self.calendar = CalendarServiceStub(registry)
        self.identity = IdentityServiceStub(registry)

    async def close(self) -> None:
        """Closes every gRPC channel of the portal."""
        for channel in self.channels.values():
            await channel.close()


async def _about_the_visit(own: TokenSource) -> Origin:
    purpose = _purpose.get()
    told = [*_origin.get(), *([(PURPOSE, purpose)] if purpose else [])]
    if not told:
        return told
    with contextlib.suppress(grpc.aio.AioRpcError):  # without the registry it is not believed
        told.append((VIA, await own()))
    return told


class VisitorToken:
    """The token for visitors who have not signed in: it has the role of the public.

    It is renewed before it ends. The registry issues it only to the portal.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        # In the portal's own name it also says for whom somebody tries to sign in.
        registry = settings.endpoint("registry", PORTAL)
        self.own = own = ServiceToken(PORTAL, settings.keys_dir, registry, clock)
        self._clock = clock
        self._secret = service_secret_file(settings.keys_dir, PORTAL)
        channel = open_channel(registry, own, timeout=settings.call_timeout_seconds)
        self.identity = IdentityServiceStub(channel)
        self.calendar = CalendarServiceStub(channel)
        self._token, self._ends_at = "", datetime.min.replace(tzinfo=UTC)

    async def applied_editions(self) -> Sequence[Arrangement]:
        """Asks the registry which arrangements of the calendar were applied, in that order."""
        editions: list[calendars_pb2.CalendarEdition] = []
        request = calendars_pb2.ListCalendarEditionsRequest(state="applied")
        while True:
            answer = await self.calendar.ListCalendarEditions(request)
            editions += answer.editions
            request.page_token = answer.next_page_token
            if not request.page_token:
                break
        in_order = sorted(editions, key=lambda one: one.number)
        return [arrangement_of(one.arrangement) for one in in_order]

    async def is_ready(self) -> bool:
        """Returns True if the registry issues the token.

        At its first start, the registry must create the keys first.
        """
        if not self._secret.exists():
            return False
        try:
            return bool(await self())
        except Refusal:
            return False

    async def __call__(self) -> str:
        if self._ends_at < self._clock.now() + timedelta(minutes=1):
            request = identity_pb2.LoginVisitorRequest()
            answer = await ask(self.identity.LoginVisitor(request))
            self._token = answer.token
            self._ends_at = answer.expires_at.ToDatetime(UTC)
        return self._token
