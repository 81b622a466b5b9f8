"""A dossier is read strictly: every fault is named with its path."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from law.errors import InvalidInput
from law.evidence import (
    ADVERSE,
    POSITIVE,
    Dossier,
    Previous,
    Record,
    RecordKind,
    RecordStatus,
    Sector,
    Severity,
    SubjectKind,
)

Document = dict[str, Any]


def _document() -> Document:
    return {
        "subject": {"id": "S1", "kind": "organisation", "bureau": "330106", "sector": "market"},
        "records": [
            {
                "id": "r1",
                "kind": "penalty",
                "severity": "serious",
                "occurred_on": "2025-12-30",
                "determined_on": "2026-01-05",
                "entered_on": "2026-01-07",
                "status": "repaired",
                "status_on": "2026-06-01",
                "verified": False,
                "final": True,
                "contested": True,
                "points": 12,
                "source": "case 7",
            },
            {
                "id": "r2",
                "kind": "award",
                "determined_on": "2026-01-05",
                "entered_on": "2026-01-07",
            },
        ],
    }


def _faults(document: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        Dossier.from_json(document)
    assert refused.value.zh == "信用档案不符合要求"
    assert all(fault.message_zh for fault in refused.value.faults)
    fields = [fault.field for fault in refused.value.faults]
    assert len(fields) == len(set(fields)), "a fault is told once"
    return {fault.field: fault.message_en for fault in refused.value.faults}


def test_a_dossier_is_read_as_written() -> None:
    dossier = Dossier.from_json(_document())
    full, bare = dossier.records
    assert dossier == Dossier(
        "S1", Sector.MARKET, SubjectKind.ORGANISATION, (full, bare), (), "330106"
    )
    assert full == Record(
        id="r1",
        kind=RecordKind.PENALTY,
        determined_on=date(2026, 1, 5),
        entered_on=date(2026, 1, 7),
        occurred_on=date(2025, 12, 30),
        severity=Severity.SERIOUS,
        status=RecordStatus.REPAIRED,
        status_on=date(2026, 6, 1),
        verified=False,
        final=True,
        contested=True,
        points=12,
        source="case 7",
    )
    assert bare == Record("r2", RecordKind.AWARD, date(2026, 1, 5), date(2026, 1, 7))
    # What a record leaves out: active, established, open to review, uncontested, no own figure.
    assert (bare.status, bare.verified, bare.final) == (RecordStatus.ACTIVE, True, False)
    assert (bare.contested, bare.points, bare.source) == (False, None, "")


def test_a_dossier_is_written_as_it_was_read() -> None:
    dossier = Dossier.from_json(_document())
    written = json.loads(json.dumps(dossier.to_json()))
    assert Dossier.from_json(written) == dossier
    assert written["records"][0] == _document()["records"][0]
    assert written["records"][1]["points"] is None
    assert written["subject"] == _document()["subject"]
    assert "previous" not in written


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        ("2", (Previous("2"),)),
        (3, (Previous("3"),)),
        ({"year": 2025, "class": "1"}, (Previous("1", 2025),)),
        ([{"year": 2024, "class": 3}, {"class": "2"}], (Previous("3", 2024), Previous("2"))),
        ([], ()),
        (None, ()),
    ],
)
def test_previous_classes(previous: object, expected: tuple[Previous, ...]) -> None:
    dossier = Dossier.from_json(_document() | {"previous": previous})
    assert dossier.previous == expected
    assert Dossier.from_json(dossier.to_json()) == dossier


def _set(path: str, to: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *above, last = path.split(".")
        for key in above:
            document = document[int(key) if key.isdigit() else key]  # type: ignore[index]
        document[last] = to

    return change


@pytest.mark.parametrize(
    ("path", "to", "field", "message"),
    [
        ("surprise", 1, "surprise", "unknown field"),
        ("subject", None, "subject", "must be an object"),
        ("subject.id", "", "subject.id", "non-empty"),
        ("subject.id", "  ", "subject.id", "non-empty"),
        ("subject.id", 7, "subject.id", "non-empty"),
        ("subject.id", None, "subject.id", "is missing"),
        ("subject.kind", "ghost", "subject.kind", "must be one of: organisation, "),
        ("subject.kind", None, "subject.kind", "is missing"),
        ("subject.sector", ["market"], "subject.sector", "must be one of"),
        ("subject.bureau", None, "subject.bureau", "is missing"),
        ("subject.name", "x", "subject.name", "unknown field"),
        ("records", None, "records", "is missing"),
        ("records", {}, "records", "must be a list"),
        ("records", [3], "records[0]", "must be an object"),
        ("records.0.kind", "bribery", "records[0].kind", "must be one of"),
        ("records.0.kind", "PENALTY", "records[0].kind", "must be one of"),
        ("records.0.status", "gone", "records[0].status", "must be one of"),
        ("records.0.severity", "awful", "records[0].severity", "must be one of"),
        ("records.0.determined_on", None, "records[0].determined_on", "is missing"),
        ("records.0.determined_on", "2026-02-29", "records[0].determined_on", "YYYY-MM-DD"),
        ("records.0.determined_on", "20260105", "records[0].determined_on", "YYYY-MM-DD"),
        ("records.0.determined_on", "2026-1-05", "records[0].determined_on", "YYYY-MM-DD"),
        ("records.0.determined_on", "2026-W01-1", "records[0].determined_on", "YYYY-MM-DD"),
        ("records.0.determined_on", 20260105, "records[0].determined_on", "YYYY-MM-DD"),
        ("records.0.determined_on", "1899-12-31", "records[0].determined_on", "1900–2999"),
        ("records.0.determined_on", "3000-01-01", "records[0].determined_on", "1900–2999"),
        ("records.0.entered_on", "", "records[0].entered_on", "YYYY-MM-DD"),
        ("records.0.status_on", "soon", "records[0].status_on", "YYYY-MM-DD"),
        ("records.0.occurred_on", False, "records[0].occurred_on", "YYYY-MM-DD"),
        ("records.0.verified", "yes", "records[0].verified", "true or false"),
        ("records.0.final", 1, "records[0].final", "true or false"),
        ("records.0.contested", [], "records[0].contested", "true or false"),
        ("records.0.points", -1, "records[0].points", "at least 0"),
        ("records.0.points", 2.0, "records[0].points", "whole number"),
        ("records.0.points", True, "records[0].points", "whole number"),
        ("records.0.points", "2", "records[0].points", "whole number"),
        ("records.0.points", 1_000_000, "records[0].points", "at most 999999"),
        ("records.0.source", 7, "records[0].source", "non-empty text"),
        ("records.0.colour", "red", "records[0].colour", "unknown field"),
        ("records.1.id", "r1", "records[1].id", "repeats id r1"),
        ("records.1.id", "", "records[1].id", "non-empty"),
        ("previous", "4", "previous", "1, 2 or 3"),
        ("previous", 2.0, "previous", "1, 2 or 3"),
        ("previous", True, "previous", "1, 2 or 3"),
        ("previous", [{"year": 2025}], "previous[0].class", "1, 2 or 3"),
        ("previous", [{"class": "1", "year": "x"}], "previous[0].year", "whole number"),
        ("previous", [{"class": "1", "on": 1}], "previous[0].on", "unknown field"),
    ],
)
def test_a_fault_is_found_where_it_is(path: str, to: object, field: str, message: str) -> None:
    document = _document()
    _set(path, to)(document)
    faults = _faults(document)
    assert list(faults) == [field]
    assert message in faults[field]


@pytest.mark.parametrize("value", [None, [], "text", 7])
def test_a_document_other_than_an_object_is_refused(value: object) -> None:
    assert _faults(value) == {"": "must be an object"}


def test_every_fault_is_listed_at_once() -> None:
    document = _document()
    _set("records.0.kind", "x")(document)
    _set("records.1.points", 1.5)(document)
    _set("subject.sector", None)(document)
    assert set(_faults(document)) == {"records[0].kind", "records[1].points", "subject.sector"}


def test_values_at_the_limits_are_accepted() -> None:
    document = _document()
    for path, to in (
        ("subject.bureau", ""),
        ("records.0.points", 0),
        ("records.0.determined_on", "1900-01-01"),
        ("records.0.entered_on", "2999-12-31"),
        ("records.0.source", None),
        ("records.1.source", ""),
        ("records.1.points", 999_999),
    ):
        _set(path, to)(document)
    dossier = Dossier.from_json(document)
    assert dossier.bureau == ""
    assert [record.points for record in dossier.records] == [0, 999_999]


@pytest.mark.parametrize("status", sorted(set(RecordStatus) - {RecordStatus.ACTIVE}))
def test_a_status_ends_a_record_from_its_day(status: RecordStatus) -> None:
    day = date(2026, 6, 1)
    record = Record("r", RecordKind.CRIME, day, day, status=status, status_on=day)
    assert record.stands_on(date(2026, 5, 31))
    assert not record.stands_on(day)
    never = Record("r", RecordKind.CRIME, day, day, status=status)
    assert not never.stands_on(date(1990, 1, 1))


def test_an_active_record_stands_whatever_its_day() -> None:
    day = date(2026, 6, 1)
    record = Record("r", RecordKind.CRIME, day, day, status_on=day, contested=True)
    assert record.stands_on(date(2030, 1, 1))


def test_a_kind_is_positive_or_adverse() -> None:
    assert set(RecordKind) == POSITIVE | ADVERSE
    assert not POSITIVE & ADVERSE
    assert len(POSITIVE) == 8
    assert RecordKind.POSITIVE_OTHER.positive
    assert not RecordKind.UNVERIFIED_USE.positive
