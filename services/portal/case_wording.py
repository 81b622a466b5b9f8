"""The words of the pages for cases: their kinds, states, steps and terms."""

from __future__ import annotations

from collections.abc import Iterable

from law.objection import STATE_ZH, STEP_ZH, CaseKind, CaseState, Outcome, Step, outcome_zh
from protos.objection.v1 import objection_pb2
from services.portal import case_words
from services.portal.marked import N_
from services.portal.saying import Saying, Tag


class CaseWording(Saying):
    """Translates the codes of cases to words in the language of one page."""

    def case_state(self, code: str) -> Tag:
        """Returns the tag of a case's state."""
        word = self._say(STATE_ZH[CaseState(code)])
        return Tag(word, "", case_words.STYLES.get(code, "govuk-tag--blue"))

    def classification(self, code: str) -> str:
        """Returns who may see a file of a case."""
        return self._say(case_words.CLASSIFICATIONS[code])

    def classifications(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Returns codes with who may see such a file, for a choice."""
        return [(code, self.classification(code)) for code in codes]

    def next_act(self, code: str, kind: str) -> str:
        """Returns who must act next in a case of this state and kind, as a sentence."""
        special = case_words.NEXT_IN_RECONSIDERATION if kind == "reconsideration" else {}
        return self._say(special.get(code, case_words.NEXT[code]))

    def case_kind(self, case: objection_pb2.Case) -> str:
        """Returns the name of a case's kind: objection, reconsideration or repair."""
        return self.case_kind_of(case.kind)

    def case_kind_of(self, code: str) -> str:
        """Returns the name of a kind of case by its code."""
        return self._say(case_words.KINDS[code])

    def case_title(self, case: objection_pb2.Case | objection_pb2.RelatedCase) -> str:
        """Returns the number of a case; in English preceded by the kind of the case.

        In Chinese the number itself contains the kind.
        """
        return case.number if self.lang == "zh" else f"{self.case_kind_of(case.kind)} {case.number}"

    def step(self, code: str) -> str:
        """Returns the name of a step in a case, or of a note of the platform among the steps."""
        if code in case_words.NOTES:
            return self._say(case_words.NOTES[code])
        return self._say(STEP_ZH[Step(code)]) if code in set(Step) else code

    def outcome(self, code: str, kind: str) -> str:
        """Returns the name of a decision's outcome in a kind of case; empty for an empty code."""
        return self._say(outcome_zh(CaseKind(kind), Outcome(code))) if code else ""

    def term(self, case: objection_pb2.Case) -> str:
        """Returns the working days left in a case's term, and its last day; empty if none runs."""
        if not case.HasField("term") or case.state in ("closed", "declined", "withdrawn"):
            return ""
        if case.state == "decided":
            return ""
        term = case.term
        end = self._day(term.target_on)
        if term.overdue:
            text = self._say(N_("已逾期 {days} 个工作日，应于 {end} 前办结"))
        else:
            text = self._say(N_("还剩 {days} 个工作日，至 {end} 24 时"))
        written = text.format(days=abs(term.remaining_days), end=end)
        if term.provisional:
            written += self._say(N_("（暂定：涉及放假安排尚未公布的年份）"))
        return written

    def supplement_until(self, case: objection_pb2.Case) -> str:
        """Returns until when the applicant is to supplement a case, and what a lapse means."""
        term = case.supplement.term
        text = self._say(N_("请不晚于 {end} 补正。逾期不会自动结束案件，由办理人决定。"))
        written = text.format(end=self._day(term.target_on))
        if case.supplement.example:
            written += self._say(N_("（天数为示例值，文件没有规定）"))
        return written

    def accept_by(self, case: objection_pb2.Case) -> str:
        """Returns by when acceptance of a lodged case is decided; empty for any other case."""
        if not case.accept_by:
            return ""
        text = self._say(N_("应于 {day} 24 时前决定是否受理")).format(day=self._day(case.accept_by))
        return text + (self._say(N_("（天数为示例值）")) if case.accept_by_example else "")

    def term_link(self, case: objection_pb2.Case) -> str:
        """Returns the address of the page that shows how a case's term is reckoned, day by day."""
        if not self.term(case):
            return ""
        return f"/law/working-days?from={case.term.started_on}&days={case.term.budget_days}"
