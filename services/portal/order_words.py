"""The words of pages for orders: states, reasons, who is late, what an institution does next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import orders_pb2 as pb
from services.portal.wording import N_, Tag, Words

Say = Callable[[str], str]

STATES: Mapping[str, tuple[str, str]] = {
    "applied": (N_("待受理"), "govuk-tag--blue"),
    "accepted": (N_("已受理"), "govuk-tag--blue"),
    "scheduled": (N_("已约定日期"), "govuk-tag--blue"),
    "received": (N_("已收到器具"), "govuk-tag--blue"),
    "in_work": (N_("检定中"), "govuk-tag--blue"),
    "completed": (N_("已出结果"), "govuk-tag--green"),
    "returned": (N_("已送还"), "govuk-tag--grey"),
    "refused": (N_("不予受理"), "govuk-tag--red"),
    "withdrawn": (N_("已撤回"), "govuk-tag--grey"),
    "cancelled": (N_("监管机关已终止"), "govuk-tag--red"),
}
_REASONS = {
    "new": N_("新购，从未检定"),
    "repaired": N_("修理后"),
    "due": N_("有效期将满"),
    "expired": N_("有效期已过"),
}
_LATE = {
    "owner": N_("有效期过后才申请"),
    "institution": N_("检定机构已超过期限"),
    "both": N_("有效期过后才申请，检定机构也已超过期限"),
}
WHO_IS_LATE = {
    "owner": N_("使用单位"),
    "institution": N_("检定机构"),
    "both": N_("使用单位和检定机构"),
}
_WITH_AN_INSTRUMENT = {
    "owner": N_("使用单位没有按时申请检定"),
    "institution": N_("使用单位按时申请了检定，检定机构已超过期限"),
    "both": N_("使用单位没有按时申请检定，检定机构也已超过期限"),
}
_WAITS = {
    "applied": N_("检定机构还没有受理。"),
    "accepted": N_("检定机构已受理，还没有登记检定结果。"),
    "scheduled": N_("检定机构已受理，还没有登记检定结果。"),
    "received": N_("检定机构已收到器具，还没有登记检定结果。"),
    "in_work": N_("检定机构正在检定，还没有登记检定结果。"),
}
_NO_ANSWER = {
    "earlier": N_("{institution}登记了 {day} 的检定结果，早于申请日期，不是这次申请的结果。"),
    "another_institution": N_("{institution}登记了 {day} 的检定结果，不是申请的那家检定机构。"),
    "undecided": N_("{institution}登记了 {day} 的检定，还没有合格或者不合格的结果。"),
}
_ACTS = {
    "accepted": N_("受理"),
    "scheduled": N_("约定检定日期"),
    "received": N_("登记收到器具"),
    "in_work": N_("开始检定"),
    "returned": N_("登记已送还"),
    "refused": N_("不予受理或者退回申请"),
    "withdrawn": N_("撤回申请"),
    "cancelled": N_("终止申请"),
}
# What an institution may do next; the register refuses everything else.
NEXT: Mapping[str, Sequence[str]] = {
    "applied": ("accepted", "refused"),
    "accepted": ("scheduled", "received", "in_work", "refused"),
    "scheduled": ("scheduled", "received", "in_work", "refused"),
    "received": ("in_work", "refused"),
    "in_work": ("refused",),
    "completed": ("returned",),
}
TERMS = {"acceptance": N_("受理期限"), "completion": N_("完成期限")}
WITHDRAWABLE = frozenset({"applied", "accepted", "scheduled"})
OPEN = frozenset(_WAITS)


def state(say: Say, code: str) -> Tag:
    """Returns the tag of an order's state."""
    word, style = STATES[code]
    return Tag(say(word), "", style)


def reason(say: Say, code: str) -> str:
    """Returns why a verification was applied for."""
    return say(_REASONS[code])


def late(say: Say, code: str) -> str:
    """Returns who is late, as a sentence; empty if nobody is."""
    return say(_LATE[code]) if code else ""


def late_with(say: Say, coloured: alerts.InstrumentColour) -> str:
    """Returns who is late with the verification of an instrument, as a sentence; or empty."""
    return say(_WITH_AN_INSTRUMENT[coloured.late]) if coloured.late else ""


def applied(words: Words, coloured: alerts.InstrumentColour) -> str:
    """Returns what was applied for; or that nothing was, where an instrument is yellow or red."""
    say, day = words.say, words.day
    if not coloured.HasField("application"):
        return say(N_("没有尚未办结的检定申请")) if coloured.colour in ("yellow", "red") else ""
    order = coloured.application
    sentence = say(N_("{day}向{institution}申请，机构应在 {due}以前办理"))
    return sentence.format(
        day=day(order.applied_on), institution=order.institution, due=day(order.due_on)
    )


def open_because(words: Words, order: pb.Order, others: Iterable[pb.OtherResult]) -> Sequence[str]:
    """Returns in sentences why an order is still open, and how it ends; none if it has ended."""
    say = words.say
    if order.state not in _WAITS:
        return ()
    found = [
        say(_NO_ANSWER[one.why]).format(institution=one.institution, day=words.day(one.verified_on))
        for one in others
    ]
    by_result = N_("检定机构登记了申请之日或者以后的合格或者不合格结果，申请自动办结。")
    ends = N_("不用再检定的，申请人撤回申请；已收到器具的，由检定机构写明理由后退回申请。")
    by_bureau = N_("检定机构办不了的，由监管机关写明理由后终止申请。")
    last = [say(ends), say(by_bureau)] if found else []
    return [say(_WAITS[order.state]), *found, say(by_result), *last]


def act(say: Say, code: str) -> str:
    """Returns the name of the act that takes an order to a state."""
    return say(_ACTS[code])


def term_left(say: Say, due_on: str, today: str) -> str:
    """How many days the institution still has, or for how many it is late; empty without a term."""
    if not due_on:
        return ""
    days = (date.fromisoformat(due_on) - date.fromisoformat(today)).days
    text = N_("已逾期 {days} 天") if days < 0 else N_("还有 {days} 天")
    return say(text).format(days=abs(days))


def term(words: Words, figure: pb.TermFigure, bureaus: Mapping[str, str]) -> str:
    """Returns a term and who says it: a bureau with its document, or the example of the platform.

    Empty if the registry answers none, as one of an earlier release does.
    """
    if not figure.days:
        return ""
    say = words.say
    days = say(N_("{n} 个工作日")).format(n=figure.days)
    if not figure.bureau:
        example = N_("{days}（示例值：法规没有规定天数，机关也没有规定）")
        return say(example if figure.example else N_("{days}（法规规定）")).format(days=days)
    bureau, day = bureaus.get(figure.bureau, figure.bureau), words.day(figure.valid_from)
    text = say(N_("{days}（{bureau}规定，自 {day}起：{source}）"))
    return text.format(days=days, bureau=bureau, day=day, source=figure.source)


def named_term(words: Words, figure: pb.TermFigure, bureaus: Mapping[str, str]) -> str:
    """Returns the same with what the term is for."""
    return words.listed((words.say(TERMS[figure.kind]), term(words, figure, bureaus)), "：")


def term_in_short(words: Words, figure: pb.TermFigure, bureaus: Mapping[str, str]) -> str:
    """Returns who says a term, for a cell of a list; empty if the registry answers none."""
    if not figure.days:
        return ""
    if figure.bureau:
        bureau = bureaus.get(figure.bureau, figure.bureau)
        return words.say(N_("{bureau}规定的期限")).format(bureau=bureau)
    return words.say(N_("期限为示例值") if figure.example else N_("法规规定的期限"))
