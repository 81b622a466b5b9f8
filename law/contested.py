"""What an objection can be against, and the outcomes that each has (S3 27; S4 五(三)).

S3 27 names 信息采集, 披露 and 等级评价; S4 五(三) the outcomes 删除, 更正 and 终止披露. A grade is
contested with the records on which it rests: what is corrected is such a record, and the grade
follows. An entry of the register is corrected or stays, because without it nothing could be
supervised any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from law.errors import Fault
from law.objection import OUTCOME_CITE, OUTCOME_ZH, Outcome


class Target(StrEnum):
    """One thing that a case contests."""

    RECORD = "record"
    DISCLOSURE = "disclosure"  # of a record
    SUBJECT = "subject"
    INSTRUMENT = "instrument"
    VERIFICATION = "verification"


GRADE = "grade"  # is contested with records, and is no item itself
TARGET_ZH: Mapping[Target, str] = {
    Target.RECORD: "信用记录",
    Target.DISCLOSURE: "信用记录的公开",
    Target.SUBJECT: "主体登记信息",
    Target.INSTRUMENT: "计量器具信息",
    Target.VERIFICATION: "检定信息",
}
OF_RECORDS = frozenset({Target.RECORD, Target.DISCLOSURE})
OUTCOMES_OF: Mapping[Target, tuple[Outcome, ...]] = {
    Target.RECORD: (Outcome.DELETE, Outcome.CORRECT, Outcome.STOP_DISCLOSURE, Outcome.UPHOLD),
    Target.DISCLOSURE: (Outcome.STOP_DISCLOSURE, Outcome.UPHOLD),
    Target.SUBJECT: (Outcome.CORRECT, Outcome.UPHOLD),
    Target.INSTRUMENT: (Outcome.CORRECT, Outcome.UPHOLD),
    Target.VERIFICATION: (Outcome.CORRECT, Outcome.UPHOLD),
}
# The fields of an entry that a decision may correct, with their names.
CORRECTABLE: Mapping[Target, Mapping[str, str]] = {
    Target.SUBJECT: {
        "name": "名称",
        "credit_code": "统一社会信用代码",
        "sector": "行业",
        "person_in_charge": "负责人",
        "address": "地址",
    },
    Target.INSTRUMENT: {
        "type_code": "器具类型",
        "model": "规格型号",
        "serial_no": "出厂编号",
        "measuring_range": "测量范围",
        "accuracy_class": "准确度等级",
        "manufacturer": "制造单位",
        "location": "使用地点",
        "rotate_on": "轮换日期",
    },
    Target.VERIFICATION: {
        "result": "检定结果",
        "verified_on": "检定日期",
        "valid_until": "有效期至",
        "institution": "检定机构",
        "certificate_no": "证书编号",
        "method": "检定依据",
    },
}


def outcomes_of_all(targets: Iterable[Target]) -> tuple[Outcome, ...]:
    """Returns the outcomes that each of these targets can have, in the order of the law."""
    wanted = set(targets)
    return tuple(
        outcome
        for outcome in OUTCOMES_OF[Target.RECORD]
        if all(outcome in OUTCOMES_OF[target] for target in wanted)
    )


def overall(outcomes: Collection[Outcome]) -> Outcome:
    """Returns the outcome of a case whose items have these: theirs if it is one, else by item."""
    distinct = set(outcomes)
    return distinct.pop() if len(distinct) == 1 else Outcome.BY_ITEM


def is_partly_granted(outcomes: Collection[Outcome]) -> bool:
    """Returns whether some items of a case were granted and others upheld."""
    return Outcome.UPHOLD in outcomes and any(one is not Outcome.UPHOLD for one in outcomes)


def wrong_outcome(target: Target, field: str) -> Fault:
    """Returns the fault of an outcome that a target cannot have; it names those it can have."""
    allowed = OUTCOMES_OF[target]
    zh = f"对{TARGET_ZH[target]}只能：{'、'.join(OUTCOME_ZH[one] for one in allowed)}"
    en = f"a contested {target} permits only: {', '.join(allowed)}"
    return Fault(field, zh, en, cite=OUTCOME_CITE)
