"""Impacts: every subject of a jurisdiction graded under the ruleset in force and under another one.

Subjects are read in chunks from one snapshot of the database and nothing is written, so memory use
is small and other calls are not blocked. Each subject is graded by `law.grading.grade`, as
everywhere else (ADR 0009).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.grading import grade
from law.texts_in_force import load as texts
from law.texts_in_force.model import NotGraded, Ruleset
from plumbing import paging, row_scope
from plumbing.database import Database
from plumbing.identity import scope_prefix
from plumbing.service import digest_of
from services.grading.assessment import File
from services.grading.evidence import read
from services.grading.rulesets.activations import load
from services.grading.tables import Record, Subject

CHUNK = 500


@dataclass(frozen=True)
class Scope:
    """The subjects that a ruleset would govern: those of one municipality, in the given sectors.

    No sectors means every sector.
    """

    bureau: str
    sectors: Sequence[str] = ()

    def where(self) -> list[sa.ColumnElement[bool]]:
        """Returns the conditions on `Subject` that select the registered subjects of the scope."""
        within = [col(Subject.version) > 0, row_scope.within(self.bureau, Subject.bureau)]
        return [*within, col(Subject.sector).in_(self.sectors)] if self.sectors else within


@dataclass(frozen=True)
class Move:
    """A subject's grade under the ruleset in force (`before`) and under the examined one (`after`).

    A grade is None where the subject has none.
    """

    subject_id: str
    bureau: str
    ruleset_before: str
    before: str | None
    after: str | None

    @property
    def changes_grade(self) -> bool:
        """Whether the names of the two grades differ, even if the rulesets use different scales."""
        return self.before != self.after


@dataclass
class ImpactResult:
    """The subjects whose grade would change, and the number of subjects for each pair of grades.

    `evidence` is the digest of all data from which the result was computed.
    """

    evidence: str
    moves: list[Move] = field(default_factory=list)
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, move: Move) -> None:
        """Counts a subject's pair of grades, and adds it to `moves` if its grade would change."""
        self._counts[move.ruleset_before, move.before or "", move.after or ""] += 1
        if move.changes_grade:
            self.moves.append(move)

    @property
    def subjects(self) -> int:
        """The number of subjects that were graded."""
        return self._counts.total()

    def counts(self) -> list[dict[str, Any]]:
        """Returns the number of subjects for each present ruleset, grade before and grade after."""
        names = ("ruleset_before", "before", "after")
        return [
            {**dict(zip(names, key, strict=True)), "subjects": number}
            for key, number in sorted(self._counts.items())
        ]


async def _untold(_done: int) -> None:
    """Tells nobody how far a run has come."""


async def run(
    database: Database,
    scope: Scope,
    text: Ruleset,
    as_of: date,
    tell: Callable[[int], Awaitable[None]] = _untold,
) -> ImpactResult:
    """Grades every subject of the scope as of a day, under its present ruleset and under `text`.

    `tell` is called after each chunk with the number of subjects that are graded.
    """
    async with database.snapshot() as session:
        result = ImpactResult(await evidence_digest(session, scope))
        key = col(Subject.subject_id)
        subjects = select(key).where(*scope.where())
        async for subject_ids in paging.read_in_chunks(session, subjects, key, CHUNK):
            files = (await read(session, subject_ids)).files(subject_ids)
            for file in files.values():
                if not file.removed:
                    result.add(_move(file, text, as_of))
            session.expunge_all()
            await tell(result.subjects)
    return result


async def count_subjects(session: AsyncSession, scope: Scope) -> int:
    """Counts the subjects that an impact of the scope looks at."""
    counted = select(sa.func.count()).select_from(Subject).where(*scope.where())
    return int((await session.exec(counted)).one())


async def evidence_digest(session: AsyncSession, scope: Scope) -> str:
    """Returns the digest of an impact's inputs: subjects, records, activations and rulesets.

    It reads only ids and versions, which takes about one second for 100,000 records.
    """
    subjects = select(Subject.subject_id, Subject.version).where(*scope.where())
    records = (
        select(Record.record_id, Record.version)
        .join(Subject, col(Subject.subject_id) == col(Record.subject_id))
        .where(*scope.where())
    )
    parts = [
        digest_of("", (await session.exec(query)).all()).digest for query in (subjects, records)
    ]
    prefix = scope_prefix(scope.bureau)
    activated = (await load(session)).activated
    parts += [activation.activation_id for activation in activated if activation.touches(prefix)]
    parts += [text.hash for text in texts.list_rulesets()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _move(file: File, text: Ruleset, as_of: date) -> Move:
    dossier, governing = file.dossier, file.governed_by(as_of)
    outside = texts.outside(text, dossier.subject_kind, dossier.sector)
    return Move(
        dossier.subject_id,
        dossier.bureau,
        "" if isinstance(governing, NotGraded) else governing.id,
        _grade(file, governing, as_of),
        _grade(file, outside or text, as_of),
    )


def _grade(file: File, text: Ruleset | NotGraded, as_of: date) -> str | None:
    return None if isinstance(text, NotGraded) else grade(file.dossier, text, as_of).grade
