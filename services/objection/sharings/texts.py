"""The Chinese texts that go to receivers: the records themselves, and what a case did to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import OUTCOME_CITE, REPAIR_CITE, CaseKind
from law.reader.texts import spell_articles
from plumbing.papers.day_names import day_zh
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1.registry_pb2 import Record
from services.objection.effects import EFFECTS_ZH, effects_of, grade_changed
from services.objection.grade_names import grade_zh
from services.objection.letters import Office
from services.objection.sharings.tables import Sharing
from services.objection.sharings.ways import Way
from services.objection.tables import Case

SHARING_CITE = "S3 17; S4 三(五)"
CORRECTION_CITE = "S4 三(三)"
_SECRECY_CITE = "S3 29"
_PASS_IT_ON = "请据此更正或者删除贵单位保存的信息；已经转给其他单位的，请一并告知。"


def shared_records(
    receiver: str,
    subject: str,
    records: Sequence[Record],
    grade: Grade | None,
    office: Office,
    purpose: str,
) -> tuple[str, str]:
    """Returns the title and the text with which a bureau shares records, and a grade if any.

    The facts of a record are its kind, its document and its day, and that an objection to it runs;
    its free text stays inside.
    """
    lines = [
        f"{number}. {kind_name(RecordKind(one.kind), 'zh')}（文书：{one.source_ref}；"
        f"认定日期：{day_zh(date.fromisoformat(one.determined_on))}）"
        + ("，主体对其提出的异议正在办理" if one.contested else "")
        for number, one in enumerate(records, start=1)
    ]
    secrecy = spell_articles(_SECRECY_CITE)
    body = [
        f"{receiver}：",
        f"现将{subject}的下列计量信用信息提供给贵单位（依据：{spell_articles(SHARING_CITE)}）。",
        f"用途：{purpose}",
        *lines,
        *([_graded(grade)] if grade and grade.grade else []),
        f"未公开的信息应当保密，不得提供给第三方（依据：{secrecy}）。",
        "信息更正、删除或者修复的，本机关另行告知。",
        f"联系：{office.contact}",
    ]
    return f"计量信用信息：{subject}", "\n".join(body)


def _graded(grade: Grade) -> str:
    contested = "，所依据的记录有异议正在办理" if grade.contested else ""
    return f"信用等级：{grade_zh(grade.grade)}{contested}"


def what_a_case_did(
    case: Case, sharing: Sharing, linked: Collection[str], subject: str, office: Office
) -> tuple[str, str, list[str]]:
    """Returns the title and the text of a notice to a receiver, and the records that it names.

    It names those of the case that are `linked` to the sharing.
    """
    effects, facts = effects_of(case), _facts(case)
    named = [record_id for record_id in effects if record_id in linked]
    lines = [
        f"{number}. {facts.get(record_id, record_id)}：{EFFECTS_ZH[effects[record_id]]}。"
        for number, record_id in enumerate(named, start=1)
    ]
    if sharing.with_grade and grade_changed(case):
        before, after = (
            grade_zh(one or "") or "未评定" for one in (case.grade_before, case.grade_after)
        )
        lines.append(f"信用等级由{before}变为{after}。")
    cite = REPAIR_CITE if case.kind is CaseKind.REPAIR else OUTCOME_CITE
    if sharing.way == Way.CIRCULAR and case.kind is CaseKind.REPAIR:
        lines.insert(0, "该主体获准信用修复。")
    body = [
        f"{sharing.receiver}：",
        _shared_before(sharing, subject),
        f"经{case.number}处理，上述信息有下列变化（依据：{spell_articles(cite)}）：",
        *lines,
        _PASS_IT_ON,
        f"联系：{office.contact}",
    ]
    return f"计量信用信息变更：{subject}", "\n".join(body), named


def _shared_before(sharing: Sharing, subject: str) -> str:
    day, document = day_zh(sharing.shared_on), sharing.document
    if sharing.way == Way.CIRCULAR:
        return f"本机关于{day}以{document}向贵单位通报了{subject}的计量信用情况。"
    named = f"（{document}）" if document else ""
    return f"本机关于{day}提供给贵单位{subject}的计量信用信息{named}。"


def off_the_list(sharing: Sharing, subject: str, reasons: str, office: Office) -> tuple[str, str]:
    """Returns the title and the text of the notice that a subject came off the exposure list."""
    body = [
        f"{sharing.receiver}：",
        _shared_before(sharing, subject),
        f"{subject}已从曝光名单撤下：{reasons}",
        "该通报此后不再作为依据。",
        _PASS_IT_ON,
        f"联系：{office.contact}",
    ]
    return f"通报事项变更：{subject}", "\n".join(body)


def grade_ended(sharing: Sharing, subject: str, reasons: str, office: Office) -> tuple[str, str]:
    """Returns the title and the text of the notice that a subject is no more at the grade told."""
    body = [
        f"{sharing.receiver}：",
        _shared_before(sharing, subject),
        f"{subject}已不在该名单的范围内：{reasons}",
        "该名单此后不再作为对其采取措施的依据。",
        _PASS_IT_ON,
        f"联系：{office.contact}",
    ]
    return f"信用名单变更：{subject}", "\n".join(body)


def _facts(case: Case) -> Mapping[str, str]:
    """What each record of a case is called, by its id."""
    return {
        one["record_id"]: f"{kind_name(RecordKind(one['kind']), 'zh')}（文书：{one['source_ref']}）"
        for one in case.records_as_lodged
    }
