"""The table of jurisdictions: its faults, and that the first entry that applies decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from law.errors import InvalidInput
from law.figures import Validity
from law.reader.data_file import understand
from law.texts_in_force.jurisdiction import Entry, Jurisdictions, Norm, read_jurisdictions
from law.texts_in_force.load import governing, jurisdictions, list_rulesets
from law.texts_in_force.model import NotGraded, Ruleset
from tests.unit.law.broken_files import Document, fresh

RULESETS = {ruleset.id: ruleset for ruleset in list_rulesets()}
DAY = date(2026, 6, 30)


def _document() -> Document:
    return fresh("jurisdictions")


def _table(document: object, rulesets: Mapping[str, Ruleset] = RULESETS) -> Jurisdictions:
    return understand(
        document, "jurisdictions", lambda reader: read_jurisdictions(reader, rulesets)
    )


def _faults(document: Document) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        _table(document)
    return {fault.field: fault.message_en for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("key", "to", "field", "message"),
    [
        ("ruleset", "lost", "entries[0].ruleset", "unknown ruleset lost"),
        ("cite", "S9 1", "entries[0].cite", "cites no known text"),
        ("cite", None, "entries[0].cite", "is missing"),
        ("id", None, "entries[0].id", "is missing"),
        ("sectors", ["moon"], "entries[0].sectors", "unknown value moon"),
        ("divisions", "3301", "entries[0].divisions", "list of texts"),
        ("valid_from", date(2021, 9, 29), "entries[0].valid_from", "before hangzhou-2021-120"),
        ("valid_from", None, "entries[0].valid_from", "before hangzhou-2021-120"),
        ("surprise", 1, "entries[0].surprise", "unknown field"),
        ("not_graded", {}, "entries[0].not_graded.reason_zh", "is missing"),
    ],
)
def test_each_fault_is_found(key: str, to: object, field: str, message: str) -> None:
    document = _document()
    document["entries"][0][key] = to
    assert message in _faults(document)[field]


def test_an_entry_must_not_outlast_its_ruleset() -> None:
    ended = {**RULESETS, "hangzhou-2021-120": replace(RULESETS["hangzhou-2021-120"], valid_to=DAY)}
    with pytest.raises(InvalidInput) as refused:
        _table(_document(), ended)
    (fault,) = refused.value.faults
    assert (fault.field, fault.cite) == ("entries[0].valid_to", "D-08")
    document = _document()
    document["entries"][0]["valid_to"] = DAY
    table = _table(document, ended)
    assert table.entries[0].valid_to == DAY


def test_adopted_norms_name_their_source() -> None:
    document = _document()
    said = {"note_zh": "借用", "note_en": "borrowed", "valid_from": DAY, "valid_to": None}
    document["norms"] = [
        {"jurisdiction": "hangzhou", "matter": "terms", "cite": "S3 28", **said},
    ]
    table = _table(document)
    assert table.norms == (
        Norm("hangzhou", "terms", "S3 28", "借用", "borrowed", Validity(DAY, None)),
    )
    document["norms"][0] |= {"cite": "hearsay", "jurisdiction": "atlantis"}
    assert _faults(document) == {
        "norms[0].cite": "cites no known text: hearsay",
        "norms[0].jurisdiction": "unknown entry atlantis",
    }


def test_hangzhou_adopts_the_days_of_objections() -> None:
    norms = {(norm.jurisdiction, norm.matter): norm for norm in jurisdictions().norms}
    assert norms["hangzhou", "objection_terms"].cite == "S3 28"
    assert all(norm.note_zh and norm.note_en for norm in norms.values())


def _entry(change: Callable[[Entry], Entry]) -> Entry:
    return change(jurisdictions().entries[0])


def test_an_entry_fits_by_bureau_sector_and_period() -> None:
    entry = _entry(
        lambda one: replace(one, bureaus=("jingqu",), validity=Validity(one.valid_from, DAY))
    )
    assert entry.fits("330106", "market", DAY)
    assert entry.fits("jingqu", "market", DAY)
    assert not entry.fits("331002", "market", DAY)
    assert not entry.fits("330106", "market", date(2026, 7, 1))
    assert entry.fits("330106", "market", date(2021, 9, 30))
    assert not entry.fits("330106", "market", date(2021, 9, 29))


def test_the_first_fitting_entry_decides() -> None:
    found = governing("120101", "market", DAY)
    assert isinstance(found, NotGraded)
    assert found.reason_zh == "不在试点领域（加油站、眼镜制配）之内，不分类"
    assert found.cite == "S0 二; R-039"


def test_a_bureau_without_a_code_is_named() -> None:
    document = _document()
    document["entries"][0]["bureaus"] = ["jingqu"]
    table = _table(document)
    found = table.find("jingqu", "other", DAY)
    assert isinstance(found, Entry)
    assert found.ruleset == "hangzhou-2021-120"


def test_a_subject_without_a_ruleset_has_a_reason() -> None:
    assert governing("331002", "other", DAY) == NotGraded(
        "no_ruleset",
        "该日没有适用于此机关和领域的规则",
        "No ruleset governs this bureau and sector on that day.",
        "D-08",
    )


def test_the_table_is_refused_in_both_languages() -> None:
    document = _document()
    document["entries"][0] |= {"ruleset": "lost", "cite": "S9 1"}
    document["entries"][1]["valid_to"] = "soon"
    with pytest.raises(InvalidInput) as refused:
        _table(document)
    assert refused.value.zh == "规则数据jurisdictions不符合要求"
    assert refused.value.en == "The data file jurisdictions of the law is not valid."
    assert {(fault.field, fault.message_zh) for fault in refused.value.faults} == {
        ("entries[0].cite", "引用不明：S9 1"),
        ("entries[0].ruleset", "未知规则集"),
        ("entries[1].valid_to", "应为日期YYYY-MM-DD"),
    }
