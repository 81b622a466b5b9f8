"""How letters name contested items: entries of the register, the outcome of each, the grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from law.contested import CORRECTABLE, OF_RECORDS, TARGET_ZH, Target, is_partly_granted
from law.instruments import catalogue
from law.objection import OUTCOME_CITE, OUTCOME_ZH, Outcome
from law.reader.texts import spell_articles
from plumbing.papers.day_names import day_zh
from services.objection.contested.grades import GradeContest
from services.objection.contested.items import Item, items_of
from services.objection.grade_names import grade_zh
from services.objection.tables import Case

RESULT_ZH = {
    "pass": "合格",
    "reject": "不合格",
    "repaired": "已修理或签封损坏，未再检定",
    "pending": "待定",
}
_DAYS = frozenset({"rotate_on", "verified_on", "valid_until"})


@dataclass(frozen=True)
class EntryFacts:
    """An entry of the register that a letter names, its correction, and the outcome.

    `result` is empty where the case has one outcome for all that it contests.
    """

    heading: str
    corrected_to: Sequence[str] = ()
    result: str = ""


def entry_facts(case: Case) -> list[EntryFacts]:
    """Returns the contested entries of a case as its letters name them."""
    return [
        EntryFacts(_heading(item), _spelled(item, item.values), result_of(case, item.key))
        for item in items_of(case)
        if item.target not in OF_RECORDS
    ]


def disclosures(case: Case) -> frozenset[str]:
    """Returns the ids of the records of which a case contests the disclosure only."""
    return frozenset(one.id for one in items_of(case) if one.target is Target.DISCLOSURE)


def result_of(case: Case, key: str) -> str:
    """Returns the outcome of one item with its article; empty if the case has one for all."""
    if case.outcome is not Outcome.BY_ITEM:
        return ""
    outcome = next(one.outcome for one in items_of(case) if one.key == key)
    return f"{OUTCOME_ZH[outcome]}（依据：{spell_articles(OUTCOME_CITE)}）" if outcome else ""


def outcome_text(case: Case) -> str:
    """Returns the outcome of a case; of one decided item by item how many have which outcome."""
    if case.outcome is not Outcome.BY_ITEM:
        return OUTCOME_ZH[case.outcome] if case.outcome else ""
    outcomes = [item.outcome for item in items_of(case) if item.outcome]
    counted = Counter(outcomes)
    each = "、".join(f"{OUTCOME_ZH[one]}{n}项" for one in Outcome if (n := counted[one]))
    partly = "部分支持，" if is_partly_granted(outcomes) else ""
    return f"{partly}分项决定：{each}，各项结果见上"


def grade_lines(case: Case) -> Iterator[str]:
    """Yields what a letter says of a contested grade; nothing for any other case."""
    if case.contested_grade is None:
        return
    contest = GradeContest.model_validate(case.contested_grade)
    yield (
        f"异议针对信用等级{_graded(contest.grade, contest.score)}（评级凭证："
        f"{contest.receipt_id}）。提出之日不计下列记录重新计算，等级为"
        f"{_graded(contest.grade_without, contest.score_without)}。"
    )


def _graded(grade: str, score: int | None) -> str:
    named = grade_zh(grade) or "未评定"
    return named if score is None else f"{named}（{score}分）"


def _heading(item: Item) -> str:
    facts = "；".join(_spelled(item, {name: one for name, one in item.facts.items() if one}))
    return f"{TARGET_ZH[item.target]}（{facts}）" if facts else TARGET_ZH[item.target]


def _spelled(item: Item, values: Mapping[str, str]) -> tuple[str, ...]:
    """Each field with its value in Chinese, for example 出厂编号：1234."""
    names = CORRECTABLE[item.target]
    return tuple(f"{names[name]}：{value_zh(name, one)}" for name, one in values.items())


def value_zh(field: str, value: str) -> str:
    """Returns the value of a field of an entry in Chinese; of a type or result its name."""
    if not value:
        return "（空）"
    if field == "type_code":
        known = catalogue().get(value)
        return known.name_zh if known else value
    if field in _DAYS:
        return day_zh(date.fromisoformat(value))
    return RESULT_ZH.get(value, value) if field == "result" else value
