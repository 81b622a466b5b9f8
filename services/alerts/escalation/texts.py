"""The facts of the documents of an escalation case, and what is said at its end.

Pure functions (S4 四(二); S1 12(二)). The texts of the documents are data: `ladder_letters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from law.colours.basis import Basis, colour_on
from law.courses import RED_ALERT, course_names, rung_of
from law.escalation import Approver, OwnFigures, Step, rung
from law.measures.rule import Measure
from law.reader.texts import spell_articles
from services.alerts.notices.texts import Contact, Text, body, type_name
from services.alerts.waiting_papers import Paper, WaitingPapers

CANCELLED = "已约定的约谈取消，贵单位无须到场。"  # the interview, as the case ends
# The title of each document as a letter; the title of its mail also says what is to be done. The
# number, which repeats the name of the step, stands below it.
LETTER_TITLES = {
    Step.REMINDER: "提醒",
    Step.GUIDANCE_LETTER: "行政指导建议书",
    Step.MEASURES: "监管措施告知",
    Step.INTERVIEW: "约谈通知",
    Step.EXPOSURE: "公开曝光告知",
}


@dataclass(frozen=True)
class RedLine:
    """An instrument of an escalation case, with the present basis of its colour.

    `valid_until` is the last valid day of its verification, inclusive. `notified` is true if a
    notice about its red alert was issued, `red` if the instrument is still red, and `gone` if the
    instrument belongs to another subject or was removed.
    """

    type_code: str
    serial_no: str
    basis: Basis
    valid_until: date | None
    notified: bool
    red: bool
    gone: bool = False

    def sentence(self, on: date) -> str:
        """Returns a Chinese sentence: the instrument, why it is red on a day, and the article."""
        instrument = f"{type_name(self.type_code)}，出厂编号 {self.serial_no}"
        if self.gone:
            return f"{instrument}。已不在贵单位名下"
        answer = colour_on(self.basis, self.valid_until, on)
        until = f"；有效期至 {self.valid_until}" if self.valid_until else ""
        return f"{instrument}{until}。{answer.reason}（{spell_articles(answer.cite)}）"


@dataclass(frozen=True)
class DocumentFacts:
    """The facts that the document of every escalation step needs. `number` is empty for a draft.

    `occasion` says in Chinese why there is a case, unless that is a red alert; `grade` is the name
    of the grade that opened it, by the receipt `receipt_id`; `measures` are what it permits; `own`
    are the bureau's figures of the ladder, and `wordings` its templates by step, each with the
    moment at which it came into force.
    """

    name: str
    on: date
    lines: Sequence[RedLine]
    contact: Contact
    number: str = ""
    course: str = RED_ALERT
    occasion: str = ""
    grade: str = ""
    receipt_id: str = ""
    measures: Sequence[Measure] = ()
    own: OwnFigures | None = None
    wordings: Mapping[str, Sequence[tuple[datetime, str]]] = field(default_factory=dict)

    @property
    def of_grade(self) -> bool:
        """Whether a grade opened the case."""
        return bool(self.grade)

    @property
    def matter(self) -> str:
        """The Chinese name of what opened the case."""
        return course_names()[self.course][0]

    @property
    def heading(self) -> list[str]:
        """The first lines of the document: its number (except in a draft) and the subject."""
        return [f"编号：{self.number}"] * bool(self.number) + [f"{self.name}："]

    def ground(self, step: Step) -> str:
        """Returns the article of a step, in Chinese, as in force on the day of the document."""
        return spell_articles(rung_of(self.course, step, self.on).cite)

    @property
    def serials(self) -> list[str]:
        """The serial numbers of the instruments that are red, in order."""
        return sorted(line.serial_no for line in self.lines if line.red)

    @property
    def listed(self) -> list[str]:
        """One Chinese line for each instrument that is red, numbered from 1."""
        red = [line for line in self.lines if line.red]
        return [f"{number}. {line.sentence(self.on)}。" for number, line in enumerate(red, 1)]


def closed(
    name: str, on: date, lines: Sequence[RedLine], contact: Contact, *, interview_cancelled: bool
) -> Text:
    """Writes the 《督促终结》: the case is closed, with the present state of each instrument.

    With `interview_cancelled` it also says that the appointed interview is cancelled.
    """
    listed = [f"{number}. {line.sentence(on)}。" for number, line in enumerate(lines, 1)]
    return Text(
        "督促终结：已无红色警示器具",
        body(
            f"{name}：\n贵单位已没有处于红色警示状态的在用计量器具，督促事项自即日起终结：",
            *listed,
            *([CANCELLED] if interview_cancelled else []),
            f"如有疑问，请联系{contact}。",
        ),
    )


@dataclass(frozen=True)
class PendingStep:
    """An escalation step that waits for a person of the bureau, and the name of its subject."""

    subject: str
    step: Step
    since: date
    interview_past: bool


_PAPERS = {
    Paper.TO_REVIEW: (
        "曝光名单待保密审查",
        "请编制人以外的办案人员或者单位负责人在平台“曝光名单”页面审查",
    ),
    Paper.TO_RELEASE: (
        "曝光名单待批准公开",
        "请没有编制、审查过的单位负责人在平台“曝光名单”页面批准，批准之前不公开",
    ),
    Paper.TO_ISSUE: (
        "通报待签发",
        "请没有拟稿的单位负责人在平台“通报”页面签发，签发之前不发出",
    ),
}
Untold = tuple[int, date | None]  # how many of first loads, and since when
NONE: Untold = (0, None)


def approval_digest(
    on: date,
    pending: Sequence[PendingStep],
    untold: Untold = NONE,
    grades: Untold = NONE,
    papers: Sequence[WaitingPapers] = (),
) -> Text:
    """Writes the daily digest to a bureau: steps to approve, and interviews without an outcome.

    It also tells of the red alerts of first loads of which nobody was told, of the grades of first
    loads without a follow-up, and of the exposure lists and circulars that wait: how many there
    are, and since when.
    """
    paragraphs = _steps(on, pending) if pending else []
    paragraphs += [_paper(one) for one in papers]
    paragraphs += _untold(on, *untold) + _grades(on, *grades)
    counted = [f"{len(pending)} 项待处理"] * bool(pending)
    counted += [f"{one.number} 份{_PAPERS[one.paper][0]}" for one in papers]
    counted += [f"{untold[0]} 台器具待首次告知"] * bool(untold[0])
    counted += [f"{grades[0]} 个主体的等级待开始督促"] * bool(grades[0])
    return Text(f"督促事项待办（{on}）：{'，'.join(counted)}", body(*paragraphs))


def _steps(on: date, pending: Sequence[PendingStep]) -> list[str]:
    listed = [f"{number}. {_pending(step, on)}" for number, step in enumerate(pending, 1)]
    return ["下列督促事项等待处理，未经批准不对外发出：", *listed]


def _paper(waiting: WaitingPapers) -> str:
    what, who = _PAPERS[waiting.paper]
    return f"{what}：{waiting.number} 份，最早的自 {waiting.since} 起；{who}。"


def _grades(on: date, number: int, since: date | None) -> list[str]:
    if since is None:
        return []
    text = (
        "首次建档时的信用等级已属须约谈、提醒、曝光或者告知监管措施、至今没有开始督促的主体："
        f"{number} 个，最早的自 {since} 起已 {(on - since).days} 天；"
        "请在平台“首次建档的等级”页面分批开始督促，各步骤仍须逐项批准。"
    )
    return [text]


def _untold(on: date, number: int, since: date | None) -> list[str]:
    if since is None:
        return []
    text = (
        f"首次建档时已为红色警示、至今没有告知经营者的器具：{number} 台，最早的自 {since} 起已"
        f" {(on - since).days} 天。放行之前不通知经营者，也不开始督促；"
        "请在平台“首次告知”页面分批放行。"
    )
    return [text]


def _pending(pending: PendingStep, on: date) -> str:
    step = rung(pending.step, on)
    approver = "单位负责人" if step.approver == Approver.UNIT_HEAD else "办案人员"
    task = f"{step.name_zh}待{approver}批准"
    if pending.step is Step.EXPOSURE:
        task = f"{step.name_zh}待列入曝光名单公开，或者由{approver}不批准、暂缓"
    if pending.interview_past:
        task = "约谈日期已过，待记录情况"
    return f"{pending.subject}：{task}（{pending.since} 起）"
