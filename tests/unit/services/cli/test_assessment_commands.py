"""What if, outlook, indices and year-ends on the command line: asked and shown rightly."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.message import Message
from typer.testing import CliRunner

from protos.grading.v1 import assessments_pb2 as pb
from services.cli.__main__ import app
from services.cli.commands import assessments, indices
from services.cli.output import listing, show

INDEX = pb.Index(
    index_id="i-1",
    area_name="测试景区",
    area_kind="scenic",
    total="101.5",
    base="99",
    bonus="4",
    deduction="1.5",
    state="draft",
    assessed_on="2026-09-14",
    rows=[pb.IndexRow(row="S01.1", points="3", found="1", cite="S2 附件3-1", standard="建档")],
)


class Platform:
    """Answers every call with what it is given, and notes what it was asked."""

    def __init__(self, answer: Message) -> None:
        self.answer = answer
        self.asked: Any = None

    def with_client(self, _data: Path | None, work: Callable[[Any], Awaitable[Any]]) -> Any:
        client: Any = SimpleNamespace(assessments=self)
        return work(client)

    def __getattr__(self, _method: str) -> Callable[[Any], Message]:
        def call(request: Any) -> Message:
            self.asked = request
            return self.answer

        return call


def run(monkeypatch: pytest.MonkeyPatch, answer: Message, *words: str) -> tuple[Platform, str]:
    platform = Platform(answer)
    for module in (assessments, indices, listing):
        monkeypatch.setattr(module, "with_client", platform.with_client)
    monkeypatch.setattr(show.console, "width", 200)
    ended = CliRunner().invoke(app, list(words))
    assert ended.exit_code == 0, ended.output
    return platform, ended.output


def test_what_if_asks_for_each_change_and_sets_both_grades_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = pb.WhatIfResponse(
        as_of="2026-09-14",
        before=pb.Outcome(grade="C", score=72, ruleset_id="t"),
        after=pb.Outcome(grade="2", prospective="1", ruleset_id="t"),
        explanation_zh=["截至2026-09-14。"],
    )
    words = [
        "--withdraw",
        "r-1",
        "--repair",
        "r-2@2026-10-01",
        "--add",
        "award",
        "--points",
        "r-3=4",
    ]
    platform, said = run(monkeypatch, answer, "grade", "what-if", "subj-1", *words)
    assert list(platform.asked.changes) == [
        pb.Hypothesis(ended=pb.EndedRecord(record_id="r-1", status="withdrawn")),
        pb.Hypothesis(ended=pb.EndedRecord(record_id="r-2", status="repaired", on="2026-10-01")),
        pb.Hypothesis(added=pb.AddedRecord(kind="award")),
        pb.Hypothesis(corrected=pb.CorrectedRecord(record_id="r-3", points=4)),
    ]
    for part in ("C 72分", "2（下一年度 1）", "截至2026-09-14。"):
        assert part in said


def test_points_that_are_no_number_are_refused() -> None:
    ended = CliRunner().invoke(app, ["grade", "what-if", "subj-1", "--points", "r-3=x"])
    assert ended.exit_code == 2
    assert "RECORD=N" in ended.output


def test_year_ends_are_summed_over_bureaus(monkeypatch: pytest.MonkeyPatch) -> None:
    moves = [
        pb.ClassMove(bureau="120104", class_before="2", class_after="3", subjects=1),
        pb.ClassMove(bureau="120105", class_before="2", class_after="3", subjects=2),
        pb.ClassMove(bureau="120105", class_after="2", subjects=5),
    ]
    year_end = pb.YearEnd(ruleset_id="tianjin-pilot", year=2026, subjects=8, moved=3, moves=moves)
    answer = pb.ListYearEndsResponse(year_ends=[year_end])
    _, said = run(monkeypatch, answer, "grade", "year-ends")
    assert "2→3：3，新→2：5" in said


def test_an_index_is_assessed_from_a_file_and_shown_row_by_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "findings.json"
    file.write_text('{"S01.1": true}')
    answer = pb.AssessIndexResponse(index=INDEX)
    options = ["--name", "测试景区", "--kind", "scenic", "--bureau", "331002"]
    platform, said = run(monkeypatch, answer, "index", "assess", str(file), *options)
    assert (platform.asked.area_kind, platform.asked.findings_json) == ("scenic", '{"S01.1": true}')
    for part in ("101.5", "待公布", "重点景区", "S01.1", "S2 附件3-1"):
        assert part in said


def test_indices_are_listed_for_programs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = pb.ListIndexesResponse(indexes=[INDEX])
    _, said = run(monkeypatch, answer, "index", "list", "--json")
    assert json.loads(said)["indexes"][0]["total"] == "101.5"
    _, table = run(monkeypatch, answer, "index", "list")
    assert "测试景区" in table
