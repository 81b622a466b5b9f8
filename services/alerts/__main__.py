"""Starts the process of the alerts service."""

from __future__ import annotations

from datetime import timedelta

from plumbing import temporal
from plumbing.calendars import servicer as moved_terms
from plumbing.calendars.editions import CalendarFollower
from plumbing.calendars.servicer import MovedTermsServicer
from plumbing.metrics import workflows
from plumbing.papers import servicer as letters
from plumbing.papers.servicer import LetterServicer
from plumbing.process import run_service
from plumbing.pruning.daily import Prune
from plumbing.rpc import Register
from plumbing.service import Assembly, Parts
from plumbing.workflow_client import WorkflowClient
from plumbing.workflow_upkeep import Upkeep
from services.alerts import figures
from services.alerts.activities import Activities
from services.alerts.adopting import CatalogueFollower
from services.alerts.bureau_channels.policy import CHANNELS
from services.alerts.bureau_channels.policy import POLICY as CHANNEL_POLICY
from services.alerts.bureau_channels.servicer import ChannelServicer
from services.alerts.checks import Checks
from services.alerts.circulars.policy import CIRCULARS
from services.alerts.circulars.policy import POLICY as CIRCULAR_POLICY
from services.alerts.circulars.servicer import CircularServicer
from services.alerts.clients import Clients
from services.alerts.consumers import consumers
from services.alerts.escalation.activities import EscalationActivities
from services.alerts.escalation.cases import open_terms
from services.alerts.escalation.servicer import EscalationServicer
from services.alerts.escalation.workflows import EscalationWorkflow
from services.alerts.exposure_lists.carrying_over import CarryingOver
from services.alerts.exposure_lists.policy import EXPOSURE_LISTS
from services.alerts.exposure_lists.policy import POLICY as EXPOSURE_LIST_POLICY
from services.alerts.exposure_lists.servicer import ExposureListServicer
from services.alerts.ladders.policy import LADDERS
from services.alerts.ladders.policy import POLICY as LADDER_POLICY
from services.alerts.ladders.servicer import LadderServicer
from services.alerts.letters import find_letters
from services.alerts.notices.checkpoint_notices import CheckpointNotices
from services.alerts.notices.dead_letter_mail import DeadLetterMail
from services.alerts.notices.pruning import NoticePruner
from services.alerts.notices.term_digests import TermDigests
from services.alerts.notices.waiting import Waiting
from services.alerts.policy import ESCALATION_POLICY, ESCALATIONS, POLICY, SERVICE
from services.alerts.servicer import AlertsServicer
from services.alerts.standing import StandingWorkflows
from services.alerts.tables import AppliedEdition
from services.alerts.templates.policy import POLICY as TEMPLATE_POLICY
from services.alerts.templates.policy import TEMPLATES
from services.alerts.templates.servicer import TemplateServicer
from services.alerts.text_messages.pruning import NumberPruner
from services.alerts.timers import Timers
from services.alerts.webhooks.activities import MessageActivities
from services.alerts.webhooks.policy import POLICY as WEBHOOK_POLICY
from services.alerts.webhooks.policy import WEBHOOKS
from services.alerts.webhooks.pruning import MessagePruner
from services.alerts.webhooks.servicer import WebhookServicer
from services.alerts.workflows import DeliveryWorkflow, WatchWorkflow, mail_queue

POLICIES = [
    *(POLICY, ESCALATION_POLICY, EXPOSURE_LIST_POLICY, CIRCULAR_POLICY, LADDER_POLICY),
    *(WEBHOOK_POLICY, CHANNEL_POLICY, TEMPLATE_POLICY),
    *(letters.POLICY, moved_terms.POLICY),
]
# Most of them wait for their turn, or for a mail server that hangs, and cost next to nothing.
DELIVERIES_AT_ONCE = 1000


def _servicers(parts: Parts, clients: Clients) -> dict[str, Register]:
    """How each gRPC service of alerts is registered, by its name."""
    return {
        SERVICE: AlertsServicer(parts.changes, parts.settings).register,
        ESCALATIONS: EscalationServicer(parts.changes, clients).register,
        LADDERS: LadderServicer(parts.changes).register,
        TEMPLATES: TemplateServicer(parts.changes).register,
        CHANNELS: ChannelServicer(parts.changes, parts.settings).register,
        WEBHOOKS: WebhookServicer(parts.changes, parts.settings).register,
        EXPOSURE_LISTS: ExposureListServicer(parts.changes, clients).register,
        CIRCULARS: CircularServicer(parts.changes, clients).register,
        letters.SERVICE: LetterServicer(parts.changes, find_letters).register,
        moved_terms.SERVICE: MovedTermsServicer(parts.changes, open_terms).register,
    }


async def build(parts: Parts) -> Assembly:
    """Builds the alerts service: gRPC methods, event consumers, Temporal worker and checks.

    Waits until Temporal can be reached.
    """
    await CalendarFollower.of(parts.database, AppliedEdition).look()
    client = await temporal.connect(parts.settings, "alerts", metrics=workflows.BUFFER)
    workflow_client = WorkflowClient(client, temporal.task_queue("alerts"))
    timers = Timers(workflow_client, parts.clock)
    clients = Clients.over(parts.channel("registry"), parts.channel("grading"))
    activities = Activities(parts.changes, parts.settings, clients)
    messages = MessageActivities(parts.changes, parts.settings)
    escalation_activities = EscalationActivities(parts.changes, clients)
    worker = temporal.worker(
        client,
        "alerts",
        [WatchWorkflow, DeliveryWorkflow, EscalationWorkflow],
        [*activities.all(), *messages.all(), *escalation_activities.all()],
    )
    postman = temporal.worker(
        client,
        mail_queue("alerts"),
        [],
        [activities.deliver, *messages.sending()],
        at_once=DELIVERIES_AT_ONCE,
    )
    sends_mail = bool(parts.settings.smtp_url)
    checks = Checks(parts.database, parts.clock, timers, sends_mail=sends_mail)
    standing = StandingWorkflows(parts.database, parts.clock, timers, sends_mail=sends_mail)
    upkeep = Upkeep(workflow_client, standing.kinds(), parts.settings.workflow_look_seconds)
    return Assembly(
        rpc=_servicers(parts, clients),
        policies=POLICIES,
        consumers=consumers(parts, timers),
        background=[
            worker.run,
            postman.run,
            workflows.drain,
            upkeep.run,
            DeadLetterMail.of(parts).run,
            CheckpointNotices.of(parts).run,
            TermDigests(parts.changes).run,
            checks.escalations.adopt_calendar,
            CatalogueFollower(parts.changes).run,
            CarryingOver(parts.changes, clients).run,
            Waiting(parts.database, timers, parts.settings.smtp_url).run,
        ],
        check=checks.check,
        reconcile=upkeep.before(checks.reconcile),
        looks=figures.looks(parts.database, parts.clock, sends_mail=sends_mail),
        prunes=_prunes(parts),
    )


def _prunes(parts: Parts) -> list[Prune]:
    """What is removed once a day."""
    notices, messages = parts.settings.notices_days, parts.settings.events_days
    return [
        NoticePruner(parts.changes, timedelta(days=notices)).prune,
        MessagePruner(parts.changes, timedelta(days=messages)).prune,
        NumberPruner(parts.changes).prune,
    ]


def main() -> None:
    """Runs the alerts service until SIGTERM, and ends the process."""
    run_service("alerts", build)


if __name__ == "__main__":
    main()
