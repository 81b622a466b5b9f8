"""Receipts are cut into shared parts and joined to the same bytes; growth is by the records."""

from __future__ import annotations

import json
from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.evidence import Dossier, Record, RecordKind, Sector, Severity, SubjectKind
from law.grading import grade
from law.texts_in_force.load import load
from services.grading.receipts.cutting import WHOLE_BYTES, cut, joined, name_of, needed

START = date(2026, 1, 1)
OVERHEAD = 80  # bytes of a row and its key


def a_record(number: int) -> Record:
    """A record whose id, and so whose place among the others, looks random."""
    id_ = sha256(str(number).encode()).hexdigest()[:32]
    day = START + timedelta(days=int(id_[:4], 16) % 300)
    kind = RecordKind.OVERDUE_USE if number % 2 else RecordKind.AWARD
    return Record(id_, kind, day, day, day, Severity.GENERAL, final=True)


def receipts(count: int) -> list[str]:
    """The receipts of a subject that gets one record after another."""
    text, records, made = load("hangzhou-2021-120"), list[Record](), []
    for number in range(count):
        records.append(a_record(number))
        in_order = sorted(records, key=lambda record: (record.determined_on, record.id))
        dossier = Dossier(
            "s1", Sector.MARKET, SubjectKind.ORGANISATION, tuple(in_order), bureau="330106"
        )
        receipt = grade(dossier, text, START + timedelta(days=330))
        made.append(json.dumps(receipt.to_json(), ensure_ascii=False))
    return made


def stored_bytes(texts: list[str]) -> int:
    parts: dict[bytes, bytes] = {}
    contents = 0
    for text in texts:
        made = cut(text)
        parts.update(made.parts)
        contents += len(made.content)
    return contents + sum(len(name) + len(content) + OVERHEAD for name, content in parts.items())


@pytest.fixture(scope="module")
def many() -> list[str]:
    return receipts(128)


def test_every_receipt_is_joined_byte_for_byte_from_what_all_of_them_share(many: list[str]) -> None:
    shared: dict[bytes, bytes] = {}
    made = [cut(text) for text in many]
    for one in made:
        shared.update(one.parts)
    assert [joined(one.content, shared) for one in made] == many
    assert all(name_of(content) == name for name, content in shared.items())


def test_n_records_take_n_times_the_room_not_n_squared(many: list[str]) -> None:
    whole = [sum(len(text.encode()) for text in many[:count]) for count in (32, 128)]
    assert whole[1] > 12 * whole[0], "a whole receipt for each record grows with the square"
    few, all_ = stored_bytes(many[:32]), stored_bytes(many)
    assert all_ < 5.5 * few, (few, all_)  # four times the records
    assert all_ < whole[1] / 8, (all_, whole[1])
    assert all_ / 128 < 6000, "bytes for each receipt"


def test_a_short_receipt_is_kept_whole_and_in_one_row() -> None:
    [text] = receipts(1)
    assert len(text.encode()) <= WHOLE_BYTES
    made = cut(text)
    assert (made.parts, needed(made.content)) == ({}, [])
    assert joined(made.content, {}) == text


def test_a_part_that_is_missing_is_named(many: list[str]) -> None:
    made = cut(many[-1])
    lost = needed(made.content)[0]
    with pytest.raises(KeyError) as refused:
        joined(made.content, {name: one for name, one in made.parts.items() if name != lost})
    assert refused.value.args == (lost,)


@given(st.text(st.sampled_from('ab权}], {"\n'), max_size=9000))
def test_any_text_is_joined_as_it_was(text: str) -> None:
    made = cut(text)
    assert joined(made.content, made.parts) == text
