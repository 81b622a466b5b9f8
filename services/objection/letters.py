"""The letters to the subject, in Chinese; pure text from facts.

A decision names the case, the records, the outcome and its reasons, explains the grade before and
after point by point, and says where to go when dissatisfied (S3 27, 28; S4 五(三)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from law.objection import OBJECTION_CITE, OUTCOME_CITE, OUTCOME_ZH, TERM_CITE, CaseKind, Outcome
from law.objection import TERM_OF as TERMS
from law.reader.texts import spell_out
from law.terms.data import Basis, definition
from services.objection.schedule import day_zh

DECISION_TITLE = "异议处理决定书"
DECLINED_TITLE = "异议不予受理通知书"
_RECONSIDERATION_CITE = f"{OUTCOME_CITE}; {OBJECTION_CITE}"


@dataclass(frozen=True)
class LetterText:
    """A letter before it is issued; paragraphs are separated by a line feed."""

    title: str
    body: str


@dataclass(frozen=True)
class RecordFacts:
    """A contested record as a letter names it, and what a correction makes of it."""

    kind: str
    summary: str
    source_ref: str
    determined_on: date
    corrected_to: Sequence[str] = ()


@dataclass(frozen=True)
class GradeFacts:
    """A grade with its receipt, point by point."""

    grade: str
    receipt_id: str
    explanation: Sequence[str]


@dataclass(frozen=True)
class Office:
    """A bureau as a letter names it and its contacts (S3 28, R-113)."""

    name: str
    department: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class LetterFacts:
    """What every letter of a case rests on; `municipal` reconsiders what `office` decided."""

    subject: str
    number: str
    lodged_on: date
    records: Sequence[RecordFacts]
    reasons: str
    office: Office
    municipal: Office
    on: date


def decision_letter(
    facts: LetterFacts, outcome: Outcome, before: GradeFacts, after: GradeFacts
) -> LetterText:
    """《异议处理决定书》."""
    body = [
        *_opening(facts, "经核查，现决定如下。"),
        f"二、处理结果：{OUTCOME_ZH[outcome]}（依据：{spell_out(OUTCOME_CITE, 'zh')}）。",
        f"三、理由：{facts.reasons}",
        "四、对信用等级的影响",
        *grade_lines("决定执行前", before),
        *grade_lines("决定执行后", after),
        *_remedy(facts, "五"),
        *closing(facts),
    ]
    return LetterText(DECISION_TITLE, "\n".join(body))


def declined_letter(facts: LetterFacts) -> LetterText:
    """《异议不予受理通知书》."""
    body = [
        *_opening(facts, "经审查，决定不予受理。"),
        f"二、理由：{facts.reasons}（依据：{spell_out(OBJECTION_CITE, 'zh')}）",
        *_remedy(facts, "三"),
        *closing(facts),
    ]
    return LetterText(DECLINED_TITLE, "\n".join(body))


def _opening(facts: LetterFacts, verdict: str) -> Iterator[str]:
    yield f"案号：{facts.number}"
    yield f"{facts.subject}："
    yield f"你单位于{day_zh(facts.lodged_on)}对下列计量信用记录提出异议，{verdict}"
    yield "一、异议所涉记录"
    yield from record_lines(facts.records)


def record_lines(records: Sequence[RecordFacts]) -> Iterator[str]:
    """The records of a case, numbered."""
    for place, record in enumerate(records, 1):
        said = "：".join(filter(None, (record.kind, record.summary)))
        day = day_zh(record.determined_on)
        yield f"{place}. {said}（来源文书：{record.source_ref}；认定日期：{day}）"
        if record.corrected_to:
            yield f"　　更正为：{'；'.join(record.corrected_to)}"


def grade_lines(when: str, facts: GradeFacts) -> Iterator[str]:
    """A grade with its receipt, point by point."""
    if not facts.receipt_id:
        yield f"{when}：未评定等级。"
        return
    yield f"{when}：{facts.grade or '未评定等级'}（评级凭证：{facts.receipt_id}）"
    yield from (f"　　{line}" for line in facts.explanation)


def _remedy(facts: LetterFacts, place: str) -> Iterator[str]:
    term = definition(TERMS[CaseKind.RECONSIDERATION], facts.on)
    # Where the city's bureau made the record itself, another unit of it reconsiders (C-14).
    another = "，由其另一内设机构办理" if facts.municipal == facts.office else ""
    adopted = "，现行文本未规定日数，此为采用的规范" if term.basis is Basis.ADOPTED else ""
    yield (
        f"{place}、救济途径：对本处理结果不服的，可以向{facts.municipal.name}申请复核{another}"
        f"（依据：{spell_out(_RECONSIDERATION_CITE, 'zh')}）；"
        f"复核自受理之日起{term.days}个工作日内作出，情况复杂的经批准可延长，"
        f"累计不超过{term.cap}个工作日（依据：{spell_out(TERM_CITE, 'zh')}{adopted}）。"
    )
    yield f"异议受理：{contact(facts.office)}"
    yield f"复核受理：{contact(facts.municipal)}"


def contact(office: Office) -> str:
    """A bureau and the ways to reach it."""
    ways = {"部门": office.department, "电话": office.phone, "电子邮箱": office.email}
    said = "，".join(f"{name}：{value}" for name, value in ways.items() if value)
    return f"{office.name}（{said}）" if said else office.name


def closing(facts: LetterFacts) -> Iterator[str]:
    """Who writes, and when."""
    yield facts.office.name
    yield day_zh(facts.on)
