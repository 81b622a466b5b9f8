"""The tables whose rows an import creates or changes, and the digests by which it knows them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic.fields import FieldInfo
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.json_columns import encode_rows
from plumbing.row_digests import plain
from services.registry import announce_changes
from services.registry.announce_changes import IDS_IN_QUERY, Cause
from services.registry.imports.plan.plan import Kind
from services.registry.tables import (
    Bureau,
    Instrument,
    Permit,
    Record,
    Subject,
    Verification,
)

ROWS_AT_ONCE = 2000
_JSON = json.JSONEncoder(sort_keys=True)
Save = Callable[..., Awaitable[Any]]
# Columns that follow from other rows: they may change without anyone having changed the row.
FOLLOWS = frozenset(
    {"version", "serial_key", "repeated_serial", "name_key", "former_keys", "certificate_key"}
    | {"number_key", "authority_key"}
)


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
    def blank(self) -> Mapping[str, Any]:
        """The columns that may be left out of a new row, with the values that they then have."""
        fields: Mapping[str, FieldInfo] = self.model.model_fields
        return {name: info.default for name, info in fields.items() if not info.is_required()}

    def digest(self, row: Any) -> str:
        """Returns the SHA-256 of a row's own values, without the values derived from other rows."""
        return self.digest_of(row.model_dump(mode="json"))

    def digest_of(self, values: Mapping[str, Any]) -> str:
        """Returns the same of a row that is given as its values in JSON, by column."""
        return self._digest(values, self._always)

    def digests_of(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Returns the same of many rows, which is faster than of each alone."""
        always = {name: [row[name] for row in rows] for name in self._always}
        others = {name: [row[name] for row in rows] for name in self._own.keys() - self._always}
        blank = {name: self._own[name] for name in others}
        texts = encode_rows({**always, **others}, blank, _JSON)
        return [hashlib.sha256(text.encode()).hexdigest() for text in texts]

    def matches(self, row: Any, digest: str) -> bool:
        """Returns whether a row still has the values that it had when the digest was computed.

        Digests that an earlier release computed are recognised too.
        """
        values = row.model_dump(mode="json")
        return digest in (self.digest_of(values), self._digest(values, self.columns))

    def _digest(self, values: Mapping[str, Any], always: frozenset[str]) -> str:
        covered = {name: values[name] for name in always}
        for name, blank in self._own.items():
            if name not in always and values[name] != blank:
                covered[name] = values[name]
        return hashlib.sha256(_JSON.encode(covered).encode()).hexdigest()

    @cached_property
    def _always(self) -> frozenset[str]:
        return self.columns | self.added

    @cached_property
    def _own(self) -> Mapping[str, Any]:
        """The columns that a digest may cover, with their blank values in JSON."""
        names = self.model.model_fields.keys() - self.follows
        return {name: plain(self.blank.get(name)) for name in sorted(names)}


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
        follows=FOLLOWS | {"report_by"},
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
    Kind.PERMIT: Table(
        Permit,
        "permit_id",
        announce_changes.save_permits,
        frozenset(
            {"permit_id", "subject_id", "matter", "document_name", "document_no", "category"}
            | {"certificate_name", "permit_no", "content", "decided_on", "valid_from"}
            | {"valid_until", "open_ended", "authority", "authority_code", "provided_by"}
            | {"entered_on", "entered_by", "ended", "ended_on", "ended_ground", "removed"}
        ),
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
