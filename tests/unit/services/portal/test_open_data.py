"""The public files: a Data Package, only fields that are public, and files that are kept briefly.

`tabular-data-package.json` is the JSON Schema of the Frictionless Data Package specification, as
the Python package `datapackage` 1.15.4 has it (MIT, Open Knowledge), without its explanations.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import pytest

from law.reader.texts import TEXTS
from protos.grading.v1 import grading_pb2
from protos.registry.v1 import registry_pb2
from services.portal.clients import Services
from services.portal.open_data.catalogue import DATASETS
from services.portal.open_data.dataset import FORMATS, Dataset, Field
from services.portal.open_data.files import PublicFile, PublicFiles
from services.portal.open_data.package import datapackage
from services.portal.open_data.reading import GradedSubject
from tests.unit.services.test_public_fields import OPEN

SCHEMA = Path(__file__).with_name("tabular-data-package.json")
NOBODY = cast("Services", None)  # the data sets of the law ask no service
# The facts of each data set of a service: the public messages whose fields it may show.
MESSAGES = {
    "subjects": ("registry.v1.Subject", "grading.v1.Grade"),
    "records": ("registry.v1.DisclosedRecord", "registry.v1.Record"),
    "exposed": ("alerts.v1.ExposedSubject",),
    "indices": ("grading.v1.Index",),
    "index_rows": ("grading.v1.Index", "grading.v1.IndexRow"),
    "bureaus": ("registry.v1.Bureau",),
    "directory": ("registry.v1.DirectoryEntry", "registry.v1.AuthorisedType"),
    "laboratories": ("registry.v1.DirectoryEntry", "registry.v1.DirectoryLaboratory"),
}
# Fields that are another field in words.
WORDS = {
    "laboratory": "name",
    "sector_name": "sector",
    "kind_name": "kind",
    "not_graded": "not_graded_zh",
}
CITED = {
    "records": "disclosure_cite",
    "exposed": "cite",
    "index_rows": "cite",
}


def test_the_description_is_a_data_package() -> None:
    package = datapackage("https://portal.example/data")
    jsonschema_rs.Draft4Validator(json.loads(SCHEMA.read_text())).validate(package)
    names = [one["name"] for one in package["resources"]]
    assert len(names) == len(set(names)) == len(DATASETS) * len(FORMATS)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_file_shows_only_fields_that_the_public_may_read(name: str) -> None:
    open_fields = {field for one in MESSAGES[name] for field in OPEN[f"quanheng.{one}"]}
    shown = {WORDS.get(one.name, one.name) for one in DATASETS[name].fields}
    shown = {CITED[name] if one == "article" else one for one in shown}
    assert shown <= open_fields
    assert "person_in_charge" not in shown


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda one: one.name)
def test_the_key_of_a_data_set_is_among_its_fields(dataset: Dataset) -> None:
    assert set(dataset.key) <= {one.name for one in dataset.fields}


@pytest.mark.parametrize("name", ["calendar", "rule_texts", "rulesets"])
async def test_both_formats_say_the_same(name: str) -> None:
    dataset, files = DATASETS[name], PublicFiles()
    as_csv = await files.get(dataset, "csv", NOBODY, "2026-11-28")
    as_json = await files.get(dataset, "json", NOBODY, "2026-11-28")
    rows = list(csv.DictReader(_text(as_csv)))
    objects = json.loads(as_json.path.read_text())
    assert [{k: _written(v) for k, v in one.items()} for one in objects] == rows
    keys = [tuple(row[one] for one in dataset.key) for row in rows]
    assert len(keys) == len(set(keys)) > 0
    files.remove()


def _text(file: PublicFile) -> io.StringIO:
    return io.StringIO(file.path.read_bytes().decode("utf-8-sig"), newline="")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


async def rows_of(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def one_column(*texts: str) -> Dataset:
    """A data set with one column."""
    field = Field("name", "名称", lambda row: row)
    return Dataset("names", "名称", "名称", ("name",), (field,), lambda _: rows_of(*texts))


async def test_an_empty_file_is_one() -> None:
    files = PublicFiles()
    nothing = one_column()
    as_json = await files.get(nothing, "json", NOBODY, "2026-11-28")
    as_csv = await files.get(nothing, "csv", NOBODY, "2026-11-28")
    assert json.loads(as_json.path.read_text()) == []
    assert as_csv.path.read_text("utf-8-sig").split() == ["name"]
    files.remove()


async def test_no_cell_is_read_as_a_formula_and_json_has_the_text_itself() -> None:
    files, risky = PublicFiles(), one_column("=1+1", '甲"店', "两\n行")
    as_csv = await files.get(risky, "csv", NOBODY, "2026-11-28")
    as_json = await files.get(risky, "json", NOBODY, "2026-11-28")
    cells = [row["name"] for row in csv.DictReader(_text(as_csv))]
    assert cells == ["'=1+1", '甲"店', "两\n行"]
    assert [one["name"] for one in json.loads(as_json.path.read_text())] == [
        "=1+1",
        '甲"店',
        "两\n行",
    ]
    files.remove()


async def test_a_file_is_written_once_for_many_visitors_and_anew_on_another_day() -> None:
    files, dataset = PublicFiles(), DATASETS["rulesets"]
    reads = 0

    async def counted(services: Services) -> AsyncIterator[Any]:
        nonlocal reads
        reads += 1
        async for row in dataset.read(services):
            yield row

    counting = replace(dataset, read=counted)
    asked = [files.get(counting, "csv", NOBODY, "2026-11-28") for _ in range(5)]
    found = await asyncio.gather(*asked)
    assert (reads, len({one.path for one in found})) == (1, 1)
    later = [await files.get(counting, "csv", NOBODY, f"2026-12-0{day}") for day in (1, 2)]
    assert {one.etag for one in later} == {found[0].etag}  # the content is the same
    assert reads == 3
    assert not found[0].path.exists()
    assert all(one.path.exists() for one in later)
    files.remove()


def test_a_subject_without_a_grade_has_empty_fields() -> None:
    subject = registry_pb2.Subject(subject_id="s", name="甲", sector="market")
    row = GradedSubject(subject, grading_pb2.Grade())
    values = {one.name: one.of(row) for one in DATASETS["subjects"].fields}
    assert (values["name"], values["grade"], values["in_force_from"]) == ("甲", "", "")


def test_an_article_is_named_in_words_and_our_own_numbers_are_left_out() -> None:
    record = registry_pb2.DisclosedRecord(
        record=registry_pb2.Record(kind="penalty"), disclosure_cite="S4 五(三); C-01"
    )
    values = {one.name: one.of(record) for one in DATASETS["records"].fields}
    assert values["article"] == "《杭州市民生计量信用监督管理暂行办法》五(三)"


def test_every_legal_text_is_listed() -> None:
    assert {DATASETS["rule_texts"].fields[0].of(text) for text in TEXTS.values()} == set(TEXTS)
