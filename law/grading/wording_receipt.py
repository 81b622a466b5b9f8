"""Sentences in Chinese or English about a receipt, for the subject and the caseworker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from law.grading.receipt import Receipt
from law.grading.receipt_parts import Line, Override
from law.kind_names import kind_name
from law.measures.rule import measures
from law.reader.texts import spell_out
from law.texts_in_force.load import load
from law.texts_in_force.model import Ruleset

Lang = Literal["zh", "en"]


def explain(receipt: Receipt, lang: Lang, names: Mapping[str, str] | None = None) -> list[str]:
    """Returns sentences that explain a receipt: result, evidence, judgments, measures and cautions.

    The readings of ambiguous texts follow at the end. `names` maps the ids of subjects and records
    to names; without a name the id is used. An article without a title belongs to the text of the
    receipt. Raises NotFound for a receipt under a ruleset that is not packaged.
    """
    sentences = _Sentences(receipt, load(receipt.ruleset_id), lang, names or {})
    if receipt.not_graded is not None:
        return [*sentences.refusal(), *sentences.cautions()]
    return [
        *sentences.result(),
        *sentences.evidence(),
        *sentences.judgments(),
        *sentences.prospect(),
        *sentences.measures(),
        *sentences.cautions(),
        *sentences.readings(),
    ]


@dataclass(frozen=True)
class _Sentences:
    """The sentences about one receipt in one language."""

    receipt: Receipt
    ruleset: Ruleset
    lang: Lang
    names: Mapping[str, str]

    def refusal(self) -> Iterator[str]:
        subject, beyond = self._name(self.receipt.subject_id), self.receipt.not_graded
        if beyond is not None:
            cite = self._cite(beyond.cite)
            yield self._say(
                f"依{self._title()}，对{subject}不评定等级：{beyond.reason_zh}（{cite}）。",
                f"Under the {self._title()}, {subject} has no grade. {beyond.reason_en} ({cite})",
            )

    def result(self) -> Iterator[str]:
        day, subject = self.receipt.as_of, self._name(self.receipt.subject_id)
        grade = self._grade(self.receipt.grade)
        yield self._say(
            f"截至{day}，依{self._title()}，{subject}评定为{grade}。",
            f"As of {day}, under the {self._title()}, {subject} is graded {grade}.",
        )
        if self.receipt.score is not None:
            base = self.receipt.score - sum(line.points or 0 for line in self.receipt.lines)
            yield self._say(
                f"得分{self.receipt.score}分，其中基本分{base}分。",
                f"The score is {self.receipt.score}; every subject starts with {base}.",
            )

    def evidence(self) -> Iterator[str]:
        span = self.receipt.window
        if span is None:
            return
        cite = self._cite(span.cite)
        yield self._say(
            f"评价依据为{span.first}至{span.last}的记录（{cite}）。",
            f"Evidence is what falls between {span.first} and {span.last} ({cite}).",
        )
        yield from map(self._line, self.receipt.lines)

    def judgments(self) -> Iterator[str]:
        for judgment in self.receipt.overrides:
            # Of the judgments on all records together, only those that decided are told.
            if judgment.record or judgment.grade == self.receipt.grade:
                yield self._judgment(judgment)

    def prospect(self) -> Iterator[str]:
        if self.receipt.prospective is not None:
            grade = self._grade(self.receipt.prospective)
            yield self._say(
                f"若本年度于当日结束，下一年度类别为{grade}。",
                f"If the year ended that day, next year's would be {grade}.",
            )

    def measures(self) -> Iterator[str]:
        if not self.receipt.measures or self.receipt.grade is None:
            return
        for measure in measures(self.receipt.ruleset_id, self.receipt.grade, self.receipt.as_of):
            cite = self._cite(measure.cite)
            yield self._say(f"措施：{measure.zh}（{cite}）。", f"Measure: {measure.en} ({cite}).")

    def cautions(self) -> Iterator[str]:
        if self.receipt.no_record and self.receipt.not_graded is None:
            yield self._say("无可计入的记录（C-11）。", "No record counts (C-11).")
        if self.receipt.contested_records:
            listed = "、".join(map(self._name, self.receipt.contested_records))
            yield self._say(
                f"存在异议、处理完毕前仍计入的记录：{listed}。",
                f"Under objection, counted until decided: {listed}.",
            )
        if self.receipt.example_values:
            yield self._say(
                "注意：文件附件缺失，所用分值为示例值（R-076）。",
                "Caution: the annex is absent; the point values are examples (R-076).",
            )
        if not self.receipt.in_force:
            yield self._say(
                "注意：该文件为征求意见稿，或在该日尚未生效或已失效。",
                "Caution: the text is a draft, or was not in force that day.",
            )

    def readings(self) -> Iterator[str]:
        for reading in self.receipt.ambiguities:
            yield self._say(
                f"解释口径{reading.id}：{reading.reading_zh}。",
                f"Reading {reading.id}: {reading.reading_en}.",
            )

    def _name(self, identity: str) -> str:
        return self.names.get(identity, identity)

    def _say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def _line(self, line: Line) -> str:
        kind, cite = kind_name(line.kind, self.lang), self._cite(line.cite)
        points = "" if line.points is None else f" {line.points:+d}"
        return self._say(
            f"记录{self._name(line.record)}（{kind}）：{line.reason_zh}{points}（{cite}）。",
            f"Record {self._name(line.record)} ({kind}): {line.reason_en}{points} ({cite}).",
        )

    def _judgment(self, judgment: Override) -> str:
        grade, cite = self._grade(judgment.grade), self._cite(judgment.cite)
        if judgment.record:
            return self._say(
                f"记录{self._name(judgment.record)}直接判定为{grade}（{cite}）。",
                f"Record {self._name(judgment.record)} gives {grade} directly ({cite}).",
            )
        return self._say(f"据此判定为{grade}（{cite}）。", f"This gives {grade} ({cite}).")

    def _title(self) -> str:
        return self._say(f"《{self.ruleset.title_zh}》", self.ruleset.title_en)

    def _grade(self, grade: str | None) -> str:
        known = self.ruleset.grade(grade or "")
        return self._say(known.title_zh, known.title_en)

    def _cite(self, cite: str) -> str:
        return spell_out(cite, self.lang, within=self.ruleset.text)
