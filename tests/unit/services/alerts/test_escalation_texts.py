"""The documents of an escalation: each names the facts, the ground and what is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from law.colours.basis import Basis
from law.courses import RED_ALERT, grade_course, ladder
from law.escalation import Step, rung
from law.evidence import SubjectKind
from law.measures.rule import measures
from law.reader.texts import spell_articles
from services.alerts.escalation import documents as documents_of
from services.alerts.escalation import ladder_letters, texts
from services.alerts.escalation.texts import DocumentFacts, PendingStep, RedLine
from services.alerts.exposure_lists import texts as lists
from services.alerts.notices.texts import Contact, Text
from services.alerts.tables import EscalationStep, StepState

ON = date(2026, 9, 14)
BUREAU = Contact("测试市场监管局", "计量科", "0571-00000000")
RED = RedLine("FUEL", "NO-1", Basis.REJECTED, None, notified=True, red=True)
OVERDUE = RedLine("FUEL", "NO-2", Basis.DATED, date(2026, 9, 1), notified=True, red=True)
CURED = RedLine("FUEL", "NO-3", Basis.DATED, date(2027, 9, 1), notified=True, red=False)
SOLD = RedLine("FUEL", "NO-4", Basis.REJECTED, None, notified=True, red=False, gone=True)
FACTS = DocumentFacts("测试单位", ON, [RED, OVERDUE, CURED], BUREAU, "测试〔2026〕1号")
AT = datetime(2026, 9, 21, 6, 30, tzinfo=UTC)


def documents() -> dict[Step, Text]:
    return {
        Step.REMINDER: ladder_letters.reminder(FACTS),
        Step.GUIDANCE_LETTER: ladder_letters.guidance_letter(FACTS, date(2026, 9, 21)),
        Step.INTERVIEW: ladder_letters.interview(FACTS, AT, "三楼", "负责人", ""),
    }


def test_every_step_has_its_document_but_the_exposure_of_which_a_list_tells() -> None:
    rungs = ladder(RED_ALERT, SubjectKind.ORGANISATION, ON)
    assert {*documents(), Step.EXPOSURE} == {rung.step for rung in rungs}
    assert documents_of.text_of(of_step(Step.EXPOSURE), FACTS, SubjectKind.ORGANISATION) is None


@pytest.mark.parametrize("step", documents())
def test_a_document_names_number_instruments_and_ground(step: Step) -> None:
    document = documents()[step]
    for part in ("测试〔2026〕1号", "测试单位", "NO-1", "NO-2", "经检定不合格仍在使用"):
        assert part in document.body
    assert "NO-3" not in document.body  # no longer red
    for citation in rung(step, ON).cite.split(";"):
        title, _, article = spell_articles(citation).partition("》")
        assert re.search(f"{re.escape(title)}》[^《]*{re.escape(article)}", document.body)
    assert "测试市场监管局计量科（电话 0571-00000000）" in document.body


def test_a_reminder_and_a_letter_say_that_they_are_not_a_penalty() -> None:
    for step in (Step.REMINDER, Step.GUIDANCE_LETTER):
        assert "不是行政处罚" in documents()[step].body
        assert "不记入信用档案" in documents()[step].body.replace("也不记入", "不记入")


def test_the_guidance_letter_names_the_last_day_to_correct() -> None:
    assert "请于 2026-09-21（含当日）前改正" in documents()[Step.GUIDANCE_LETTER].body


def test_the_interview_names_time_place_attendees_and_what_follows() -> None:
    invitation = documents()[Step.INTERVIEW].body
    for part in ("2026-09-21 14:30", "三楼", "负责人", "不记入信用档案"):
        assert part in invitation
    recorded = ladder_letters.interview(FACTS, AT, "三楼", "负责人", "S3 24(三)").body
    assert (
        "约谈情况将记入信用档案（《杭州市计量信用管理办法（试行）》第二十四条第（三）项）"
        in recorded
    )
    assert "救济途径" in recorded


def test_a_draft_has_no_number() -> None:
    draft = ladder_letters.reminder(DocumentFacts("测试单位", ON, [RED], BUREAU))
    assert "编号" not in draft.body.splitlines()[0]


def test_the_title_of_a_document_says_what_it_is_and_no_word_twice() -> None:
    draft = DocumentFacts("测试单位", ON, [RED], BUREAU)
    by_hand = DocumentFacts("测试单位", ON, [], BUREAU, course="minor_breach", occasion="秤未检定")
    last = date(2026, 9, 21)
    for facts in (FACTS, draft):
        assert (
            ladder_letters.guidance_letter(facts, last).title
            == "行政指导建议书：请于 2026-09-21 前改正"
        )
    written = [document.title for document in documents().values()]
    written += [ladder_letters.guidance_letter(by_hand, last).title]
    for title in written:
        assert title.startswith(tuple(texts.LETTER_TITLES.values()))
        assert "〔" not in title  # a number begins with the name of the step


def of_step(step: Step) -> EscalationStep:
    return EscalationStep(escalation_id="s1/1", step=step, state=StepState.PROPOSED, proposed_at=AT)


@pytest.mark.parametrize(
    ("step", "what", "below"),
    [
        (Step.REMINDER, "现予提醒", "不是行政处罚"),
        (Step.GUIDANCE_LETTER, "三、建议：", "不是行政处罚"),
        (Step.MEASURES, "列为重点监管对象", "救济途径"),
    ],
)
def test_every_document_stands_in_the_words_of_the_bureau(
    step: Step, what: str, below: str
) -> None:
    """They stand around what the platform writes; how to object and whom to ask stays below."""
    facts = FACTS
    if step is Step.MEASURES:
        permitted = measures("hangzhou-trial", "E", ON)
        course = grade_course("hangzhou-trial", "E", ON)
        assert course is not None
        facts = replace(FACTS, course=course.id, lines=(), grade="E级", measures=permitted)
    plain = documents_of.text_of(of_step(step), facts, SubjectKind.ORGANISATION)
    wordings = {step.value: [(AT, "{主体}：窗口在一楼。\n{正文}\n{机关}敬告。")]}
    own = documents_of.text_of(
        of_step(step), replace(facts, wordings=wordings), SubjectKind.ORGANISATION
    )
    assert plain is not None
    assert own is not None
    lines = own.body.splitlines()
    first, last = lines.index("测试单位：窗口在一楼。"), lines.index("测试市场监管局敬告。")
    assert what in "\n".join(lines[first:last])
    assert below in "\n".join(lines[last:])
    assert [line for at, line in enumerate(lines) if at not in (first, last)] == (
        plain.body.splitlines()
    )


def test_who_stands_on_a_list_is_told_in_the_words_of_the_bureau() -> None:
    told = ("测试单位", "曝光名单〔2026〕1号", "陈述。", ["报刊"], BUREAU, ON)
    plain = lists.placed(*told).body.splitlines()
    own = lists.placed(*told, template="{正文}\n窗口在一楼。").body.splitlines()
    assert own[:5] == plain[:5]
    assert own[5:] == ["窗口在一楼。", *plain[5:]]
    assert "救济途径" in own[7]


def test_the_closing_names_the_basis_of_each_instrument() -> None:
    closing = texts.closed("测试单位", ON, [CURED, SOLD], BUREAU, interview_cancelled=False)
    assert "NO-3；有效期至 2027-09-01" in closing.body
    assert "NO-4。已不在贵单位名下" in closing.body
    assert "约谈取消" not in closing.body
    cancelled = texts.closed("测试单位", ON, [CURED], BUREAU, interview_cancelled=True)
    assert "约谈取消" in cancelled.body


def test_the_digest_names_who_decides_each_step() -> None:
    digest = texts.approval_digest(
        ON,
        [
            PendingStep("甲", Step.REMINDER, ON, interview_past=False),
            PendingStep("乙", Step.EXPOSURE, ON, interview_past=False),
            PendingStep("丙", Step.INTERVIEW, ON, interview_past=True),
        ],
    )
    assert digest.title.endswith("：3 项待处理")
    assert "甲：提醒待办案人员批准" in digest.body
    assert "乙：曝光待列入曝光名单公开，或者由单位负责人不批准、暂缓" in digest.body
    assert "丙：约谈日期已过，待记录情况" in digest.body
    assert "quanheng" not in digest.body


def test_the_digest_counts_instruments_of_which_nobody_was_told() -> None:
    step = PendingStep("甲", Step.REMINDER, ON, interview_past=False)
    both = texts.approval_digest(ON, [step], (12, date(2026, 9, 1)))
    assert both.title.endswith("：1 项待处理，12 台器具待首次告知")
    alone = texts.approval_digest(ON, [], (12, date(2026, 9, 1)))
    assert alone.title.endswith("：12 台器具待首次告知")
    graded = texts.approval_digest(ON, [], grades=(3, date(2026, 9, 1)))
    assert graded.title.endswith("：3 个主体的等级待开始督促")
    assert "首次告知" not in graded.body


@pytest.mark.parametrize("step", documents())
def test_no_document_holds_a_number_of_our_own_or_the_short_name_of_a_text(step: Step) -> None:
    never_verified = RedLine("FUEL", "NO-5", Basis.UNVERIFIED, None, notified=True, red=True)
    facts = DocumentFacts("测试单位", ON, [RED, never_verified], BUREAU, "测试〔2026〕1号")
    letters = {
        Step.REMINDER: ladder_letters.reminder(facts),
        Step.GUIDANCE_LETTER: ladder_letters.guidance_letter(facts, date(2026, 9, 21)),
        Step.INTERVIEW: ladder_letters.interview(facts, AT, "三楼", "负责人", "S3 24(三); S3 25"),
    }
    assert not re.search(r"\b[CRD]-\d|\bS\d \S", letters[step].body)
