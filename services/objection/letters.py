"""The Chinese letters to the subject of a case: their facts, and the letters of an objection.

A decision letter names the case, the records, the outcome and its reasons, explains the grade
before and after point by point, and names where the subject can dispute the decision (S3 27, 28; S4
五(三)). Texts that people wrote (grounds, reasons, summaries) are copied unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import (
    OUTCOME_ZH,
    CaseState,
    Outcome,
    municipal_bureau,
)
from law.periods import local_day
from law.reader.texts import without_codes
from plumbing.papers.day_names import day_zh
from plumbing.papers.letter_template import LetterText
from protos.registry.v1.registry_pb2 import Bureau
from services.objection.clients import Clients
from services.objection.contested import lines
from services.objection.contested.lines import EntryFacts
from services.objection.corrections import correction_zh
from services.objection.grade_names import grade_zh
from services.objection.letter_template import of_cases
from services.objection.mandates import agent_of
from services.objection.tables import Case


@dataclass(frozen=True)
class RecordFacts:
    """The facts of a record that a letter names, the changes by a correction, and the outcome.

    `result` is empty where the case has one outcome for all; `disclosure` is true if only the
    disclosure of the record is contested.
    """

    kind: str
    summary: str
    source_ref: str
    determined_on: date
    corrected_to: Sequence[str] = ()
    result: str = ""
    disclosure: bool = False

    @property
    def heading(self) -> str:
        """The record in one Chinese line."""
        name = "：".join(filter(None, (self.kind, self.summary)))
        of = "下列记录的公开——" if self.disclosure else ""
        day = day_zh(self.determined_on)
        return f"{of}{name}（来源文书：{self.source_ref}；认定日期：{day}）"


@dataclass(frozen=True)
class GradeFacts:
    """A grade, the id of its receipt, and the points of the receipt in Chinese.

    The id and the points are empty if there is no receipt. `pending` is true before the decision is
    carried out.
    """

    grade: str
    receipt_id: str
    explanation: Sequence[str]
    pending: bool = False

    @property
    def named(self) -> str:
        """What its text calls the grade; empty without one."""
        return grade_zh(self.grade)

    @property
    def points(self) -> list[str]:
        """The explanation as a letter writes it, without our own codes."""
        return [without_codes(line) for line in self.explanation]


@dataclass(frozen=True)
class Office:
    """A bureau in a letter, with its contact details (S3 28)."""

    name: str
    department: str = ""
    phone: str = ""
    email: str = ""

    @property
    def contact(self) -> str:
        """The name of the bureau with its known contact details, in Chinese."""
        ways = {"部门": self.department, "电话": self.phone, "电子邮箱": self.email}
        known = "，".join(f"{name}：{value}" for name, value in ways.items() if value)
        return f"{self.name}（{known}）" if known else self.name


@dataclass(frozen=True)
class LetterFacts:
    """The facts that every letter of a case needs.

    `municipal` is the bureau that reviews the decisions of `office`; `on` is the date of the
    letter; `sent_back_by` is the number of the reconsideration that had the case decided anew,
    empty for other cases. `outcome` is the outcome as a letter writes it, `agent` who lodged the
    case with a mandate, `grade` what is said of a contested grade, `receivers` those with whom what
    the decision changes was shared; each is empty without one.
    """

    subject: str
    number: str
    lodged_on: date
    records: Sequence[RecordFacts | EntryFacts]
    reasons: str
    office: Office
    municipal: Office
    on: date
    sent_back_by: str = ""
    outcome: str = ""
    agent: str = ""
    grade: Sequence[str] = ()
    receivers: Sequence[str] = ()

    @property
    def addressed(self) -> str:
        """The subject as the letter addresses it, and its agent."""
        return f"{self.subject}（{self.agent}）：" if self.agent else f"{self.subject}："

    @property
    def contested(self) -> str:
        """What the letter calls the contested things together."""
        of_records = all(isinstance(one, RecordFacts) for one in self.records)
        return "记录" if of_records else "事项"


async def objection_letter(
    case: Case,
    earlier: Sequence[Case],
    receivers: Sequence[str],
    clients: Clients,
    today: date,
) -> LetterText:
    """Returns the letter of an objection that was decided or declined.

    `earlier` are the cases that it follows, the latest first; empty for a first objection.
    `receivers` are those with whom what the decision changes was shared.
    """
    facts = await facts_of(case, clients, case.acting_for, today)
    facts = replace(facts, receivers=receivers)
    if earlier:
        facts = replace(facts, sent_back_by=earlier[0].number)
    if case.state is CaseState.DECLINED or case.outcome is None:
        return declined_letter(facts)
    return decision_letter(facts, case.outcome, *await grades_of(case, clients))


async def facts_of(case: Case, clients: Clients, behalf: str, today: date) -> LetterFacts:
    """Reads the facts for a case's letter from the registry, on behalf of an account."""
    subject = await clients.subject(case.subject_id, behalf)
    bureaus = await clients.bureaus()
    agent = agent_of(case)
    return LetterFacts(
        subject=subject.name,
        number=case.number,
        lodged_on=local_day(case.lodged_at),
        records=[*_records(case), *lines.entry_facts(case)],
        reasons=case.reasons,
        office=_office(case.bureau, bureaus),
        municipal=_office(municipal_bureau(case.bureau, bureaus), bureaus),
        on=today,
        outcome=lines.outcome_text(case),
        agent=agent.spelled if agent else "",
        grade=list(lines.grade_lines(case)),
    )


def _records(case: Case) -> Iterator[RecordFacts]:
    corrections = {stored["record_id"]: correction_zh(stored) for stored in case.corrections}
    disclosed = lines.disclosures(case)
    for record in case.records_as_lodged:
        record_id = record["record_id"]
        yield RecordFacts(
            kind_name(RecordKind(record["kind"]), "zh"),
            record["summary"],
            record["source_ref"],
            date.fromisoformat(record["determined_on"]),
            corrections.get(record_id, ()),
            lines.result_of(case, record_id),
            record_id in disclosed,
        )


async def grades_of(case: Case, clients: Clients) -> tuple[GradeFacts, GradeFacts]:
    """Returns the grades before and after the decision took effect, each with its explanation."""
    before = await clients.explanation(case.receipt_before, case.acting_for)
    after = await clients.explanation(case.receipt_after, case.acting_for)
    pending = case.grade_before is None
    return (
        GradeFacts(case.grade_before or "", case.receipt_before, before, pending),
        GradeFacts(case.grade_after or "", case.receipt_after, after, pending),
    )


async def office_of(case: Case, clients: Clients) -> Office:
    """Returns the bureau of a case with its contact details, from the registry."""
    return _office(case.bureau, await clients.bureaus())


def _office(code: str, bureaus: Mapping[str, Bureau]) -> Office:
    bureau = bureaus.get(code)
    if bureau is None:
        return Office(f"市场监督管理局（{code}）")
    return Office(bureau.name, bureau.department, bureau.phone, bureau.email)


def decision_letter(
    facts: LetterFacts, outcome: Outcome, before: GradeFacts, after: GradeFacts
) -> LetterText:
    """Writes the 《异议处理决定书》, the decision on an objection."""
    named = facts.outcome or OUTCOME_ZH[outcome]
    told = {"facts": facts, "outcome": named, "before": before, "after": after}
    return of_cases().write("objection_decision", facts.on, told)


def declined_letter(facts: LetterFacts) -> LetterText:
    """Writes the 《异议不予受理通知书》, the notice that an objection is not accepted."""
    return of_cases().write("objection_declined", facts.on, {"facts": facts})
