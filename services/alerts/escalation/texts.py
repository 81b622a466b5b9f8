"""What an escalation says, in Chinese: reminder, guidance letter, interview, exposure, closing.

Pure. Each names the instruments, the articles, what is asked and by when, and that nothing of it
is a penalty (S4 四(二); S1 12(二), 19).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from law.colours.basis import Basis, colour_on
from law.escalation import Step, rung
from law.periods import SHANGHAI
from law.reader.texts import spell_out
from services.alerts.notices.texts import Contact, Text, body, remedy, type_name

_ASKED = "请立即停止使用上述器具；修理或申请检定，检定合格前不得使用；不再使用的，请办理停用或报废"
_ENDS = "上述器具检定合格、停止使用或报废后，本次督促自动终结，无需另行申请。"
_GUIDANCE = "本建议属行政指导，不是行政处罚，也不记入信用档案。"


@dataclass(frozen=True)
class Outcome:
    """An instrument of a case as it stands now.

    `told` when its user was told it was red; `gone` when it is another's by now, or nobody's.
    """

    type_code: str
    serial_no: str
    standing: Basis
    valid_until: date | None
    told: bool
    red: bool
    gone: bool = False

    def line(self, on: date) -> str:
        """Which instrument, how it stands, and by which article."""
        which = f"{type_name(self.type_code)}，出厂编号 {self.serial_no}"
        if self.gone:
            return f"{which}。已不在贵单位名下"
        why = colour_on(self.standing, self.valid_until, on)
        until = f"；有效期至 {self.valid_until}" if self.valid_until else ""
        return f"{which}{until}。{why.reason}（{spell_out(why.cite, 'zh')}）"


@dataclass(frozen=True)
class Facts:
    """What every document of a step rests on."""

    name: str
    on: date
    lines: Sequence[Outcome]
    contact: Contact
    number: str = ""

    @property
    def heading(self) -> list[str]:
        """The number, which a draft has not, and to whom it goes."""
        return [f"编号：{self.number}"] * bool(self.number) + [f"{self.name}："]

    def ground(self, step: Step) -> str:
        """The article of a step as it holds on the day of the document."""
        return spell_out(rung(step, self.on).cite, "zh")

    @property
    def listed(self) -> list[str]:
        """The instruments that are red, numbered."""
        red = [line for line in self.lines if line.red]
        return [f"{place}. {line.line(self.on)}。" for place, line in enumerate(red, 1)]


def reminder(facts: Facts) -> Text:
    """《提醒》: the instruments, and what is asked."""
    return Text(
        f"提醒：{len(facts.listed)} 台计量器具处于红色警示状态",
        body(
            *facts.heading,
            f"贵单位下列在用计量器具处于红色警示状态，现予提醒（依据：{facts.ground(Step.REMINDER)}）：",
            *facts.listed,
            f"{_ASKED}。",
            _ENDS,
            "本提醒不是行政处罚，也不记入信用档案。",
            *_closing(facts),
        ),
    )


def guidance_letter(facts: Facts, correct_by: date) -> Text:
    """《行政指导建议书》: the facts, the articles, and by when to correct (R-130)."""
    return Text(
        f"{facts.number}：请于 {correct_by} 前改正",
        body(
            *facts.heading,
            f"一、事实：截至 {facts.on}，贵单位下列在用计量器具处于红色警示状态：",
            *facts.listed,
            f"二、依据：{facts.ground(Step.GUIDANCE_LETTER)}。",
            f"三、建议：{_ASKED}。请于 {correct_by}（含当日）前改正。",
            f"四、说明：{_GUIDANCE}{_ENDS}",
            *_closing(facts),
        ),
    )


def interview(facts: Facts, at: datetime, place: str, attendees: str, archive_cite: str) -> Text:
    """《约谈通知》: when, where, with whom, on what, and whether it is noted (R-131)."""
    local = at.astimezone(SHANGHAI)
    noted = (
        f"约谈情况将记入信用档案（{spell_out(archive_cite, 'zh')}）。"
        + remedy(facts.contact, facts.on)
        if archive_cite
        else "约谈情况不记入信用档案。"
    )
    return Text(
        f"约谈通知 {facts.number}：{local:%Y-%m-%d %H:%M}",
        body(
            *facts.heading,
            "因下列在用计量器具处于红色警示状态，现约请贵单位面谈"
            f"（依据：{facts.ground(Step.INTERVIEW)}）：",
            *facts.listed,
            f"时间：{local:%Y-%m-%d %H:%M}",
            f"地点：{place}",
            f"参加人员：{attendees}",
            noted,
            _ENDS,
            *_closing(facts),
        ),
    )


def statement(facts: Facts) -> str:
    """What is made public: the name and the instruments, nothing of persons (S1 18, 19)."""
    listed = "".join(facts.listed)
    return f"{facts.name}：经核实，下列在用计量器具处于红色警示状态，经督促仍未改正。{listed}"


def exposure(facts: Facts, media: Sequence[str], said: str) -> Text:
    """Tells the subject what is made public, where, and the remedy."""
    return Text(
        f"公开曝光告知 {facts.number}",
        body(
            *facts.heading,
            f"经单位负责人批准，下列内容即日起向社会公开（依据：{facts.ground(Step.EXPOSURE)}）：",
            said,
            f"公开方式：{'、'.join(media)}",
            "上述器具改正后，平台即时撤下公开内容。",
            remedy(facts.contact, facts.on),
            *_closing(facts),
        ),
    )


def closed(
    name: str, on: date, lines: Sequence[Outcome], contact: Contact, *, interview_cancelled: bool
) -> Text:
    """The case is over: how each instrument stands now."""
    listed = [f"{place}. {line.line(on)}。" for place, line in enumerate(lines, 1)]
    cancelled = ["已约定的约谈取消，贵单位无须到场。"] if interview_cancelled else []
    return Text(
        "督促终结：已无红色警示器具",
        body(
            f"{name}：\n贵单位已没有处于红色警示状态的在用计量器具，督促事项自即日起终结：",
            *listed,
            *cancelled,
            f"如有疑问，请联系{contact}。",
        ),
    )


@dataclass(frozen=True)
class Waiting:
    """A step that waits for somebody of the bureau."""

    subject: str
    escalation_id: str
    step: Step
    since: date
    interview_past: bool


def approvals(on: date, waiting: Sequence[Waiting]) -> Text:
    """One digest per bureau and day: what waits for approval, or for the outcome of a talk."""
    listed = [f"{place}. {_waiting(one, on)}" for place, one in enumerate(waiting, 1)]
    return Text(
        f"督促事项待办（{on}）：{len(waiting)} 项",
        body(
            "下列督促事项等待处理，未经批准不对外发出：", *listed, "查看：quanheng escalation list"
        ),
    )


def _waiting(one: Waiting, on: date) -> str:
    step = rung(one.step, on)
    by = "单位负责人" if step.approver == "unit_head" else "经办人"
    what = "约谈日期已过，待记录情况" if one.interview_past else f"{step.name_zh}待{by}批准"
    return f"{one.subject}：{what}（{one.since} 起；案件 {one.escalation_id}）"


def _closing(facts: Facts) -> tuple[str, ...]:
    return (f"如有疑问，请联系{facts.contact}。", f"{facts.contact.name}\n{facts.on}")
