"""The metrics of the registry: imports, the faults found in them, and tasks that need a person."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col

from law.disclosure.publication import PublicationState
from law.evidence import RecordStatus
from plumbing.database import Database
from plumbing.metrics.common import AWAITING_PERSON
from plumbing.metrics.figures import SELDOM_SECONDS, Look, Reading, ask, figure
from services.registry.identity.registrations import WAITING
from services.registry.identity.tables import Registration
from services.registry.questions.queries import waiting
from services.registry.tables import (
    ImportBatch,
    ImportFault,
    Proposal,
    Publication,
    Record,
    Subject,
)

_OUTCOMES = ("changed", "unchanged", "rejected", "in_review")
_SEVERITIES = ("fault", "notice")
# Batches whose rows were taken in or refused; others were only checked, are held, or were undone.
_TAKEN_IN = ("applied", "unchanged", "refused")

BATCHES = figure(
    "import_batches", "导入批次，按类别与状态", "imports, by family and state", "family", "state"
)
ROWS = figure(
    "import_rows",
    "已导入批次的行，按类别与结果（仅检查、待批准、未批准和已撤销的批次不计）",
    "rows of imports that took effect or were refused, by family and what became of them",
    "family",
    "outcome",
)
FAULTS = figure(
    "import_faults",
    "导入中指出的问题：fault 为错误，notice 为提示",
    "what imports found wrong: faults, and notices that stop nothing",
    "severity",
)


_family = col(ImportBatch.family)
_BATCHES = sa.select(_family, col(ImportBatch.state), sa.func.count()).group_by(
    _family, col(ImportBatch.state)
)
_ROWS = (
    sa.select(_family, *(sa.func.sum(col(getattr(ImportBatch, outcome))) for outcome in _OUTCOMES))
    .where(col(ImportBatch.state).in_(_TAKEN_IN))
    .group_by(_family)
)
_FAULTS = sa.select(col(ImportFault.warning), sa.func.count()).group_by(col(ImportFault.warning))
_HELD = (
    sa.select(sa.func.count())
    .select_from(ImportBatch)
    .where(col(ImportBatch.state) == "awaiting_approval")
)
_PROPOSALS = (
    sa.select(sa.func.count()).select_from(Proposal).where(col(Proposal.state) == "waiting")
)
_APPLICATIONS = (
    sa.select(sa.func.count()).select_from(Registration).where(col(Registration.state) == WAITING)
)
# A record without a row waits for its first review.
_UNREVIEWED = (
    sa.select(sa.func.count())
    .select_from(Record)
    .outerjoin(Publication, col(Publication.record_id) == col(Record.record_id))
    .where(
        sa.not_(col(Record.removed)),
        col(Record.status) == RecordStatus.ACTIVE,
        sa.func.coalesce(col(Publication.state), PublicationState.WAITING.value)
        == PublicationState.WAITING.value,
    )
)
_IN_REVIEW = (
    sa.select(sa.func.count())
    .select_from(Subject)
    .where(col(Subject.in_review), sa.not_(col(Subject.removed)))
)
_AWAITING = {
    "batch_held": _HELD,
    "proposal_waiting": _PROPOSALS,
    "record_unreviewed": _UNREVIEWED,
    "subject_in_review": _IN_REVIEW,
    "registration_waiting": _APPLICATIONS,
    "question_waiting": waiting(),
}


def looks(database: Database) -> list[Look]:
    """Returns the database queries that measure the metrics of the registry."""

    async def awaiting() -> list[Reading]:
        counts = await ask(database, *_AWAITING.values())
        return AWAITING_PERSON.of(
            {name: count for name, [(count,)] in zip(_AWAITING, counts, strict=True)}
        )

    async def imports() -> list[Reading]:
        batches, rows, faults = await ask(database, _BATCHES, _ROWS, _FAULTS)
        severities = {_SEVERITIES[warning]: count for warning, count in faults}
        return [
            *(BATCHES.at(count, family, state) for family, state, count in batches),
            *(reading for family, *counts in rows for reading in _outcomes(family, counts)),
            *FAULTS.of(severities, _SEVERITIES),
        ]

    return [Look("awaiting", awaiting), Look("imports", imports, SELDOM_SECONDS)]


def _outcomes(family: str, counts: Sequence[int]) -> list[Reading]:
    return ROWS.under((family,), dict(zip(_OUTCOMES, counts, strict=True)))
