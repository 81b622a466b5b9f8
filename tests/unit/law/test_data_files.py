"""A data file of the law with faults is refused in one error that names each of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.corpus import READERS, check, declared
from law.errors import InvalidInput
from law.reader.data_file import load_yaml
from law.reader.packaged import read, source
from tests.unit.law.broken_files import faults, fresh

LANGS = ("zh", "en")
DATED = sorted(set(READERS) - {"readings"})
WITH_DAYS = sorted(set(DATED) - {"separation"})  # which has no figures, so no days


def _mappings(node: Any, path: str = "") -> Iterator[tuple[str, dict[Any, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, below in node.items():
            yield from _mappings(below, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for place, below in enumerate(node):
            yield from _mappings(below, f"{path}[{place}]")


def _spoilt(name: str, key: str, spoil: Callable[[dict[Any, Any]], object]) -> None:
    document = fresh(name)
    places = [(path, node) for path, node in _mappings(document) if key in node]
    for _, node in places:
        spoil(node)
    expected = {f"{path}.{key}" if path else key for path, _ in places}
    assert expected <= set(faults(name, document))


def test_every_packaged_file_has_its_reader() -> None:
    packaged = {one.name for one in files("law.rulesets").iterdir() if one.name.endswith(".yaml")}
    assert packaged == {f"{name}.yaml" for name in READERS}


@pytest.mark.parametrize("name", READERS)
def test_a_packaged_file_has_no_fault(name: str) -> None:
    check(name, read(name))


@pytest.mark.parametrize("name", DATED)
def test_every_citation_left_out_is_a_fault(name: str) -> None:
    _spoilt(name, "cite", lambda node: node.pop("cite"))


@pytest.mark.parametrize("name", DATED)
def test_every_citation_of_no_known_text_is_a_fault(name: str) -> None:
    _spoilt(name, "cite", lambda node: node.update(cite="S9 1"))


@pytest.mark.parametrize("key", ["valid_from", "valid_to"])
@pytest.mark.parametrize("name", WITH_DAYS)
def test_every_day_left_out_is_a_fault(name: str, key: str) -> None:
    _spoilt(name, key, lambda node: node.pop(key))


@pytest.mark.parametrize("name", WITH_DAYS)
def test_an_end_before_the_beginning_is_a_fault(name: str) -> None:
    days = {"valid_from": date(2026, 1, 2), "valid_to": date(2026, 1, 1)}
    _spoilt(name, "valid_to", lambda node: node.update(days))


@pytest.mark.parametrize("name", READERS)
def test_an_unknown_field_is_a_fault(name: str) -> None:
    document = fresh(name)
    document["surprise"] = 1
    assert faults(name, document) == {"surprise": "unknown field"}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("document", [None, [], "text", 1, {}])
def test_a_document_that_is_not_an_object_is_refused(name: str, document: object) -> None:
    assert faults(name, document)


JUNK: tuple[Any, ...] = (
    None, "", "junk", -1, 0, 1.5, 10**9, True, [], {}, [None], [{}], {"x": 1}, date(1, 1, 1),
)  # fmt: skip


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document, as the object that contains it and the key."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, below in list(pairs):
        yield node, key
        if isinstance(below, dict | list):
            yield from _places(below)


@given(st.sampled_from(sorted(READERS)), st.integers(0, 10**6), st.sampled_from(JUNK))
def test_a_wrong_value_anywhere_is_a_fault_or_harmless_and_never_a_crash(
    name: str, place: int, junk: Any
) -> None:
    document = fresh(name)
    places = list(_places(document))
    holder, key = places[place % len(places)]
    holder[key] = copy.deepcopy(junk)
    try:
        check(name, document)
    except InvalidInput as error:
        messages = [(fault.message_zh, fault.message_en) for fault in error.faults]
    else:
        messages = [("无", "none")]
    assert messages
    assert all(zh and en for zh, en in messages)


WITHOUT_READINGS = {"permits", "reminders", "sampling", "workdays", "jurisdictions"}


@pytest.mark.parametrize("name", sorted(set(READERS) - WITHOUT_READINGS))
def test_an_ambiguity_says_everything_in_both_languages(name: str) -> None:
    for said in ("reading", "alternative", "changes"):
        for lang in LANGS:
            document = fresh(name)
            del document["ambiguities"][0][f"{said}_{lang}"]
            assert faults(name, document) == {f"ambiguities[0].{said}_{lang}": "is missing"}
    document = fresh(name)
    document["ambiguities"].append(document["ambiguities"][0])
    place = f"ambiguities[{len(document['ambiguities']) - 1}].id"
    assert "repeats" in faults(name, document)[place]


def test_every_ambiguity_of_the_texts_is_declared() -> None:
    found = declared()
    assert {one.reading.id for one in found} >= {f"C-{number:02}" for number in range(1, 33)}
    assert {one.reading.id for one in found if one.why_zh and one.why_en} == {
        "C-22",
        "C-26",
        "C-27",
    }
    assert [one for one in found if bool(one.why_zh) != (one.file == "readings")] == []
    zh = [
        one for one in found if not any("一" <= letter <= "鿿" for letter in one.reading.reading_zh)
    ]
    assert zh == []


@pytest.mark.parametrize("name", READERS)
def test_no_key_is_written_twice(name: str) -> None:
    assert load_yaml(source(name), name) == read(name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "line 2"),
        ("id: x\nid: y", "written twice: id"),
        ("x: 1\na: {b: 1, c: 1, c: 2, b: 2}", "written twice: b, c"),
        ("x: 1\na: {b: 1, c: 1, c: 2, b: 2}", "line 2"),
    ],
)
def test_a_key_written_twice_is_no_yaml(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_yaml(text, "terms")
    [fault] = refused.value.faults
    assert says in fault.message_en
    assert (fault.field, fault.message_zh) == ("", "不是有效的YAML")
    assert "terms" in refused.value.zh
