"""A reader notes each fault with its path, its messages in both languages, and its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum

import pytest

from law.errors import Fault, InvalidInput
from law.evidence import Dossier
from law.reader.strict_reader import Reader, refuse


class Fruit(StrEnum):
    APPLE = "apple"
    PLUM = "plum"


Read = Callable[[Reader], object]
ONE_OF = ("应为以下之一：apple、plum", "must be one of: apple, plum")
MISSING = ("缺少", "is missing")
WHOLE = ("应为整数", "must be a whole number")
TEXT = ("应为非空文本", "must be a non-empty text")
DAY = ("应为日期YYYY-MM-DD", "must be a date YYYY-MM-DD")
YEARS = ("年份应在1900–2999之内", "must be a day of the years 1900–2999")


@pytest.mark.parametrize(
    ("data", "read", "zh_en", "cite"),
    [
        ({}, lambda r: r.text("x"), MISSING, None),
        ({"x": " "}, lambda r: r.text("x"), TEXT, None),
        ({"x": 1}, lambda r: r.text("x", "y"), TEXT, None),
        ({}, lambda r: r.choice("x", Fruit), MISSING, None),
        ({"x": "pear"}, lambda r: r.choice("x", Fruit), ONE_OF, None),
        ({"x": "pear"}, lambda r: r.choice("x", Fruit, Fruit.PLUM), ONE_OF, None),
        ({"x": 0}, lambda r: r.choice_or_none("x", Fruit), ONE_OF, None),
        ({}, lambda r: r.day("x"), MISSING, None),
        ({"x": "2026-02-30"}, lambda r: r.day_or_none("x"), DAY, None),
        ({"x": "0999-01-01"}, lambda r: r.day("x"), YEARS, None),
        (
            {"x": "yes"},
            lambda r: r.flag("x", True),
            ("应为true或false", "must be true or false"),
            None,
        ),
        ({}, lambda r: r.whole("x"), MISSING, "C-10"),
        ({"x": 1.0}, lambda r: r.whole("x"), WHOLE, "C-10"),
        ({"x": False}, lambda r: r.whole_or_none("x"), WHOLE, "C-10"),
        ({"x": 1}, lambda r: r.whole("x", least=2), ("不得小于2", "must be at least 2"), "C-10"),
        (
            {"x": -1_000_000},
            lambda r: r.whole("x"),
            ("不得大于999999", "must be at most 999999"),
            "C-10",
        ),
        ({}, lambda r: r.below("x"), MISSING, None),
        ({"x": []}, lambda r: r.below("x"), ("应为对象", "must be an object"), None),
        ({}, lambda r: list(r.each("x")), MISSING, None),
        (
            {"x": {}},
            lambda r: list(r.each("x", required=False)),
            ("应为列表", "must be a list"),
            None,
        ),
        ({"x": "a"}, lambda r: r.texts("x"), ("应为文本列表", "must be a list of texts"), None),
        (
            {"x": ["a", 1]},
            lambda r: r.texts("x"),
            ("应为文本列表", "must be a list of texts"),
            None,
        ),
        (
            {"x": ["pear"]},
            lambda r: r.choices("x", Fruit),
            ("未知取值pear", "unknown value pear"),
            None,
        ),
        ({"x": 1}, lambda r: r.only("y"), ("未知字段", "unknown field"), None),
        ({}, lambda r: r.fault("x", "甲", "a", "S4 1"), ("甲", "a"), "S4 1"),
    ],
)
def test_each_fault_in_full(
    data: dict[str, object], read: Read, zh_en: tuple[str, str], cite: str | None
) -> None:
    faults: list[Fault] = []
    read(Reader(data, "at", faults))
    assert faults == [Fault("at.x", *zh_en, cite=cite)]


@pytest.mark.parametrize(
    ("data", "read", "found"),
    [
        ({"x": "a"}, lambda r: r.text("x"), "a"),
        ({}, lambda r: r.text("x", "y"), "y"),
        ({"x": "plum"}, lambda r: r.choice("x", Fruit), Fruit.PLUM),
        ({}, lambda r: r.choice("x", Fruit, Fruit.PLUM), Fruit.PLUM),
        ({"x": None}, lambda r: r.choice_or_none("x", Fruit), None),
        ({"x": "2026-02-28"}, lambda r: r.day("x"), date(2026, 2, 28)),
        ({"x": date(2026, 2, 28)}, lambda r: r.day("x"), date(2026, 2, 28)),
        ({}, lambda r: r.day("x", date(2026, 1, 1)), date(2026, 1, 1)),
        ({}, lambda r: r.day_or_none("x"), None),
        ({}, lambda r: r.flag("x", True), True),
        ({"x": False}, lambda r: r.flag("x", True), False),
        ({"x": 2}, lambda r: r.whole("x", least=2), 2),
        ({"x": -999_999}, lambda r: r.whole("x"), -999_999),
        ({}, lambda r: r.whole_or_none("x"), None),
        ({"x": {"y": "z"}}, lambda r: r.below("x").text("y"), "z"),
        ({"x": [{"y": 1}, {"y": 2}]}, lambda r: [i.whole("y") for i in r.each("x")], [1, 2]),
        ({}, lambda r: list(r.each("x", required=False)), []),
        ({}, lambda r: r.texts("x"), ()),
        ({"x": ["a", "b"]}, lambda r: r.texts("x"), ("a", "b")),
        ({"x": ["plum", "apple"]}, lambda r: r.choices("x", Fruit), (Fruit.PLUM, Fruit.APPLE)),
    ],
)
def test_valid_values_are_read(data: dict[str, object], read: Read, found: object) -> None:
    faults: list[Fault] = []
    assert read(Reader(data, "at", faults)) == found
    assert faults == []


def test_a_fault_is_not_repeated_for_the_fields_below() -> None:
    faults: list[Fault] = []
    for data in ({}, {"x": 3}):
        Reader(data, "", faults).below("x").text("y")
    assert [(fault.field, fault.message_en) for fault in faults] == [
        ("x", "is missing"),
        ("x", "must be an object"),
    ]


def test_a_fault_has_the_path_of_its_field() -> None:
    faults: list[Fault] = []
    (item,) = Reader({"a": [{"b": {}}]}, "", faults).each("a")
    item.below("b").text("c")
    assert [fault.field for fault in faults] == ["a[0].b.c"]


def test_the_whole_is_refused_with_its_faults() -> None:
    refuse([], "甲", "a")
    faults = [Fault("x", "乙", "b")]
    with pytest.raises(InvalidInput) as refused:
        refuse(faults, "甲", "a")
    assert (refused.value.zh, refused.value.en, refused.value.faults) == ("甲", "a", tuple(faults))


def test_the_faults_of_a_dossier_in_full() -> None:
    record = {"id": "r", "kind": "award", "determined_on": "2026-01-01", "entered_on": "2026-01-01"}
    subject = {"id": "S", "kind": "organisation", "bureau": "330106", "sector": "market"}
    years = [{"class": "9", "year": 1899}]
    with pytest.raises(InvalidInput) as refused:
        Dossier.from_json({"subject": subject, "records": [record, record], "previous": years})
    assert refused.value.en == "The dossier is not valid."
    assert refused.value.faults == (
        Fault("records[1].id", "编号重复", "repeats id r"),
        Fault("previous[0].class", "应为1、2或3", "must be 1, 2 or 3", cite="S0 附件二"),
        Fault("previous[0].year", "不得小于1900", "must be at least 1900", cite="C-10"),
    )
    earliest = [{"class": "3", "year": 1900}]
    document = {"subject": subject, "records": [record], "previous": earliest}
    assert Dossier.from_json(document).previous[0].year == 1900
