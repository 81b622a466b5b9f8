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
from plumbing.service import Assembly, Parts
from plumbing.workflow_client import WorkflowClient
from plumbing.workflow_upkeep import Upkeep
from services.alerts import figures
from services.alerts.activities import Activities
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
from services.alerts.timers import Timers
from services.alerts.workflows import DeliveryWorkflow, WatchWorkflow, mail_queue

POLICIES = [
    *(POLICY, ESCALATION_POLICY, EXPOSURE_LIST_POLICY, CIRCULAR_POLICY, LADDER_POLICY),
    *(letters.POLICY, moved_terms.POLICY),
]
# Most of them wait for their turn, or for a mail server that hangs, and cost next to nothing.
DELIVERIES_AT_ONCE = 1000


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
    escalation_activities = EscalationActivities(parts.changes, clients)
    worker = temporal.worker(
        client,
        "alerts",
        [WatchWorkflow, DeliveryWorkflow, EscalationWorkflow],
        [*activities.all(), *escalation_activities.all()],
    )
    postman = temporal.worker(
        client, mail_queue("alerts"), [], [activities.deliver], at_once=DELIVERIES_AT_ONCE
    )
    sends_mail = bool(parts.settings.smtp_url)
    checks = Checks(parts.database, parts.clock, timers, sends_mail=sends_mail)
    notices_kept = timedelta(days=parts.settings.notices_days)
    standing = StandingWorkflows(parts.database, parts.clock, timers, sends_mail=sends_mail)
    upkeep = Upkeep(workflow_client, standing.kinds(), parts.settings.workflow_look_seconds)
    return Assembly(
        rpc={
            SERVICE: AlertsServicer(parts.changes).register,
            ESCALATIONS: EscalationServicer(parts.changes, clients).register,
            LADDERS: LadderServicer(parts.changes).register,
            EXPOSURE_LISTS: ExposureListServicer(parts.changes, clients).register,
            CIRCULARS: CircularServicer(parts.changes, clients).register,
            letters.SERVICE: LetterServicer(parts.changes, find_letters).register,
            moved_terms.SERVICE: MovedTermsServicer(parts.changes, open_terms).register,
        },
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
            Waiting(parts.database, timers, parts.settings.smtp_url).run,
        ],
        check=checks.check,
        reconcile=upkeep.before(checks.reconcile),
        looks=figures.looks(parts.database, parts.clock, sends_mail=sends_mail),
        prunes=[NoticePruner(parts.changes, notices_kept).prune],
    )


def main() -> None:
    """Runs the alerts service until SIGTERM, and ends the process."""
    run_service("alerts", build)


if __name__ == "__main__":
    main()
