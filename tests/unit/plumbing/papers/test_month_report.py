"""The report of a month: the codes on the paper are checkpoints that `audit verify` accepts."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typst
from pypdf import PdfReader
from typer.testing import CliRunner

from plumbing.checkpoints import signed_note
from plumbing.months import Month
from plumbing.papers import typesetting
from plumbing.papers.month_report import Checkpoint, MonthReport, month_report
from plumbing.settings import SERVICES
from services.cli.__main__ import app
from tests.png import qr_texts

FONT = "Noto Serif CJK SC"
TODAY = date(2026, 10, 8)
SIGNERS = {
    service: signed_note.Signer(f"quanheng/{service}", sha256(service.encode()).digest())
    for service in SERVICES
}

pytestmark = pytest.mark.skipif(
    FONT not in typst.Fonts().families(),
    reason="NO FONT: install Debian's package fonts-noto-cjk to typeset the report",
)


@dataclass
class Figure:
    name: str
    number: int


@dataclass
class Section:
    title: str
    how: str
    figures: list[Figure]


def checkpoint(service: str) -> Checkpoint:
    root = sha256(service.encode()).digest()
    text = signed_note.Checkpoint(f"quanheng/{service}", 123_456, root).text()
    return Checkpoint(service, "登记", SIGNERS[service].sign(text))


REPORT = MonthReport(
    bureau="测试市场监督管理局",
    month=Month.of("2026-09", TODAY),
    made_on=TODAY,
    sections=[
        Section("预警", "当月发出的预警", [Figure("红", 12_345), Figure("黄", 0)]),
        Section("检定", "当月的检定", []),
    ],
    checkpoints=[checkpoint(service) for service in SERVICES],
)


def pictures() -> list[bytes]:
    """The pages of the paper as pictures."""
    given: list[dict[str, Any]] = []
    with patch("plumbing.papers.month_report.typeset", lambda *asked: given.append(asked[1])):
        month_report(REPORT, "")
    faces = {key: [FONT] for key in typesetting.FACES}
    inputs = {"data": json.dumps(given[0] | {"faces": faces})}
    compiler = typst.Compiler(font_paths=typst.Fonts(), sys_inputs=inputs)
    source = (typesetting.HERE / "month_report.typ").read_bytes()
    made = compiler.compile(source, format="png", ppi=96)
    pages = made if isinstance(made, list) else [made]
    return [page for page in pages if page is not None]


def test_each_code_holds_the_whole_checkpoint_which_verifies_offline(tmp_path: Path) -> None:
    found = set[str]().union(*map(qr_texts, pictures()))
    assert found == {one.note for one in REPORT.checkpoints}
    for number, note in enumerate(sorted(found)):
        file = tmp_path / f"{number}.checkpoint"
        file.write_text(note)
        key = SIGNERS[note.split("\n")[0].rpartition("/")[2]].public_key
        words = ["audit", "verify", "--checkpoint", str(file), "--key", key]
        accepted = CliRunner().invoke(app, words)
        assert accepted.exit_code == 0, accepted.output
        file.write_text(note.replace("123456", "123457"))
        assert CliRunner().invoke(app, words).exit_code == 1


def test_the_paper_says_what_was_counted_and_is_the_same_each_time() -> None:
    paper = month_report(REPORT, "")
    assert paper == month_report(REPORT, "")
    pages = PdfReader(io.BytesIO(paper)).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    for part in ("2026年9月计量信用监管月报", "2026年10月8日", "12,345", "当月没有。"):
        assert part in text
    assert all(one.root in text for one in REPORT.checkpoints)
    assert paper != month_report(replace(REPORT, made_on=date(2026, 10, 9)), "")


@pytest.mark.parametrize(
    ("text", "today", "first", "last"),
    [
        ("", date(2026, 1, 1), "2025-12-01", "2025-12-31"),
        ("", date(2026, 3, 31), "2026-02-01", "2026-02-28"),
        ("2028-02", TODAY, "2028-02-01", "2028-02-29"),
        ("2026-12", TODAY, "2026-12-01", "2026-12-31"),
    ],
)
def test_a_month_has_all_its_days(text: str, today: date, first: str, last: str) -> None:
    month = Month.of(text, today)
    assert [day.isoformat() for day in (month.first, month.last)] == [first, last]
