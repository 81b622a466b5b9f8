"""The figures of the registry: what was imported, and what imports found wrong."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col

from plumbing.database import Database
from plumbing.metrics.figures import SELDOM_SECONDS, Look, Reading, ask, figure
from services.registry.tables import ImportBatch, ImportFault

_OUTCOMES = ("changed", "unchanged", "rejected", "in_review")
_SEVERITIES = ("fault", "notice")

BATCHES = figure(
    "import_batches", "导入批次，按类别与状态", "imports, by family and state", "family", "state"
)
ROWS = figure(
    "import_rows",
    "导入的行，按类别与结果",
    "rows of all imports, by family and what became of them",
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
_ROWS = sa.select(
    _family,
    *(sa.func.sum(col(getattr(ImportBatch, outcome))) for outcome in _OUTCOMES),
).group_by(_family)
_FAULTS = sa.select(col(ImportFault.warning), sa.func.count()).group_by(col(ImportFault.warning))


def looks(database: Database) -> list[Look]:
    """The questions of the registry."""

    async def imports() -> list[Reading]:
        batches, rows, faults = await ask(database, _BATCHES, _ROWS, _FAULTS)
        severities = {_SEVERITIES[warning]: count for warning, count in faults}
        return [
            *(BATCHES.at(count, family, state) for family, state, count in batches),
            *(one for family, *counts in rows for one in _outcomes(family, counts)),
            *FAULTS.of(severities, _SEVERITIES),
        ]

    return [Look("imports", imports, SELDOM_SECONDS)]


def _outcomes(family: str, counts: Sequence[int]) -> list[Reading]:
    return ROWS.under((family,), dict(zip(_OUTCOMES, counts, strict=True)))
