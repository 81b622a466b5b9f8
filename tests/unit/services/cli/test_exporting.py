"""Lists as files: every page, in bounded memory, complete or not at all, without formulas."""

from __future__ import annotations

import asyncio
import csv
import importlib
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from google.protobuf.descriptor import Descriptor
from python_calamine import CalamineWorkbook

from plumbing import spreadsheets
from plumbing.characters import visible
from plumbing.spreadsheets import disarmed, writing
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as pb
from services.cli.output import answer
from services.cli.output.columns import columns_of
from services.cli.output.exporting import export
from services.cli.output.headings import HEADINGS
from services.cli.output.names import Names
from services.cli.output.titles import TITLES

CONTRACTS = (
    "alerts.v1.alerts",
    "alerts.v1.escalations",
    "grading.v1.assessments",
    "grading.v1.grading",
    "grading.v1.rulesets",
    "identity.v1.identity",
    "objection.v1.objection",
    "operations.v1.operations",
    "registry.v1.institutions",
    "registry.v1.registry",
)
NOT_PAGED = {"Ruleset"}  # shown beside what was activated; not a list to export


async def each(messages: Iterator[Any]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def save(path: Path, of: Descriptor, messages: Iterator[Any]) -> int:
    return asyncio.run(export(path, "表", columns_of(of), each(messages), Names()))


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def read_xlsx(path: Path, sheet: int = 0) -> list[dict[str, Any]]:
    heads, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(sheet).to_python()
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def subject(number: int, **fields: Any) -> pb.Subject:
    usual = {"subject_id": f"s{number}", "name": f"样例{number}", "credit_code": "007"}
    return pb.Subject(**(usual | fields))


def test_every_message_is_a_row_and_texts_stay_texts(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.csv", "a.CSV"):
        assert save(tmp_path / name, pb.Subject.DESCRIPTOR, (subject(n) for n in range(3))) == 3
    for rows in (read_csv(tmp_path / "a.csv"), read_xlsx(tmp_path / "a.xlsx")):
        assert [row["主体id"] for row in rows] == ["s0", "s1", "s2"]
        assert {row["统一社会信用代码"] for row in rows} == {"007"}
        assert {row["待核实"] for row in rows} == {"否"}
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "risky", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "=", "＠x"]
)
def test_no_text_is_read_as_a_formula(tmp_path: Path, risky: str) -> None:
    subjects = [subject(1, name=risky)]
    save(tmp_path / "a.csv", pb.Subject.DESCRIPTOR, iter(subjects))
    [row] = read_csv(tmp_path / "a.csv")
    seen = visible(risky)  # a carriage return alone becomes a sign, which is no formula
    assert row["名称"] == disarmed(seen) == (f"'{risky}" if seen == risky else seen)
    save(tmp_path / "a.xlsx", pb.Subject.DESCRIPTOR, iter(subjects))
    [row] = read_xlsx(tmp_path / "a.xlsx")
    assert row["名称"] == seen


def test_days_moments_numbers_flags_and_unset_fields(tmp_path: Path) -> None:
    record = pb.Record(
        determined_on="2026-09-01", occurred_on="", verified=True, source_ref="2026-09-01"
    )
    case = objection.Case(record_ids=["a", "b"], version=3)
    case.lodged_at.FromDatetime(datetime(2026, 9, 14, 16, 30))  # noqa: DTZ001 - UTC
    save(tmp_path / "r.xlsx", pb.Record.DESCRIPTOR, iter([record]))
    [row] = read_xlsx(tmp_path / "r.xlsx")
    assert (row["认定日期"], row["发生日期"]) == (date(2026, 9, 1), "")
    assert (row["文书编号"], row["经核实"], row["分值"]) == ("2026-09-01", "是", "")
    save(tmp_path / "c.xlsx", objection.Case.DESCRIPTOR, iter([case]))
    [row] = read_xlsx(tmp_path / "c.xlsx")
    assert row["提出时间"] == datetime(2026, 9, 15, 0, 30)  # noqa: DTZ001 - as a workbook keeps it
    assert (row["信用信息id"], row["版本"], row["期限·办理期限至"]) == ("a；b", 3, "")
    account = identity.Account(roles=[identity.ROLE_UNIT_HEAD, identity.ROLE_INSPECTOR])
    save(tmp_path / "a.csv", identity.Account.DESCRIPTOR, iter([account]))
    [row] = read_csv(tmp_path / "a.csv")
    assert row["角色"] == "单位负责人；检查人员"


def test_an_empty_list_is_a_file_with_its_headings(tmp_path: Path) -> None:
    assert save(tmp_path / "a.xlsx", pb.Subject.DESCRIPTOR, iter(())) == 0
    book = CalamineWorkbook.from_path(tmp_path / "a.xlsx")
    [heads] = book.get_sheet_by_index(0).to_python()
    assert "统一社会信用代码" in heads


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_a_list_that_fails_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[pb.Subject]:
        yield subject(1)
        raise ConnectionError

    (tmp_path / name).write_text("before")
    with pytest.raises(ConnectionError):
        save(tmp_path / name, pb.Subject.DESCRIPTOR, broken())
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "before"


def test_a_file_name_must_end_in_a_known_format(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter):
        save(tmp_path / "a.pdf", pb.Subject.DESCRIPTOR, iter(()))


def test_a_long_list_continues_on_another_sheet_and_a_long_text_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "ROWS_ON_A_SHEET", 2)
    subjects = (subject(n, name="长" * 40_000) for n in range(5))
    save(tmp_path / "a.xlsx", pb.Subject.DESCRIPTOR, subjects)
    assert CalamineWorkbook.from_path(tmp_path / "a.xlsx").sheet_names == ["表", "表 2", "表 3"]
    rows = [row for sheet in range(3) for row in read_xlsx(tmp_path / "a.xlsx", sheet)]
    assert [row["主体id"] for row in rows] == [f"s{n}" for n in range(5)]
    assert all(len(row["名称"]) == 32_767 and row["名称"].endswith("（未完）") for row in rows)


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_memory_does_not_grow_with_the_list(tmp_path: Path, name: str) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        try:
            with writing(tmp_path / name, "表", ["甲", "乙"]) as writer:
                for number in range(rows):
                    writer.write([f"单位{number}", number])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(6000) < peak(3000) * 1.2


async def test_every_page_is_read_with_the_largest_page_size(tmp_path: Path) -> None:
    requests: list[tuple[int, str, str]] = []

    async def method(
        request: pb.ListSubjectsRequest, metadata: Metadata
    ) -> pb.ListSubjectsResponse:
        assert metadata == (("x-purpose", "export"),)  # what the access log notes
        requests.append((request.page_size, request.page_token, request.bureau))
        page = len(requests)
        token = f"t{page}" if page < 3 else ""
        return pb.ListSubjectsResponse(subjects=[subject(page)], next_page_token=token)

    request_ = pb.ListSubjectsRequest(bureau="330106", page_size=20)
    written = await answer.export_list(method, request_, tmp_path / "a.csv", None)
    assert written == 3
    assert requests == [(1000, "", "330106"), (1000, "t1", "330106"), (1000, "t2", "330106")]
    assert [row["主体id"] for row in read_csv(tmp_path / "a.csv")] == ["s1", "s2", "s3"]
    assert request_.page_size == 20


Metadata = tuple[tuple[str, str], ...]


def lists() -> Iterator[Descriptor]:
    """The message of every list of the contract."""
    for name in CONTRACTS:
        module = importlib.import_module(f"protos.{name}_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                if method.name.startswith("List"):
                    yield answer.items_of(method.output_type)[1]


def test_every_field_of_every_list_has_a_chinese_heading() -> None:
    listed = [message for message in lists() if message.name not in NOT_PAGED]
    assert len(listed) > 15
    unnamed = {
        f"{message.name}: {column.heading}"
        for message in listed
        for column in columns_of(message)
        if column.heading.isascii() and column.heading != "SHA-256"
    }
    assert unnamed == set()
    assert {message.name for message in listed} <= set(TITLES)
    for message in listed:
        headings = [column.heading for column in columns_of(message)]
        assert len(set(headings)) == len(headings), message.name
    assert all(HEADINGS.values())
