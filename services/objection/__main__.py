"""Starts the process of the objection service."""

from __future__ import annotations

from functools import partial

from plumbing import temporal
from plumbing.calendars import servicer as moved_terms
from plumbing.calendars.editions import CalendarFollower
from plumbing.calendars.servicer import MovedTermsServicer
from plumbing.checkpoints.making import Checkpoints
from plumbing.clock import SystemClock
from plumbing.file_sweep import FileSweep
from plumbing.files import Files
from plumbing.metrics import workflows
from plumbing.papers import servicer as letters
from plumbing.papers.servicer import LetterServicer
from plumbing.process import run_service
from plumbing.service import Assembly, Findings, Parts
from plumbing.workflow_client import WorkflowClient
from plumbing.workflow_upkeep import Upkeep
from services.objection import figures, queries
from services.objection.activities import SERVICE, CaseActivities
from services.objection.calendar_moves import open_terms
from services.objection.case_archive import policy as archive_policy
from services.objection.case_archive.policy import ARCHIVE
from services.objection.case_archive.servicer import ArchiveServicer
from services.objection.checks import CaseChecks
from services.objection.cited_receipts import CitedReceipts
from services.objection.clients import Clients
from services.objection.consumers import consumers
from services.objection.desk.servicer import CaseDeskServicer
from services.objection.evidence import policy as evidence_policy
from services.objection.evidence.keeping import EvidencePruner, check_evidence, named_by_evidence
from services.objection.evidence.policy import EVIDENCE
from services.objection.evidence.servicer import EvidenceServicer
from services.objection.policy import DESK, POLICY, REPAIRS
from services.objection.policy import SERVICE as RPC_SERVICE
from services.objection.publicity import policy as publicity_policy
from services.objection.publicity.policy import PUBLICITY
from services.objection.publicity.servicer import PublicityServicer
from services.objection.repairs.servicer import RepairServicer
from services.objection.servicer import ObjectionServicer
from services.objection.serving import policy as serving_policy
from services.objection.serving.policy import DELIVERIES
from services.objection.serving.servicer import DeliveryServicer
from services.objection.sharings import policy as sharings_policy
from services.objection.sharings.policy import SHARINGS
from services.objection.sharings.servicer import SharingServicer
from services.objection.tables import AppliedEdition
from services.objection.timers import CaseWorkflows
from services.objection.workflows import ObjectionWorkflow, RepairWorkflow

POLICIES = [
    POLICY,
    evidence_policy.POLICY,
    archive_policy.POLICY,
    serving_policy.POLICY,
    sharings_policy.POLICY,
    publicity_policy.POLICY,
    letters.POLICY,
    moved_terms.POLICY,
]


async def build(parts: Parts) -> Assembly:
    """Builds the objection service: gRPC methods, event consumers, Temporal worker and checks.

    Waits until Temporal can be reached.
    """
    await CalendarFollower.of(parts.database, AppliedEdition).look()
    client = await temporal.connect(parts.settings, SERVICE, metrics=workflows.BUFFER)
    clients = Clients.over(parts.channel("registry"), parts.channel("grading"))
    workflow_client = WorkflowClient(client, temporal.task_queue(SERVICE))
    case_workflows = CaseWorkflows(workflow_client, parts.database, parts.clock)
    activities = CaseActivities(parts.changes, clients).all()
    types = [ObjectionWorkflow, RepairWorkflow]
    worker = temporal.worker(client, SERVICE, types, activities)
    every = parts.settings.workflow_look_seconds
    upkeep = Upkeep(workflow_client, [case_workflows.kind()], every)
    receipts = CitedReceipts(parts.database, clients.receipt_digests)
    files = Files.of(parts.settings, "evidence")
    sweep = FileSweep(files, partial(named_by_evidence, parts.database), SystemClock())
    checks = CaseChecks(parts.database, parts.clock, case_workflows, receipts)
    pruner = EvidencePruner.of(parts.changes, parts.settings, clients.any_on_file)
    checkpoints = Checkpoints.of(SERVICE, parts.settings, parts.database, parts.clock)
    evidence = EvidenceServicer(parts.changes, files, parts.settings)

    async def check() -> Findings:
        findings = await checks.check()
        await check_evidence(parts.database, files, findings)
        return findings

    return Assembly(
        rpc={
            SHARINGS: SharingServicer(parts.changes, clients).register,
            PUBLICITY: PublicityServicer(parts.changes).register,
            RPC_SERVICE: ObjectionServicer(parts.changes, clients).register,
            REPAIRS: RepairServicer(parts.changes, clients).register,
            EVIDENCE: evidence.register,
            DELIVERIES: DeliveryServicer(parts.changes).register,
            ARCHIVE: ArchiveServicer(parts.changes, checkpoints).register,
            DESK: CaseDeskServicer(parts.changes, clients).register,
            letters.SERVICE: LetterServicer(parts.changes, queries.find_letters).register,
            moved_terms.SERVICE: MovedTermsServicer(parts.changes, open_terms).register,
        },
        policies=POLICIES,
        consumers=consumers(parts, clients, case_workflows),
        background=[worker.run, workflows.drain, upkeep.run, checks.adopt_calendar, sweep.run],
        check=check,
        reconcile=upkeep.before(checks.reconcile),
        looks=figures.looks(parts.database, parts.clock),
        prunes=[pruner.prune],
    )


def main() -> None:
    """Runs the objection service until SIGTERM, and ends the process."""
    run_service(SERVICE, build)


if __name__ == "__main__":
    main()
