"""Impacts: a register graded under the text that governs and under another, side by side.

Reads in chunks from a snapshot and writes nothing, so that the register goes on meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput
from law.grading import grade
from law.texts_in_force import load as texts
from law.texts_in_force.model import NotGraded, Ruleset
from plumbing.database import Database
from plumbing.identity import scope_prefix
from plumbing.service import digest_of
from services.grading.assessment import File
from services.grading.evidence import read
from services.grading.rulesets.activations import load
from services.grading.tables import Record, Subject

CHUNK = 500
MOST_SUBJECTS = 50_000  # what is answered in a minute


@dataclass(frozen=True)
class Scope:
    """Whom a text is to govern: a municipality, and only some sectors if any are named."""

    bureau: str
    sectors: Sequence[str] = ()

    def where(self) -> list[sa.ColumnElement[bool]]:
        """The registered subjects of the scope."""
        prefix = scope_prefix(self.bureau)
        within = [col(Subject.version) > 0, col(Subject.bureau).startswith(prefix)]
        return [*within, col(Subject.sector).in_(self.sectors)] if self.sectors else within


@dataclass(frozen=True)
class Move:
    """A subject, the text that governs it without the change, and its grades under both."""

    subject_id: str
    bureau: str
    ruleset_before: str
    before: str | None
    after: str | None

    @property
    def moves(self) -> bool:
        """Grades of different scales differ by name alone; the counts show which became which."""
        return self.before != self.after


@dataclass
class Found:
    """What an impact found, and the digest of what it rests on."""

    evidence: str
    moves: list[Move] = field(default_factory=list)
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def note(self, one: Move) -> None:
        """Count a subject, and keep it when it moves."""
        self._counts[one.ruleset_before, one.before or "", one.after or ""] += 1
        if one.moves:
            self.moves.append(one)

    @property
    def subjects(self) -> int:
        """How many were graded."""
        return self._counts.total()

    def counts(self) -> list[dict[str, Any]]:
        """From which grade to which, in a stable order."""
        names = ("ruleset_before", "before", "after")
        return [
            {**dict(zip(names, key, strict=True)), "subjects": number}
            for key, number in sorted(self._counts.items())
        ]


async def find(database: Database, scope: Scope, text: Ruleset, as_of: date) -> Found:
    """Grade everybody in the scope under what governs on a day and under the text.

    Raises InvalidInput for a scope of too many subjects to be answered while somebody waits.
    """
    async with database.snapshot() as session:
        await _check_size(session, scope)
        found = Found(await evidence_of(session, scope))
        async for subject_ids in _chunks(session, scope):
            files = (await read(session, subject_ids)).files(subject_ids)
            for file in files.values():
                if not file.removed:
                    found.note(_move(file, text, as_of))
            session.expunge_all()
    return found


async def evidence_of(session: AsyncSession, scope: Scope) -> str:
    """The digest of all that an impact rests on: subjects, records, and which texts there are.

    It reads ids and versions alone, about a second for a hundred thousand records.
    """
    subjects = select(Subject.subject_id, Subject.version).where(*scope.where())
    records = (
        select(Record.record_id, Record.version)
        .join(Subject, col(Subject.subject_id) == col(Record.subject_id))
        .where(*scope.where())
    )
    known = [digest_of("", (await session.exec(held)).all()).digest for held in (subjects, records)]
    prefix = scope_prefix(scope.bureau)
    activated = (await load(session)).activated
    known += [one.activation_id for one in activated if one.touches(prefix)]
    known += [text.hash for text in texts.list_rulesets()]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


async def _check_size(session: AsyncSession, scope: Scope) -> None:
    counted = select(sa.func.count()).select_from(Subject).where(*scope.where())
    if (await session.exec(counted)).one() > MOST_SUBJECTS:
        fault = Fault(
            "sectors",
            f"主体超过 {MOST_SUBJECTS} 个，请按领域分别试算",
            f"More than {MOST_SUBJECTS} subjects: run the impact sector by sector",
        )
        raise InvalidInput(faults=[fault])


async def _chunks(session: AsyncSession, scope: Scope) -> AsyncIterator[Sequence[str]]:
    key, after = col(Subject.subject_id), ""
    while True:
        chunk = select(key).where(*scope.where(), key > after).order_by(key).limit(CHUNK)
        subject_ids = (await session.exec(chunk)).all()
        if not subject_ids:
            return
        yield subject_ids
        after = subject_ids[-1]


def _move(file: File, text: Ruleset, as_of: date) -> Move:
    about, governing = file.dossier, file.governed_by(as_of)
    outside = texts.outside(text, about.subject_kind, about.sector)
    return Move(
        about.subject_id,
        about.bureau,
        "" if isinstance(governing, NotGraded) else governing.id,
        _grade(file, governing, as_of),
        _grade(file, outside or text, as_of),
    )


def _grade(file: File, text: Ruleset | NotGraded, as_of: date) -> str | None:
    return None if isinstance(text, NotGraded) else grade(file.dossier, text, as_of).grade
