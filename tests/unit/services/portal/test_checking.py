"""What is typed and uploaded on the public pages of checking is understood or refused."""

from __future__ import annotations

import json
from datetime import date

import pytest

from law import grading
from law.errors import InvalidInput
from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.texts_in_force.load import load
from services.portal.pages.checking import check_receipt
from services.portal.pages.scanning import code_in


def receipt() -> dict[str, object]:
    record = Record(
        id="r1",
        kind=RecordKind.PENALTY,
        occurred_on=date(2026, 1, 5),
        determined_on=date(2026, 1, 5),
        entered_on=date(2026, 1, 5),
        verified=True,
        final=True,
    )
    dossier = Dossier("s", Sector.FUEL_STATION, SubjectKind.ORGANISATION, (record,))
    given = grading.grade(dossier, load("hangzhou-2021-120"), date(2026, 9, 14))
    return dict(given.to_json())


def test_a_receipt_that_agrees_is_told_in_sentences() -> None:
    checked = check_receipt(json.dumps(receipt()).encode(), "zh-CN")
    assert (checked.differences, checked.older_text) == ([], False)
    assert checked.sentences
    assert checked.sentences != check_receipt(json.dumps(receipt()).encode(), "en").sentences


def test_a_receipt_of_an_earlier_edition_with_the_same_result_says_so() -> None:
    older = receipt() | {"ruleset_version": "0", "ruleset_hash": "0" * 64}
    checked = check_receipt(json.dumps(older).encode(), "en")
    assert checked.older_text
    assert checked.sentences


def test_a_changed_receipt_is_not_told_as_if_it_were_right() -> None:
    checked = check_receipt(json.dumps(receipt() | {"grade": "A"}).encode(), "en")
    assert any(difference.startswith("grade: ") for difference in checked.differences)
    assert (checked.older_text, checked.sentences) == (False, [])


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"NaN",
        b"[" * 100_000,
        b'{"a": ' * 500 + b"1" + b"}" * 500,
        b'{"ruleset": ' + b"9" * 10_000 + b"}",
        b'{"ruleset": "hangzhou-2021-120", "ruleset": "x"}',
        b'{"ruleset": "../../etc/passwd", "as_of": "2026-01-01", "inputs": {}}',
    ],
)
def test_a_hostile_file_is_refused_with_its_faults(hostile: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_receipt(hostile, "zh-CN")
    assert refused.value.faults


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("3f9a01c2d4-7k3m9qxb", "3f9a01c2d4-7k3m9qxb"),
        (" 3F9A01C2D4 7K3M9QXB ", "3F9A01C2D4 7K3M9QXB"),
        ("https://quanheng.example/i/3f9a01c2d4-7k3m9qxb", "3f9a01c2d4-7k3m9qxb"),
        ("https://evil.example/a?b=../..", "a"),
        ("no code!", ""),
        ("汉字", ""),
        ("x" * 41, ""),
        ("", ""),
    ],
)
def test_a_code_is_found_in_what_was_typed_or_pasted(typed: str, code: str) -> None:
    assert code_in(typed) == code
