"""What the notices say, in Chinese: pure, from what they are about to title and body.

Every adverse notice names the fact, its ground and article, and the remedy (S4 五(三), S3 27, 28).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from law.colours.basis import Basis, colour_on
from law.colours.rule import Colour
from law.evidence import RecordKind
from law.instruments import catalogue
from law.kind_names import kind_name
from law.objection import OBJECTION_CITE, OUTCOME_CITE
from law.reader.texts import spell_out
from law.terms import data as terms

COLOUR_ZH = {Colour.RED: "红色警示", Colour.YELLOW: "黄色预警", Colour.GREEN: "绿色提示"}
_RENEW = "请在有效期届满前向计量检定机构申请检定"
_TO_DO = {
    Basis.REJECTED: "请立即停止使用；修理后重新申请检定，检定合格前不得使用",
    Basis.REPAIRED: "请停止使用，并申请检定；检定合格前不得使用",
    Basis.UNVERIFIED: "请停止使用，并向计量检定机构申请首次检定",
}
_NAMED = 20  # events that a mail to the operator names
_OVERDUE = "请立即停止使用，并向计量检定机构申请检定；检定合格前不得使用"


@dataclass(frozen=True)
class Text:
    """Title and body of a notice."""

    title: str
    body: str


@dataclass(frozen=True)
class Contact:
    """Where an objection is lodged and questions are answered."""

    name: str
    department: str = ""
    phone: str = ""
    email: str = ""

    def __str__(self) -> str:
        ways = [
            f"电话 {self.phone}" if self.phone else "",
            f"电子邮箱 {self.email}" * bool(self.email),
        ]
        known = "，".join(way for way in ways if way)
        return f"{self.name}{self.department}" + (f"（{known}）" if known else "")


@dataclass(frozen=True)
class Abandoned:
    """An event that a consumer gave up, and by what kind of error."""

    consumer: str
    event: str
    event_id: str
    error: str

    def __str__(self) -> str:
        return f"{self.consumer}：{self.event} {self.event_id}（{self.error}）"


@dataclass(frozen=True)
class Line:
    """An instrument and the colour it has reached."""

    type_code: str
    serial_no: str
    colour: Colour
    standing: Basis
    valid_until: date | None


@dataclass(frozen=True)
class Fact:
    """A credit record, as a notice names it."""

    kind: str
    summary: str
    source_ref: str
    determined_on: date

    def __str__(self) -> str:
        return f"{self.name}，{self.determined_on} 认定，依据文书 {self.source_ref}"

    @property
    def name(self) -> str:
        """What people call its kind."""
        return kind_name(RecordKind(self.kind), "zh")


def type_name(type_code: str) -> str:
    """What people call a type; one the catalogue does not know, by its code."""
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code


def digest(name: str, on: date, lines: Sequence[Line], bureau: Contact) -> Text:
    """What reached a colour since the last digest, most severe first (S4 四(一))."""
    ordered = sorted(lines, key=lambda line: (-line.colour.severity, line.valid_until or date.min))
    counts = "、".join(
        f"{zh} {sum(line.colour is colour for line in lines)} 台"
        for colour, zh in COLOUR_ZH.items()
        if any(line.colour is colour for line in lines)
    )
    told = [f"{place}. {_line(line, on)}" for place, line in enumerate(ordered, 1)]
    opening = f"{name}：\n截至 {on}，贵单位在用计量器具的检定状态有下列变化：{counts}。"
    return Text(
        f"计量器具检定预警（{on}）：{counts}", body(opening, *told, f"如有疑问，请联系{bureau}。")
    )


def rejected(name: str, on: date, line: Line, bureau: Contact) -> Text:
    """A rejection turned an instrument red (S4 四(一))."""
    what = f"{type_name(line.type_code)} {line.serial_no}"
    opening = f"{name}：\n贵单位下列在用计量器具经检定不合格，已列为红色警示："
    closing = f"如有疑问，请联系{bureau}。"
    return Text(f"计量器具检定不合格：{what}", body(opening, _line(line, on), closing))


def _line(line: Line, on: date) -> str:
    why = colour_on(line.standing, line.valid_until, on)
    until = f"；有效期至 {line.valid_until}" if line.valid_until else ""
    return (
        f"【{COLOUR_ZH[line.colour]}】{type_name(line.type_code)}，"
        f"出厂编号 {line.serial_no}{until}。"
        f"{why.reason}（{spell_out(why.cite, 'zh')}）。{_to_do(line)}。"
    )


def _to_do(line: Line) -> str:
    dated = _OVERDUE if line.colour is Colour.RED else _RENEW
    return _TO_DO.get(line.standing, dated)


def adverse_record(name: str, on: date, fact: Fact, bureau: Contact) -> Text:
    """An adverse record was entered: what, on what ground, from which source, and the remedy."""
    return Text(
        f"不良计量信用信息告知：{fact.name}",
        body(
            f"{name}：\n下列信息已记入贵单位计量信用档案：",
            f"事项：{fact.name}",
            f"事实：{fact.summary or '见依据文书'}",
            f"认定日期：{fact.determined_on}",
            f"来源：{fact.source_ref}",
            remedy(bureau, on),
        ),
    )


def grade_fell(
    name: str,
    on: date,
    grades: tuple[str, str],
    receipt_id: str,
    facts: Sequence[str],
    bureau: Contact,
) -> Text:
    """A grade fell: from what to what, by which records, how to check it, and the remedy."""
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


def remedy(bureau: Contact, on: date) -> str:
    """How to object, and within which term it is decided; an adopted norm says so."""
    term = terms.definition("objection_first", on)
    adopted = "，该期限为参照采用" if term.basis is terms.Basis.ADOPTED else ""
    ground = spell_out(f"{OUTCOME_CITE}; {OBJECTION_CITE}", "zh")
    return (
        f"救济途径：对上述信息或结果有异议的，可以向{bureau}提出异议并提交证据"
        f"（{ground}）；自受理之日起 {term.days} 个工作日内办理，"
        f"经批准延长的，最长 {term.cap} 个工作日（{spell_out(term.cite, 'zh')}{adopted}）。"
    )


def body(*paragraphs: str) -> str:
    """The body of a notice."""
    return "\n".join(paragraphs) + "\n"


def given_up(events: Sequence[Abandoned]) -> Text:
    """To the platform's operator: events that no retrying helped, and what to do."""
    named = [f"　　{event}" for event in events[:_NAMED]]
    if more := len(events) - _NAMED:
        named += [f"　　另有 {more} 个"] * (more > 0)
    lines = [
        "下列事件多次处理仍失败，已搁置；其后果（评级、预警、通知等）没有发生：",
        *named,
        "请查明原因，排除后重新处理：",
        "　　quanheng events dead list",
        "　　quanheng events dead replay 服务",
        "These events were given up. Find out why, then have them handled again.",
    ]
    return Text(f"平台有 {len(events)} 个事件无法处理，已搁置", "\n".join(lines))
