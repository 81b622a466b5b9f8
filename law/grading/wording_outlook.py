"""Sentences in Chinese or English about an outlook, and about grades under several texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from law.grading.outlook import Outlook, Turn
from law.grading.paths import Path
from law.grading.receipt import Receipt
from law.grading.steps import Step, StepKind
from law.grading.wording_receipt import Lang
from law.kind_names import kind_name
from law.reader.texts import spell_out
from law.texts_in_force.load import load
from law.texts_in_force.model import NotGraded, Ruleset


def foretell(outlook: Outlook, lang: Lang, names: Mapping[str, str] | None = None) -> list[str]:
    """Returns sentences about a grade, its future changes and the ways to a better grade.

    `names` maps the ids of records to names; a record without a name is called by its id.
    """
    return list(_OutlookSentences(outlook, lang, names or {}).sentences())


def tell_apart(receipts: Sequence[Receipt], lang: Lang) -> list[str]:
    """Returns one sentence for each receipt: the title of the legal text and the grade under it."""
    return [_side(receipt, lang) for receipt in receipts]


def _side(receipt: Receipt, lang: Lang) -> str:
    text = load(receipt.ruleset_id)
    if receipt.not_graded is not None:
        why = why_not_graded(receipt.not_graded, lang)
        return (
            f"依《{text.title_zh}》不评定等级：{why}。"
            if lang == "zh"
            else (f"Under the {text.title_en} there is no grade: {why}")
        )
    graded = _grade(receipt.ruleset_id, receipt.grade, receipt.score, lang)
    if lang == "zh":
        return f"依《{text.title_zh}》为{graded}。"
    return f"Under the {text.title_en} the grade is {graded}."


def why_not_graded(beyond: NotGraded, lang: Lang) -> str:
    """Returns a sentence with the reason why a subject has no grade, and its article."""
    if lang == "zh":
        return f"{beyond.reason_zh}（{beyond.cite}）" if beyond.cite else beyond.reason_zh
    return f"{beyond.reason_en} ({beyond.cite})" if beyond.cite else beyond.reason_en


@dataclass(frozen=True)
class _OutlookSentences:
    outlook: Outlook
    lang: Lang
    names: Mapping[str, str]

    def sentences(self) -> Iterator[str]:
        outlook = self.outlook
        graded = self._grade(outlook.grade, outlook.score)
        yield self._say(f"截至{outlook.as_of}为{graded}。", f"As of {outlook.as_of}: {graded}.")
        yield from map(self._turn, outlook.turns)
        if not outlook.turns:
            yield self._say("等级不会自行变化。", "The grade will not change by itself.")
        yield from self._ways()

    def _ways(self) -> Iterator[str]:
        outlook = self.outlook
        if outlook.path is None:
            if outlook.grade and self._text.rank(outlook.grade):
                zh, en = "目前没有可以提升等级的步骤。", "No step within reach raises the grade."
                yield self._say(zh, en)
            return
        yield from self._way(outlook.path, "步骤最少", "With the fewest steps")
        if outlook.soonest is not None and outlook.soonest != outlook.path:
            yield from self._way(outlook.soonest, "最快", "Soonest")

    def _turn(self, turn: Turn) -> str:
        graded, why = self._grade(turn.grade, turn.score), self._why(turn)
        return self._say(
            f"若无其他变化，自{turn.on}起为{graded}{why}。",
            f"If nothing else happens, from {turn.on}: {graded}{why}.",
        )

    def _why(self, turn: Turn) -> str:
        leaves, enters = self._list(turn.leaves), self._list(turn.enters)
        zh = [f"{leaves}不再计入"] * bool(leaves) + [f"{enters}开始计入"] * bool(enters)
        en = [f"{leaves} no longer counts"] * bool(leaves) + [f"{enters} counts"] * bool(enters)
        reasons = self._say("，".join(zh), ", ".join(en))
        return self._say(f"：{reasons}", f": {reasons}") if reasons else ""

    def _way(self, path: Path, zh: str, en: str) -> Iterator[str]:
        graded = self._grade(path.grade, path.score)
        yield self._say(
            f"{zh}的途径：自{path.on}起可达{graded}。", f"{en}: {graded} from {path.on}."
        )
        yield from (self._step(step, path) for step in path.steps)

    def _step(self, step: Step, path: Path) -> str:
        kind, record = kind_name(step.kind, self.lang), self.names.get(step.record, step.record)
        cite = spell_out(step.cite, self.lang, within=self._text.text)
        points = "" if step.points is None else f" {step.points:+d}"
        if step.step is StepKind.ACT:
            zh, en = f"最迟{path.act_by}，取得：{kind}", f"By {path.act_by}, bring about: {kind}"
        elif step.step is StepKind.REPAIR:
            zh = f"{step.possible_on}起，就记录{record}（{kind}）申请修复"
            en = f"From {step.possible_on}, apply to repair {record}"
        else:
            zh = f"等待记录{record}（{kind}）届满，{step.possible_on}起不再计入"
            en = f"Wait until {record} expires, from {step.possible_on}"
        return self._say(f"{zh}{points}（{cite}）。", f"{en}{points} ({cite}).")

    @property
    def _text(self) -> Ruleset:
        return load(self.outlook.ruleset_id)

    def _list(self, records: Sequence[str]) -> str:
        return self._say("、", ", ").join(self.names.get(record, record) for record in records)

    def _grade(self, grade: str | None, score: int | None) -> str:
        return _grade(self.outlook.ruleset_id, grade, score, self.lang)

    def _say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en


def _grade(ruleset_id: str, grade: str | None, score: int | None, lang: Lang) -> str:
    if grade is None:
        return "不评定等级" if lang == "zh" else "no grade"
    known = load(ruleset_id).grade(grade)
    if lang == "zh":
        return known.title_zh if score is None else f"{known.title_zh}（{score}分）"
    return known.title_en if score is None else f"{known.title_en} ({score} points)"
