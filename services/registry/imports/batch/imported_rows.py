"""Writes the rows that a plan creates or changes, and how to undo them.

An import writes them to its scratch file (`staging/`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from pydantic.fields import FieldInfo
from sqlalchemy.orm import attributes
from sqlmodel import col, select

from law.colours.rule import InstrumentState
from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry import announce_changes
from services.registry.announce_changes import IDS_IN_QUERY, Cause
from services.registry.imports.plan.plan import Kind, Plan, Planned
from services.registry.imports.progress import Progress, Step
from services.registry.tables import (
    Bureau,
    ImportedThing,
    Instrument,
    Record,
    Subject,
    Verification,
)

ROWS_AT_ONCE = 2000
Save = Callable[..., Awaitable[Any]]
# Columns that follow from other rows: they may change without anyone having changed the row.
FOLLOWS = frozenset({"version", "serial_key", "repeated_serial"})


@dataclass(frozen=True)
class Table:
    """The table of one kind of row: how its rows are loaded, saved and announced.

    `columns` are those that the table had when imports were first released, `added` those that came
    by the end of its fifth migration. Neither grows: a digest always covers these columns, and any
    later column only where it has a value. So a digest that was computed before a column was added
    still matches a row in which that column is blank.
    """

    model: Any
    key: str
    save: Save
    columns: frozenset[str]
    added: frozenset[str] = frozenset()
    follows: frozenset[str] = FOLLOWS

    @property
    def id_column(self) -> Any:
        """The table's column that has the id."""
        return col(getattr(self.model, self.key))

    @cached_property
    def _blank(self) -> Mapping[str, Any]:
        fields: Mapping[str, FieldInfo] = self.model.model_fields
        return {name: info.default for name, info in fields.items() if not info.is_required()}

    def new(self, values: Mapping[str, Any]) -> Any:
        """Returns a new row with these values.

        The constructor of the model is not used: it would take a third of an import's whole time.
        """
        row = attributes.manager_of_class(self.model).new_instance()
        row.__dict__.update({**self._blank, **values})
        return row

    def digest(self, row: Any) -> str:
        """Returns the SHA-256 of a row's own values, without the values derived from other rows."""
        return self._digest(row, self.columns | self.added)

    def matches(self, row: Any, digest: str) -> bool:
        """Returns whether a row still has the values that it had when the digest was computed.

        Digests that an earlier release computed are recognised too.
        """
        return digest in (self.digest(row), self._digest(row, self.columns))

    def _digest(self, row: Any, always: frozenset[str]) -> str:
        values = row.model_dump(mode="json", exclude=self.follows)
        covered = {
            name: value
            for name, value in values.items()
            if name in always or getattr(row, name) != self._blank.get(name)
        }
        return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()


TABLES: Mapping[Kind, Table] = {
    Kind.BUREAU: Table(
        Bureau,
        "code",
        announce_changes.save_bureaus,
        frozenset({"code", "name", "division_code", "department", "phone", "email", "removed"}),
    ),
    Kind.SUBJECT: Table(
        Subject,
        "subject_id",
        announce_changes.save_subjects,
        frozenset(
            {"subject_id", "kind", "name", "credit_code", "bureau", "sector", "person_in_charge"}
            | {"address", "email", "external_ref", "in_review", "removed"}
        ),
    ),
    Kind.INSTRUMENT: Table(
        Instrument,
        "instrument_id",
        announce_changes.save_instruments,
        frozenset(
            {"instrument_id", "subject_id", "type_code", "model", "serial_no", "manufacturer"}
            | {"location", "state", "rotate_on", "spell", "removed"}
        ),
        follows=FOLLOWS | {"bureau", "in_review"},
    ),
    Kind.VERIFICATION: Table(
        Verification,
        "verification_id",
        announce_changes.save_verifications,
        frozenset(
            {"verification_id", "instrument_id", "result", "verified_on", "valid_until"}
            | {"institution", "certificate_no", "certificate_sha256", "method", "removed"}
        ),
    ),
    Kind.RECORD: Table(
        Record,
        "record_id",
        announce_changes.save_records,
        frozenset(
            {"record_id", "subject_id", "bureau", "kind", "severity", "occurred_on"}
            | {"determined_on", "entered_on", "status", "status_on", "verified", "final", "points"}
            | {"source_ref", "provided_by", "summary", "entered_by", "removed"}
        ),
        added=frozenset({"disclosure_stopped"}),
        follows=FOLLOWS | {"contested", "authors"},
    ),
}


async def load(
    change: Change, kind: Kind, ids: Iterable[str], *, lock: bool = True
) -> dict[str, Any]:
    """Reads the rows of a kind with these ids, and locks them; returns them by id."""
    table = TABLES[kind]
    rows: dict[str, Any] = {}
    for chunk in chunks(sorted(ids), IDS_IN_QUERY):
        query = select(table.model).where(table.id_column.in_(chunk))
        query = query.with_for_update() if lock else query
        rows |= {getattr(row, table.key): row for row in (await change.session.exec(query)).all()}
    return rows


async def apply(change: Change, plan: Plan, cause: Cause, progress: Progress) -> None:
    """Creates and changes all rows of a plan, in portions of up to 2000 rows."""
    progress.begin(Step.APPLY, sum(map(len, plan.things.values())))
    await change.session.flush()
    for kind in Kind:
        for portion in chunks(plan.things[kind], ROWS_AT_ONCE):
            await _apply(change, kind, portion, cause)
            progress.done += len(portion)
            # Everything is flushed; saved rows need not stay in memory for the rest of a long file.
            change.session.expunge_all()


async def _apply(change: Change, kind: Kind, portion: Sequence[Planned], cause: Cause) -> None:
    present = await load(change, kind, (one.thing_id for one in portion if not one.new))
    before = {thing_id: row.model_dump(mode="json") for thing_id, row in present.items()}
    rows = [_row(kind, one, present) for one in portion]
    if kind is Kind.RECORD:
        for row in rows:  # who sent the batch, and who approved it
            row.authors = sorted({*(row.authors or ()), row.entered_by, change.on_behalf_of})
    await TABLES[kind].save(change, rows, cause)
    if kind is Kind.SUBJECT:
        await follow(change, rows, before, cause)
    await _keep_for_undo(change, kind, portion, rows, before, cause)


def _row(kind: Kind, planned: Planned, present: Mapping[str, Any]) -> Any:
    """The row that is planned: a new one, or the present one changed."""
    table = TABLES[kind]
    values = dict(planned.values)
    state: InstrumentState | None = values.pop("state", None)
    if planned.new:
        row = table.new(values | {table.key: planned.thing_id})
    else:
        row = present[planned.thing_id]
        row.sqlmodel_update(values)
    if state is not None:
        row.use(state)
    return row


async def follow(
    change: Change, rows: Iterable[Subject], before: Mapping[str, Mapping[str, Any]], cause: Cause
) -> None:
    """Copies the bureau and review mark of subjects to their instruments if either has changed.

    `before` has the former values of each subject, by id.
    """
    for row in rows:
        former = before.get(row.subject_id)
        if former and (former["bureau"], former["in_review"]) != (row.bureau, row.in_review):
            await announce_changes.follow_owner(change, row, cause)


async def _keep_for_undo(
    change: Change,
    kind: Kind,
    portion: Sequence[Planned],
    rows: Sequence[Any],
    before: Mapping[str, Any],
    cause: Cause,
) -> None:
    connection = await change.session.connection()
    things = [
        {
            "batch_id": cause.batch_id,
            "kind": kind.value,
            "thing_id": planned.thing_id,
            "version": row.version,
            "digest": TABLES[kind].digest(row),
            "before": before.get(planned.thing_id),
            "stated": kind is Kind.INSTRUMENT and planned.stated,
        }
        for planned, row in zip(portion, rows, strict=True)
    ]
    await connection.execute(sa.insert(ImportedThing), things)
