"""What if, outlook, indices and year-ends on the command line: asked and shown rightly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from typer.testing import CliRunner

from protos.alerts.v1 import escalations_pb2 as alerts
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import laboratories_pb2 as laboratories
from protos.registry.v1 import registry_pb2 as registry
from services.cli.__main__ import app
from services.cli.commands import confirming, grades, ids, rulesets
from services.cli.output import answer as answer_module
from services.cli.output.names import Names

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

    def __init__(self, *answers: Message) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def with_client(
        self, _data: Path | None, work: Callable[[Any], Awaitable[Any]], **_options: bool
    ) -> Any:
        return asyncio.run(_awaited(work(self)))

    def __getattr__(self, _name: str) -> Any:
        """Each service of the client, and each of its methods."""
        return _Service(self)


class _Service:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def __getattr__(self, _method: str) -> Callable[[Any], Awaitable[Message]]:
        async def call(request: Any) -> Message:
            self.platform.asked.append(type(request).FromString(request.SerializeToString()))
            answers = self.platform.answers
            return answers.pop(0) if len(answers) > 1 else answers[0]

        return call


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


async def no_names(_names: Any, _client: Any, _messages: Any) -> None:
    """What stands behind ids is asked for by other tests."""


async def whole_already(_client: Any, _service: str, _request: Any) -> None:
    """The ids of these requests are whole."""


def run(
    monkeypatch: pytest.MonkeyPatch,
    answers: Message | list[Message],
    *words: str,
    status: int = 0,
    typed: str = "",
) -> tuple[Platform, str]:
    platform = Platform(*(answers if isinstance(answers, list) else [answers]))
    for module in (answer_module, confirming, grades, rulesets):
        monkeypatch.setattr(module, "with_client", platform.with_client)
    monkeypatch.setattr(Names, "learn", no_names)
    monkeypatch.setattr(ids, "make_whole", whole_already)
    ended = CliRunner().invoke(app, list(words), input=typed)
    assert ended.exit_code == status, ended.output
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
    assert list(platform.asked[0].changes) == [
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
    request = platform.asked[0]
    assert (request.area_kind, request.findings_json) == ("scenic", '{"S01.1": true}')
    for part in ("101.5", "待公布", "重点景区", "S01.1", "附件3-1"):
        assert part in said


def test_indices_are_listed_for_programs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = pb.ListIndexesResponse(indexes=[INDEX])
    _, said = run(monkeypatch, answer, "index", "list", "--json")
    assert json.loads(said)["indexes"][0]["total"] == "101.5"
    _, table = run(monkeypatch, answer, "index", "list")
    assert "测试景区" in table


def test_a_command_sends_what_was_given_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["record", "enter", "s-1", "--kind", "行政处罚", "--determined-on", "2026年9月1日"]
    words += ["--source", "罚1号", "--points", "5", "--severity", "严重"]
    answer = registry.EnterRecordResponse(record=registry.Record(record_id="r-1"))
    platform, said = run(monkeypatch, answer, *words, "--json")
    [request] = platform.asked
    assert request.request_id
    assert request.record == registry.Record(
        subject_id="s-1",
        kind="penalty",
        severity="serious",
        determined_on="2026-09-01",
        occurred_on="2026-09-01",
        verified=True,
        points=5,
        source_ref="罚1号",
    )
    assert json.loads(said)["record_id"] == "r-1"


def test_who_enters_a_record_sees_that_it_is_perhaps_on_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ["record", "enter", "s-1", "--kind", "penalty", "--determined-on", "2026-09-01"]
    words += ["--source", "罚1号"]
    answer = registry.EnterRecordResponse(
        record=registry.Record(record_id="r-1"), likeness_id="0123456789abcdef"
    )
    _, said = run(monkeypatch, answer, *words)
    assert "01234567" in said


def test_a_change_keeps_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    present = registry.Record(
        record_id="r-1", subject_id="s-1", kind="penalty", points=7, verified=True, version=3
    )
    answers = [
        registry.GetRecordResponse(record=present),
        registry.CorrectRecordResponse(record=present),
    ]
    words = ["record", "correct", "r-1", "--ground", "复核", "--points", "0", "--unverified"]
    platform, _ = run(monkeypatch, list(answers), *words)
    reading, request = platform.asked
    assert reading.record_id == "r-1"
    expected = registry.Record()
    expected.CopyFrom(present)
    expected.points, expected.verified = 0, False
    assert (request.record, request.ground) == (expected, "复核")


def test_an_act_on_what_was_read_sends_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    room = laboratories.Laboratory(laboratory_id="l-1", version=3)
    answers = [
        laboratories.GetLaboratoryResponse(laboratory=room),
        laboratories.ReleaseLaboratoryResponse(laboratory=room),
    ]
    platform, _ = run(monkeypatch, list(answers), "laboratory", "release", "l-1")
    reading, request = platform.asked
    assert (reading.laboratory_id, request.laboratory_id) == ("l-1", "l-1")
    assert (request.released, request.version) == (True, 3)


def test_a_bureau_is_new_where_no_list_has_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.Bureau(code="330106", name="西湖区局", phone="1", version=2)
    answers: list[Message] = [
        registry.ListBureausResponse(bureaus=[known]),
        registry.PutBureauResponse(bureau=known),
    ]
    platform, _ = run(monkeypatch, answers, "bureau", "put", "330106", "--phone", "2")
    assert platform.asked[1].bureau == registry.Bureau(
        code="330106", name="西湖区局", phone="2", version=2
    )
    platform, _ = run(monkeypatch, answers, "bureau", "put", "330108", "--name", "滨江区局")
    assert platform.asked[1].bureau == registry.Bureau(code="330108", name="滨江区局")


def test_any_field_of_a_record_can_be_corrected_by_a_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = objection.DecideObjectionResponse(case=objection.Case(case_id="c-1", state="decided"))
    corrections = ["r-1=5", "r-1:summary=少量", "r-2:kind=投诉举报经查实"]
    corrections += ["r-2:determined-on=2026/9/1"]
    options = [word for text in corrections for word in ("--correct", text)]
    words = ["objection", "decide", "c-1", "--outcome", "更正", "--reasons", "有误", *options]
    platform, _ = run(monkeypatch, answer, *words)
    assert list(platform.asked[0].corrections) == [
        objection.Correction(record_id="r-1", points=5, summary="少量"),
        objection.Correction(record_id="r-2", kind="complaint_upheld", determined_on="2026-09-01"),
    ]
    assert platform.asked[0].outcome == "correct"


def test_flags_stand_for_values(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = alerts.RecordInterviewResponse(
        escalation=alerts.Escalation(escalation_id="e", state="closed", step="interview")
    )
    words = ["escalation", "interview", "e", "--minutes", "无人"]
    assert run(monkeypatch, answer, *words)[0].asked[0].outcome == "held"
    assert run(monkeypatch, answer, *words, "--absent")[0].asked[0].outcome == "not_attended"
    refused = objection.DecideExtensionResponse(case=objection.Case(case_id="c", state="accepted"))
    words = ["objection", "approve-extension", "c"]
    assert run(monkeypatch, refused, *words)[0].asked[0].approve is True
    assert run(monkeypatch, refused, *words, "--refuse")[0].asked[0].approve is False


def test_a_step_has_the_appointment_that_was_given_and_no_publication(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = alerts.ApproveStepResponse(
        escalation=alerts.Escalation(escalation_id="e", state="appointed", step="interview")
    )
    words = ["escalation", "approve", "e", "约谈", "--at", "2026-09-21 14:30"]
    platform, _ = run(monkeypatch, answer, *words, "--place", "二楼", "--who", "张三")
    request = platform.asked[0]
    assert request.step == "interview"
    assert request.appointment.at.ToJsonString() == "2026-09-21T06:30:00Z"
    assert (request.HasField("appointment"), request.HasField("publication")) == (True, False)


@pytest.mark.parametrize(("differences", "status"), [([], 0), (["score: 70, was 71"], 1)])
def test_a_receipt_that_differs_ends_with_1(
    differences: list[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = grading.VerifyReceiptResponse(differences=differences)
    run(monkeypatch, answer, "grade", "verify", "r", status=status)


def test_ids_of_the_register_are_made_whole_for_another_service() -> None:
    whole = "0123456789abcdef" * 2
    platform = Platform(
        registry.GetSubjectResponse(subject=registry.Subject(subject_id="s-whole")),
        registry.GetRecordResponse(record=registry.Record(record_id="r-whole")),
        registry.GetRecordResponse(record=registry.Record(record_id="r-other")),
    )
    client: Any = platform
    request = objection.LodgeObjectionRequest(
        subject_id="91330106MA27XL1C3F", record_ids=["0123", whole, "4567"]
    )
    asyncio.run(ids.make_whole(client, "objection", request))
    assert request.subject_id == "s-whole"
    assert list(request.record_ids) == ["r-whole", whole, "r-other"]
    assert platform.asked[0].subject_id == "91330106MA27XL1C3F"


def test_the_register_finds_its_own_ids() -> None:
    platform = Platform()
    client: Any = platform
    request = registry.GetSubjectRequest(subject_id="0123")
    asyncio.run(ids.make_whole(client, "registry", request))
    assert (request.subject_id, platform.asked) == ("0123", [])


def red_in_use(colour: str) -> list[Message]:
    """The answers to a check of putting an instrument into use, and to doing so."""
    told: Any = {"colour": colour, "reason_zh": "从未检定", "reason_en": "never verified"}
    answer = registry.SetInstrumentStateResponse(**told)
    return [answer, answer]


@pytest.mark.parametrize(
    ("colour", "typed", "words", "status", "checks"),
    [
        ("red", "n\n", (), 1, [True]),
        ("red", "y\n", (), 0, [True, False]),
        ("none", "", (), 0, [True, False]),
        ("red", "", ("--yes",), 0, [False]),
        ("red", "", ("--check-only",), 0, [True]),
    ],
)
def test_whoever_puts_into_use_what_is_red_then_is_asked_first(
    monkeypatch: pytest.MonkeyPatch,
    colour: str,
    typed: str,
    words: tuple[str, ...],
    status: int,
    checks: list[bool],
) -> None:
    monkeypatch.setattr(confirming, "_somebody_answers", lambda: True)
    command = ("instrument", "state", "i-1", "in_use", *words)
    platform, said = run(monkeypatch, red_in_use(colour), *command, status=status, typed=typed)
    assert [one.check_only for one in platform.asked] == checks
    assert ("投入使用后立即为红色警示：从未检定" in said) is bool(typed)


def test_a_script_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    platform, _ = run(monkeypatch, red_in_use("red"), "instrument", "state", "i-1", "in_use")
    assert [one.check_only for one in platform.asked] == [False]
