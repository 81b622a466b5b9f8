"""Templates: their content, and that a filled-in one is read without any mapping."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from law.reader.texts import is_citation
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.imports.rows.field_help import FIELD_HELP
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.imports.rows.templates import HELP, OPTIONS, template
from tests.unit.services.registry.workbooks import filled

TODAY = date(2026, 9, 14)


def made(family: FamilyName, form: str = "xlsx", *, baseline: bool = False) -> bytes:
    request = pb.GetTemplateRequest(family=family, format=form, baseline=baseline)
    return template(request).content


def read_rows(family: FamilyName, content: bytes, *, baseline: bool = False) -> FileContent:
    return read_file(pb.ImportHeader(family=family, baseline=baseline), content, TODAY)


def examples(family: FamilyName) -> Mapping[str, str]:
    return {name: values.example for name, values in FIELD_HELP[family].items()}


@pytest.mark.parametrize("baseline", [False, True])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("family", FamilyName)
def test_a_template_filled_in_with_its_own_examples_is_read_whole(
    family: FamilyName, form: str, *, baseline: bool
) -> None:
    empty = made(family, form, baseline=baseline)
    assert [n.reason for n in read_rows(family, empty, baseline=baseline).notes.notes] == [
        "NO_ROWS"
    ]
    fields = [n for n in FAMILIES[family].fields if baseline or n != "entered_on"]
    values = [examples(family)[name] for name in fields]
    content = empty + ",".join(values).encode() if form == "csv" else filled(empty, [values])
    done = read_rows(family, content, baseline=baseline)
    assert done.notes.notes == []
    assert [list(item.values) for item in done.items] == [fields]


@pytest.mark.parametrize("family", FamilyName)
def test_every_field_is_explained_with_an_example_and_a_known_article(family: FamilyName) -> None:
    assert list(FIELD_HELP[family]) == list(FAMILIES[family].fields)
    for values in FIELD_HELP[family].values():
        assert values.example
        assert not values.cite or is_citation(values.cite)
    book = CalamineWorkbook.from_filelike(io.BytesIO(made(family, baseline=True)))
    rows = book.get_sheet_by_name(HELP).to_python()
    assert [row[1] for row in rows[1:]] == list(FAMILIES[family].fields)
    assert {row[1] for row in rows[1:] if row[2] == "是"} == {
        one.name for one in FAMILIES[family].fields.values() if one.required
    }


def test_identifiers_are_text_days_are_days_and_the_header_stays_in_sight() -> None:
    with zipfile.ZipFile(io.BytesIO(made(FamilyName.INSTRUMENTS))) as parts:
        page, styles = (
            parts.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles")
        )
    assert 'state="frozen"' in page
    assert "yyyy\\-mm\\-dd" in styles or "yyyy-mm-dd" in styles
    assert 'formatCode="@"' in styles  # @


def test_a_list_to_choose_from_holds_each_value_once_and_reads_back() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(made(FamilyName.RECORDS)))
    assert OPTIONS in book.sheet_names
    for one in FAMILIES[FamilyName.RECORDS].fields.values():
        if isinstance(one.read, cells.Choice):
            words = one.read.labels.words
            values = [one.read(word) for word in words]
            assert len(set(values)) == len(words) == len(type(values[0]))
    columns = list(zip(*book.get_sheet_by_name(OPTIONS).to_python(), strict=True))
    kind = FAMILIES[FamilyName.RECORDS].fields["kind"].read
    assert isinstance(kind, cells.Choice)
    assert [cell for cell in columns[0] if cell] == kind.labels.words
