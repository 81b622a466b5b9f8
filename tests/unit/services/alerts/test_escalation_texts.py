"""The documents of an escalation: each names fact, ground, what is asked, and what it is not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from law.colours.basis import Basis
from law.escalation import Step, ladder, rung
from law.evidence import SubjectKind
from law.reader.texts import TEXTS
from services.alerts.escalation import texts
from services.alerts.escalation.texts import Facts, Outcome, Waiting
from services.alerts.notices.texts import Contact, Text

ON = date(2026, 9, 14)
BUREAU = Contact("测试市场监管局", "计量科", "0571-00000000")
RED = Outcome("FUEL", "NO-1", Basis.REJECTED, None, told=True, red=True)
OVERDUE = Outcome("FUEL", "NO-2", Basis.DATED, date(2026, 9, 1), told=True, red=True)
CURED = Outcome("FUEL", "NO-3", Basis.DATED, date(2027, 9, 1), told=True, red=False)
SOLD = Outcome("FUEL", "NO-4", Basis.REJECTED, None, told=True, red=False, gone=True)
FACTS = Facts("测试单位", ON, [RED, OVERDUE, CURED], BUREAU, "测试〔2026〕1号")
AT = datetime(2026, 9, 21, 6, 30, tzinfo=UTC)


def documents() -> dict[Step, Text]:
    return {
        Step.REMINDER: texts.reminder(FACTS),
        Step.GUIDANCE_LETTER: texts.guidance_letter(FACTS, date(2026, 9, 21)),
        Step.INTERVIEW: texts.interview(FACTS, AT, "三楼", "负责人", ""),
        Step.EXPOSURE: texts.exposure(FACTS, ["政府网站"], texts.statement(FACTS)),
    }


def test_every_step_has_its_document() -> None:
    assert set(documents()) == {rung.step for rung in ladder(SubjectKind.ORGANISATION, ON)}


@pytest.mark.parametrize("step", Step)
def test_a_document_names_number_instruments_and_ground(step: Step) -> None:
    document = documents()[step]
    for said in ("测试〔2026〕1号", "测试单位", "NO-1", "NO-2", "经检定不合格仍在使用"):
        assert said in document.body
    assert "NO-3" not in document.body  # it is red no more
    for part in rung(step, ON).cite.split(";"):
        text, article = part.split()
        assert f"《{TEXTS[text].title_zh}》{article}" in document.body
    assert "测试市场监管局计量科（电话 0571-00000000）" in document.body


def test_what_is_guidance_says_that_it_is_no_penalty() -> None:
    for step in (Step.REMINDER, Step.GUIDANCE_LETTER):
        assert "不是行政处罚" in documents()[step].body
        assert "不记入信用档案" in documents()[step].body.replace("也不记入", "不记入")


def test_the_letter_says_by_when() -> None:
    assert "请于 2026-09-21（含当日）前改正" in documents()[Step.GUIDANCE_LETTER].body


def test_the_interview_says_when_where_with_whom_and_what_follows() -> None:
    invited = documents()[Step.INTERVIEW].body
    for said in ("2026-09-21 14:30", "三楼", "负责人", "不记入信用档案"):
        assert said in invited
    noted = texts.interview(FACTS, AT, "三楼", "负责人", "S3 24(三)").body
    assert "约谈情况将记入信用档案（《杭州市计量信用管理办法（试行）》24(三)）" in noted
    assert "救济途径" in noted


def test_exposure_comes_with_the_remedy() -> None:
    told = documents()[Step.EXPOSURE].body
    assert "救济途径" in told
    assert "政府网站" in told


def test_a_draft_has_no_number() -> None:
    draft = texts.reminder(Facts("测试单位", ON, [RED], BUREAU))
    assert "编号" not in draft.body.splitlines()[0]


def test_the_closing_tells_how_each_instrument_stands() -> None:
    over = texts.closed("测试单位", ON, [CURED, SOLD], BUREAU, interview_cancelled=False)
    assert "NO-3；有效期至 2027-09-01" in over.body
    assert "NO-4。已不在贵单位名下" in over.body
    assert "约谈取消" not in over.body
    cancelled = texts.closed("测试单位", ON, [CURED], BUREAU, interview_cancelled=True)
    assert "约谈取消" in cancelled.body


def test_what_waits_is_told_with_whom_it_waits_for() -> None:
    told = texts.approvals(
        ON,
        [
            Waiting("甲", "s1/1", Step.REMINDER, ON, interview_past=False),
            Waiting("乙", "s2/1", Step.EXPOSURE, ON, interview_past=False),
            Waiting("丙", "s3/1", Step.INTERVIEW, ON, interview_past=True),
        ],
    )
    assert told.title.endswith("3 项")
    assert "甲：提醒待经办人批准" in told.body
    assert "乙：曝光待单位负责人批准" in told.body
    assert "丙：约谈日期已过，待记录情况" in told.body
