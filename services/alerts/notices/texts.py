"""The Chinese texts of notices about records, grades and lost events, and their common parts.

Pure functions. Every adverse notice names the fact, its ground and article, and how to object (S4
五(三), S3 27, 28).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from law.colours.basis import Basis
from law.colours.rule import Colour
from law.evidence import RecordKind
from law.instruments import catalogue
from law.kind_names import kind_name
from law.objection import OBJECTION_CITE, OUTCOME_CITE
from law.reader.texts import spell_articles
from law.terms.data import Basis as TermBasis
from law.terms.data import definition
from law.texts_in_force.load import GRADING, load
from services.alerts.certificates import NO_CERTIFICATE, Certificate
from services.alerts.escalation.tables import AwaitedOrder

_EVENTS_NAMED = 20  # in one mail to the platform's operator


@dataclass(frozen=True)
class Text:
    """The title and the body of a notice."""

    title: str
    body: str


@dataclass(frozen=True)
class Contact:
    """The contact details of the bureau that answers questions and accepts objections."""

    name: str
    department: str = ""
    phone: str = ""
    email: str = ""

    def __str__(self) -> str:
        ways = [
            f"电话 {self.phone}" if self.phone else "",
            f"电子邮箱 {self.email}" if self.email else "",
        ]
        listed = "，".join(way for way in ways if way)
        return f"{self.name}{self.department}" + (f"（{listed}）" if listed else "")


@dataclass(frozen=True)
class RecordFact:
    """The fields of a credit record that a notice names."""

    kind: str
    summary: str
    source_ref: str
    determined_on: date

    def __str__(self) -> str:
        return f"{self.name}，{self.determined_on} 认定，依据文书 {self.source_ref}"

    @property
    def name(self) -> str:
        """The Chinese name of the record's kind."""
        return kind_name(RecordKind(self.kind), "zh")


@dataclass(frozen=True)
class Line:
    """An instrument in a mail, with the colour that it reached; `valid_until` is inclusive.

    `since` is the day of the verification from which the colour follows, and `certificate`
    its document. `order` is the application for verification that has not ended, None without one.
    """

    type_code: str
    serial_no: str
    colour: Colour
    basis: Basis
    valid_until: date | None
    since: date | None = None
    certificate: Certificate = NO_CERTIFICATE
    order: AwaitedOrder | None = None


@dataclass(frozen=True)
class LostEvent:
    """An event that a consumer failed to handle, and the kind of the error."""

    consumer: str
    event: str
    event_id: str
    error: str

    def __str__(self) -> str:
        return f"{self.consumer}：{self.event} {self.event_id}（{self.error}）"


def body(*paragraphs: str) -> str:
    """Joins the paragraphs of a notice into its body, each paragraph on its own line."""
    return "\n".join(paragraphs) + "\n"


def type_name(type_code: str) -> str:
    """Returns the Chinese name of an instrument type; the code itself if the catalogue lacks it."""
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code


def grade_name(ruleset_id: str, grade: str) -> str:
    """Returns the Chinese name of a grade under a rule text; `grade` if the text is unknown."""
    return load(ruleset_id).grade(grade).title_zh if ruleset_id in GRADING else grade


def remedy(bureau: Contact, on: date) -> str:
    """Returns a Chinese paragraph: how to object, and within which term the bureau decides.

    The term is the one in force on the day `on`. If it is adopted from a text that does not bind
    the bureau, the paragraph says so.
    """
    term = definition("objection_first", on)
    adopted = "，该期限为参照采用" if term.basis is TermBasis.ADOPTED else ""
    ground = spell_articles(f"{OUTCOME_CITE}; {OBJECTION_CITE}")
    return (
        f"救济途径：对上述信息或结果有异议的，可以向{bureau}提出异议并提交证据"
        f"（{ground}）；自受理之日起 {term.days} 个工作日内办理，"
        f"经批准延长的，最长 {term.cap} 个工作日（{spell_articles(term.cite)}{adopted}）。"
    )


def adverse_record(name: str, on: date, fact: RecordFact, bureau: Contact) -> Text:
    """Writes the notice to the subject `name` that an adverse record about it was entered."""
    return Text(
        f"不良计量信用信息告知：{fact.name}",
        body(
            f"{name}：\n下列信息已记入贵单位计量信用档案：",
            f"事项：{fact.name}",
            f"事实：{fact.summary or '见依据文书'}",
            f"认定日期：{fact.determined_on}",
            f"来源：{fact.source_ref}",
            "该信息须经保密审查，并在告知后留出规定的期限，才向社会公开；此前可以提出异议。",
            remedy(bureau, on),
        ),
    )


def grade_fell(
    name: str,
    on: date,
    grades: tuple[str, str],
    receipt_id: str,
    facts: Sequence[RecordFact],
    bureau: Contact,
) -> Text:
    """Writes the notice to the subject `name` that its grade fell, and how to verify the new grade.

    `grades` are the Chinese names of the grades before and after; `facts` are the records that
    caused the fall; `receipt_id` is the receipt of the new grade.
    """
    before, after = grades
    because = [f"· {fact}" for fact in facts] or ["· 计分周期届满或时间经过，没有新的记录"]
    return Text(
        f"计量信用等级变动告知：{before} → {after}",
        body(
            f"{name}：\n贵单位计量信用等级由 {before} 变为 {after}。引起变动的记录：",
            *because,
            f"评级凭证编号：{receipt_id}。凭证逐条列明扣分、加分、条文依据和规则版本，"
            "任何人可据此离线复算：登录平台查看，或用 quanheng law verify 核验。",
            remedy(bureau, on),
        ),
    )


def term_reminders(notes: Sequence[tuple[str, str]]) -> Text:
    """Writes the notice to a bureau about terms of cases: number and reminder of each case."""
    if len(notes) == 1:
        ((number, message),) = notes
        return Text(f"办理期限提醒：{number}", message)
    numbered = [f"{place}. {message}" for place, (_, message) in enumerate(notes, 1)]
    opening = f"下列 {len(notes)} 项办理期限已到提醒时点，请及时办理："
    return Text(f"办理期限提醒：共 {len(notes)} 项", body(opening, *numbered))


def lost_events(events: Sequence[LostEvent]) -> Text:
    """Writes the mail to the platform's operator about events that repeatedly failed.

    The mail explains how to have the events handled again.
    """
    listed = [f"　　{event}" for event in events[:_EVENTS_NAMED]]
    if len(events) > _EVENTS_NAMED:
        listed.append(f"　　另有 {len(events) - _EVENTS_NAMED} 个")
    lines = [
        "下列事件多次处理仍失败，已搁置；其后果（评级、预警、通知等）没有发生：",
        *listed,
        "请查明原因，排除后重新处理：",
        "　　quanheng events dead list",
        "　　quanheng events dead replay 服务",
        "These events were given up. Find the cause, remove it, then replay them.",
    ]
    return Text(f"平台有 {len(events)} 个事件无法处理，已搁置", "\n".join(lines))
