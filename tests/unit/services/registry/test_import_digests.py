"""Digests of imported rows, by which undoing sees whether a row was changed since.

The digests written out here were taken by the release before any column was added; they are kept
in the databases of running deployments and must go on matching.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import SQLModel

from law.colours.rule import VerificationResult
from law.evidence import RecordKind, Sector, SubjectKind
from services.registry.imports.batch.imported_rows import TABLES, Table
from services.registry.imports.plan.plan import Kind
from services.registry.tables import Bureau, Instrument, Permit, Record, Subject, Verification

RELEASED = {
    Kind.BUREAU: "dd9228a22c377224d48d61ee259807fbc58d5e9a0469e5c3123582f85b1327ec",
    Kind.SUBJECT: "08be299b9dcc646e8f14e3c488d9a490a77ed2a233b3573051ed5333940a38b2",
    Kind.INSTRUMENT: "658b5f1833ea77040805556c5c8919c98fe83b875f7576e906bfa3a431d65060",
    Kind.VERIFICATION: "fe306045acfb24f84087f2bc78d6326dbb26558413504bac7cff94b98d978a29",
    Kind.RECORD: "87d3340e875281943bb5e57cde931cfe6507db4bf70e87acaa496bd94dba8fa8",
    Kind.PERMIT: "ef4250b74a573151b98f976ef357a8a5bc9f9d61d1e07600c81e6836d16a2630",
}


def rows() -> dict[Kind, Any]:
    """The rows whose digests are written out above."""
    return {
        Kind.BUREAU: Bureau(code="330106", name="测试局", phone="0571", version=4),
        Kind.SUBJECT: Subject(
            subject_id="s",
            kind=SubjectKind.ORGANISATION,
            name="甲",
            credit_code="91330106MA00000016",
            bureau="330106",
            sector=Sector.MARKET,
            version=4,
        ),
        Kind.INSTRUMENT: Instrument(
            instrument_id="i",
            subject_id="s",
            bureau="330106",
            type_code="W",
            serial_no="1",
            rotate_on=date(2027, 3, 1),
            version=4,
        ),
        Kind.VERIFICATION: Verification(
            verification_id="v",
            instrument_id="i",
            result=VerificationResult.PASS,
            verified_on=date(2026, 9, 1),
            valid_until=date(2027, 8, 31),
            institution="院",
            version=4,
        ),
        Kind.RECORD: Record(
            record_id="r",
            subject_id="s",
            bureau="330106",
            kind=RecordKind.PENALTY,
            occurred_on=date(2026, 8, 1),
            determined_on=date(2026, 9, 1),
            entered_on=date(2026, 9, 2),
            source_ref="罚1",
            version=4,
        ),
        Kind.PERMIT: _permit(),
    }


def _permit() -> Permit:
    return Permit(
        permit_id="p",
        subject_id="s",
        matter="authorisation",
        document_name="计量授权证书",
        document_no="许1",
        decided_on=date(2026, 8, 1),
        authority="测试局",
        entered_on=date(2026, 9, 2),
        number_key="许1",
        authority_key="测试局",
        version=4,
    )


class Narrow(SQLModel):
    """A table at the release that took the digest."""

    thing_id: str
    name: str
    version: int = 0


class Wide(Narrow):
    """The same table after columns were added, each with a default as every migration gives it."""

    colour: str = ""
    stopped: bool = False
    since: date | None = None


async def _save(*_given: Any) -> None:
    """Nothing is saved here."""


NARROW = Table(Narrow, "thing_id", _save, frozenset({"thing_id", "name"}))
WIDE = replace(NARROW, model=Wide)


@pytest.mark.parametrize("kind", Kind)
def test_a_digest_of_the_last_release_still_matches(kind: Kind) -> None:
    row = rows()[kind]
    assert TABLES[kind].matches(row, RELEASED[kind])
    assert TABLES[kind].digest(row) == RELEASED[kind]
    row.version += 1  # follows from other rows
    assert TABLES[kind].matches(row, RELEASED[kind])
    row.removed = True
    assert not TABLES[kind].matches(row, RELEASED[kind])


@pytest.mark.parametrize("kind", Kind)
def test_every_column_that_a_digest_always_covers_is_there(kind: Kind) -> None:
    table = TABLES[kind]
    assert table.columns | table.added | table.follows >= {table.key}
    assert table.columns | table.added <= set(table.model.model_fields) - table.follows


def test_a_digest_from_before_a_column_was_added_matches_while_the_column_is_blank() -> None:
    digest = NARROW.digest(Narrow(thing_id="t", name="甲"))
    assert WIDE.matches(Wide(thing_id="t", name="甲"), digest)
    assert not WIDE.matches(Wide(thing_id="t", name="乙"), digest)


@pytest.mark.parametrize(
    "values", [{"colour": "red"}, {"stopped": True}, {"since": date(2026, 9, 1)}]
)
def test_a_value_in_an_added_column_is_a_change(values: dict[str, Any]) -> None:
    digest = NARROW.digest(Narrow(thing_id="t", name="甲"))
    row = Wide(thing_id="t", name="甲", **values)
    assert not WIDE.matches(row, digest)
    assert WIDE.matches(row, WIDE.digest(row))
    assert not WIDE.matches(Wide(thing_id="t", name="甲"), WIDE.digest(row))


def test_a_digest_from_before_records_could_be_closed_to_the_public_matches() -> None:
    table, row = TABLES[Kind.RECORD], rows()[Kind.RECORD]
    values = row.model_dump(mode="json", exclude={*table.follows, "disclosure_stopped"})
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    assert table.matches(row, digest)
    row.disclosure_stopped = True
    assert not table.matches(row, digest)
