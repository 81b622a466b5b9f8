"""The entry point of the grading service's process."""

from __future__ import annotations

from plumbing import temporal
from plumbing.daily_starter import DailyStarter
from plumbing.metrics import workflows
from plumbing.process import run_service
from plumbing.service import Assembly, Parts
from plumbing.workflow_client import WorkflowClient
from services.grading import figures
from services.grading.activities import Activities
from services.grading.assessments.policy import ASSESSMENT_POLICY, ASSESSMENTS
from services.grading.assessments.servicer import AssessmentServicer
from services.grading.checks import check
from services.grading.consumers import registry_consumer
from services.grading.policy import POLICY, RULESET_POLICY, RULESETS, SERVICE
from services.grading.receipts.moving import ReceiptMover
from services.grading.rulesets.background import ImpactRuns
from services.grading.rulesets.servicer import RulesetServicer
from services.grading.servicer import GradingServicer
from services.grading.workflows import WORKFLOW_ID, RegradeDaily


async def build(parts: Parts) -> Assembly:
    """Connects to Temporal and builds the grading service from its parts.

    Waits until Temporal is reachable.
    """
    client = await temporal.connect(parts.settings, "grading", metrics=workflows.BUFFER)
    workflow_client = WorkflowClient(client, temporal.task_queue("grading"))
    daily = DailyStarter(workflow_client, parts.clock, RegradeDaily.run, WORKFLOW_ID)
    await daily.look_when_back()
    upkeep = daily.upkeep(parts.settings.workflow_look_seconds)
    activities = Activities(parts.changes)
    impact_runs, mover = ImpactRuns(parts.changes), ReceiptMover(parts.changes)
    worker = temporal.worker(client, "grading", [RegradeDaily], [activities.regrade])
    return Assembly(
        rpc={
            SERVICE: GradingServicer(parts.changes).register,
            ASSESSMENTS: AssessmentServicer(parts.changes).register,
            RULESETS: RulesetServicer(parts.changes, daily.wake, impact_runs.wake).register,
        },
        policies=[POLICY, ASSESSMENT_POLICY, RULESET_POLICY],
        consumers=[
            registry_consumer(
                parts.database, parts.js, parts.signatures, parts.clock, daily.clock_moved
            )
        ],
        background=[worker.run, workflows.drain, upkeep.run, daily.run, impact_runs.run, mover.run],
        check=lambda: check(parts.database, parts.clock),
        reconcile=upkeep.before(daily.reconcile),
        looks=figures.looks(parts.database, parts.clock),
    )


def main() -> None:
    """Runs the grading service until SIGTERM, and ends the process."""
    run_service("grading", build)


if __name__ == "__main__":
    main()
