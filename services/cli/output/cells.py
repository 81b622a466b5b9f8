"""Cells on the screen: a message field as a short text, with names for ids and words for codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from rich.text import Text

from law.reader.texts import spell_out
from services.cli.output.columns import (
    Path,
    cell_of,
    is_named,
    name_at,
    value_at,
)
from services.cli.output.console import styled
from services.cli.output.headings import OWN_HEADS, SHORT_HEADS, heading
from services.cli.output.language import choose, language
from services.cli.output.names import Names
from services.cli.output.words import grade_name, type_name, vocabulary, word, word_of, words

SHORT = 8  # characters shown of an id; any unambiguous prefix can be given to a command
LONG_ID = re.compile(r"[0-9a-f]{32,}|[0-9a-f]{8}-[0-9a-f-]{27}")
# Numbers of our own readings and requirements; people are shown only the articles beside them.
OWN_READING = re.compile(r"[CRD]-\d{2,3}")
WHOLE = frozenset({"seen"})  # a digest that a decision names, to the last character
CITES = frozenset({"cite", "ground_cite", "archive_cite", "evidence_cite", "disclosure_cite"})
COLOUR_STYLES = {"green": "green", "yellow": "yellow", "red": "bold red"}
Own = Callable[[Any, Names], str]


def short(value: str) -> str:
    """Returns the first 8 characters of a long id; returns any other text unchanged."""
    return value[:SHORT] if LONG_ID.fullmatch(value) else value


def articles(cite: str) -> str:
    """Formats a citation as titles and articles; omits internal numbers such as C-19."""
    parts = [part.strip() for part in re.split(r"[;；]", cite)]
    cited = "; ".join(part for part in parts if part and not OWN_READING.fullmatch(part))
    return spell_out(cited, language().value) if cited else ""


def path_to(message: Descriptor, dotted: str) -> Path:
    """Returns the path to a field of a message; dots separate nested messages: `term.target_on`."""
    first, _, rest = dotted.partition(".")
    field = message.fields_by_name[first]
    return (field, *path_to(field.message_type, rest)) if rest and field.message_type else (field,)


def head(message: Descriptor, dotted: str) -> str:
    """Returns the heading of the screen column for a field of a message."""
    if own := OWN_HEADS.get(f"{message.name}.{dotted}"):
        return choose(*own)
    field = path_to(message, dotted)[-1]
    short_head = SHORT_HEADS.get(field.name)
    if short_head and (is_named(field) or field.is_repeated):
        return choose(*short_head)
    is_own_id = field.name.replace("_", "") == f"{message.name.lower()}id"
    return "id" if is_own_id else heading(field)


def cell(message: Any, dotted: str, names: Names) -> Text:
    """Returns the text of a screen column for one message; empty if the field is not set."""
    if own := OWN_CELLS.get(f"{message.DESCRIPTOR.name}.{dotted}"):
        return styled(own(message, names))
    path = path_to(message.DESCRIPTOR, dotted)
    if path[-1].name == "colour":
        return styled((word_of(path[-1], message.colour), COLOUR_STYLES.get(message.colour, "")))
    return styled(_text(path, message, names))


def _text(path: Sequence[FieldDescriptor], message: Any, names: Names) -> str:
    value, field = value_at(path, message), path[-1]
    if value in (None, "", False):
        return ""
    if is_named(field):
        return _named(field, str(value), name_at(path, message, names))
    if field.name in CITES or field.name.endswith("_cite"):
        return articles(str(value))
    if field.is_repeated and field.message_type is None and field.enum_type is None:
        return "、".join(short(word_of(field, str(item))) for item in value)
    if vocabulary(field) and isinstance(value, str):
        return word_of(field, value)
    if field.name in WHOLE:
        return str(value)
    return _spelled(cell_of(path)(message, names))


def _named(field: FieldDescriptor, value: str, name: str) -> str:
    if field.name == "subject_id":
        return f"{name} {short(value)}".strip()
    return name or short(value)


def _spelled(value: object) -> str:
    match value:
        case bool():
            return choose("是", "yes")
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case str():
            return short(value)
    return "" if value is None else str(value)


def grade_in_words(grade: Any, _names: Names) -> str:
    """Formats a grade in a few characters: letter, score, and whether it is contested."""
    if not grade.grade:
        return choose("不评价", "not graded")
    name = grade_name(grade.ruleset_id, grade.grade)
    score = choose(f" {grade.score}分", f" {grade.score}") if grade.HasField("score") else ""
    contested = choose("（异议中）", " (contested)") if getattr(grade, "contested", False) else ""
    coming = getattr(grade, "prospective", "")
    note = choose(f"（下一年度 {coming}）", f" (next year {coming})") if coming else ""
    return f"{name}{score}{contested}{note}"


def term_in_words(case: Any, _names: Names) -> str:
    """Formats the term of a case: working days, inclusive last day, days left, and article."""
    if not case.HasField("term"):
        return choose("未受理，期限未起算", "not accepted yet, no term runs")
    term, cited = case.term, articles(case.term.cite)
    extended = term.cap_days > term.budget_days
    longest = f"最长 {term.cap_days} 个工作日，至 {term.latest_on}；" if extended else ""
    longest_en = f"at most {term.cap_days}, until {term.latest_on}; " if extended else ""
    late, late_en = ("，已逾期", ", overdue") if term.overdue else ("", "")
    provisional = "，涉及尚未公布放假安排的年度，暂定" if term.provisional else ""
    provisional_en = ", provisional: holidays not published" if term.provisional else ""
    return choose(
        f"{term.budget_days} 个工作日，至 {term.target_on}（含当日）；{longest}"
        f"剩余 {term.remaining_days} 个工作日{late}{provisional}（{cited}）",
        f"{term.budget_days} working days, to {term.target_on} inclusive; {longest_en}"
        f"{term.remaining_days} left{late_en}{provisional_en} ({cited})",
    )


def _days_left(colour: Any, names: Names) -> str:
    """Days from today to the last valid day; negative once it is over, none where it is not due."""
    if not colour.valid_until or colour.non_compulsory or names.today is None:
        return ""
    return str((date.fromisoformat(colour.valid_until) - names.today).days)


def _marks(record: Any, _names: Names) -> str:
    marks = {
        choose("异议中", "contested"): record.contested,
        choose("终止披露", "not disclosed"): record.disclosure_stopped,
    }
    return "、".join(mark for mark, stands in marks.items() if stands)


def _grade_change(case: Any, _names: Names) -> str:
    return f"{case.grade_before} → {case.grade_after}" if case.grade_after else ""


def _place_of_fault(fault: Any, _names: Names) -> str:
    if fault.chunk:
        return choose(f"第 {fault.chunk} 块第 {fault.item} 项", f"{fault.chunk}.{fault.item}")
    if fault.sheet:
        return f"{fault.sheet} {fault.row} {fault.cell}".rstrip()
    return str(fault.row)


def _kind_of_fault(fault: Any, _names: Names) -> str:
    return choose("提示", "note") if fault.warning else choose("错误", "error")


def _place_in_short(fault: Any) -> str:
    row = choose(f"第 {fault.row} 行", f"row {fault.row}")
    return str(fault.cell) or (_place_of_fault(fault, Names()) if fault.chunk else row)


def _places_of_kind(kind: Any, _names: Names) -> str:
    """The first places of a kind of fault, and how many there are besides."""
    places = "、".join(dict.fromkeys(map(_place_in_short, kind.first)))
    more = kind.faults - len(kind.first)
    return places + (choose(f"，另有 {more:,} 条", f" and {more:,} more") if more else "")


def _message_of_kind(kind: Any, names: Names) -> str:
    """What the faults of a kind say; each of those about several columns of the header."""
    about_columns = not kind.column and kind.first[0].column
    told = kind.first if about_columns else kind.first[:1]
    return "；".join(dict.fromkeys(_message(fault, names) for fault in told))


def _message(message: Any, _names: Names) -> str:
    return choose(message.message_zh, message.message_en)


def _reason(message: Any, _names: Names) -> str:
    return str(message.reason_zh)


def _alerts(batch: Any, _names: Names) -> str:
    plan = batch.estimate
    never = choose(
        f"，其中从未检定即在使用 {plan.unverified} 件",
        f", {plan.unverified} of them in use and never verified",
    )
    return choose(
        f"{plan.alerts} 件，涉及器具 {plan.instruments} 件；上限 {plan.alert_share:.0%}",
        f"{plan.alerts} of {plan.instruments} instruments; limit {plan.alert_share:.0%}",
    ) + (never if plan.unverified else "")


def _drops(batch: Any, _names: Names) -> str:
    plan = batch.estimate
    if not plan.graded:
        return choose(
            f"未估计（涉及主体不足 {plan.least} 个）",
            f"not estimated (fewer than {plan.least} subjects)",
        )
    return choose(
        f"{plan.drops} 个，已评级主体 {plan.graded} 个；上限 {plan.drop_share:.0%}",
        f"{plan.drops} of {plan.graded} graded subjects; limit {plan.drop_share:.0%}",
    )


def _estimated(line: Own) -> Own:
    """A line about the estimate of a batch; empty for a batch without one."""
    return lambda batch, names: line(batch, names) if batch.HasField("estimate") else ""


def _digest_seen(batch: Any, _names: Names) -> str:
    return batch.estimate.digest if batch.state == "awaiting_approval" else ""


def _condition_state(condition: Any, _names: Names) -> str:
    return choose("已满足", "met") if condition.met else choose("未满足", "not met")


def _condition_notes(condition: Any, _names: Names) -> str:
    open_zh, open_en = "待办案人员核对", "for the caseworker to establish"
    records = "、".join(map(short, condition.in_the_way))
    parts = [
        choose("自", "from") + f" {condition.met_from}" if condition.met_from else "",
        choose("期间记录", "records in between") + f" {records}" if records else "",
        choose(open_zh, open_en) if condition.to_confirm and not condition.confirmed_by else "",
        condition.ground,
    ]
    return "；".join(filter(None, parts))


def _in_language(field: str) -> Own:
    """A text that the contract has in Chinese and English."""
    return lambda message, _: getattr(message, f"{field}_{language().value}")


def _moves(year_end: Any, _names: Names) -> str:
    """From class to class over all bureaus: `2→3：1，3→3：4`."""
    counts: dict[str, int] = {}
    for move in year_end.moves:
        key = f"{move.class_before or choose('新', 'new')}→{move.class_after}"
        counts[key] = counts.get(key, 0) + move.subjects
    return "，".join(f"{key}：{count}" for key, count in sorted(counts.items()))


def _before(impact: Any, _names: Names) -> str:
    return impact.before or "—"


def _after(impact: Any, _names: Names) -> str:
    return impact.after or "—"


def _not_seen(impact: Any, names: Names) -> str:
    who = names.name("seen_by", impact.seen_by) or impact.seen_by
    return who or choose("尚未查看（ruleset acknowledge）", "nobody yet (ruleset acknowledge)")


def _sectors(message: Any, _names: Names) -> str:
    field = message.DESCRIPTOR.fields_by_name["sectors"]
    return "、".join(word_of(field, code) for code in message.sectors) or choose("全部", "all")


def _reminder(step: Any, _names: Names) -> str:
    return str(step.reasons or step.review_on)


def _results(side: Any, _names: Names) -> str:
    return "；".join(map(_result, side.verifications))


def _result(one: Any) -> str:
    """One result that may be of the same day, with the id by which a decision names it."""
    aside = choose("（不作数）", " (set aside)") if one.set_aside else ""
    result = choose(word("result", one.result), one.result)
    parts = short(one.verification_id), one.verified_on, result, one.certificate_no
    return " ".join(filter(None, parts)) + aside


def _namesakes(twins: Any, names: Names) -> str:
    told = ((names.name("bureau", one.bureau) or one.bureau, one) for one in twins.namesakes)
    return "；".join(f"{bureau} {one.name} {short(one.subject_id)}" for bureau, one in told)


def _stuck_steps(stuck: Any, _names: Names) -> str:
    return "；".join(f"{word('case_step', one.step)}: {one.why}" for one in stuck.steps)


def _obstacles(candidate: Any, _names: Names) -> str:
    return "；".join(choose(one.zh, one.en) for one in candidate.obstacles)


def _by_week(ahead: Any, _names: Names) -> str:
    return " ".join(f"{week.instruments:,}" for week in ahead.weeks)


def _group(count: Any, _names: Names) -> str:
    """A sector or a type by its word; the name of a street or an institution as it is."""
    if not count.group:
        return choose("不明或其他", "unknown or other")
    if count.group in words("sector"):
        return choose(word("sector", count.group), count.group.replace("_", " "))
    return type_name(count.group)


def _counted(count: Any, _names: Names) -> str:
    """What a figure of a month counts: a colour, a result or a step, by its word."""
    for name in ("colour", "result", "escalation_step"):
        if count.name in words(name):
            return choose(word(name, count.name), count.name.replace("_", " "))
    return str(count.name)


OWN_CELLS: Mapping[str, Own] = {
    "Grade.grade": grade_in_words,
    "Outcome.grade": grade_in_words,
    "Case.term": term_in_words,
    "Case.grade_after": _grade_change,
    "InstrumentColour.days_left": _days_left,
    "InstrumentColour.place": lambda colour, names: names.place(colour.instrument_id),
    "Alert.place": lambda alert, names: names.place(alert.instrument_id),
    "Record.marks": _marks,
    "RowFault.row": _place_of_fault,
    "RowFault.warning": _kind_of_fault,
    "RowFault.message": _message,
    "FaultKind.warning": _kind_of_fault,
    "FaultKind.message": _message_of_kind,
    "FaultKind.places": _places_of_kind,
    "Problem.message": _message,
    "Batch.alerts": _estimated(_alerts),
    "Batch.drops": _estimated(_drops),
    "Batch.seen": _estimated(_digest_seen),
    "Condition.met": _condition_state,
    "Condition.notes": _condition_notes,
    "Condition.text": _in_language("text"),
    "Grade.not_graded": _in_language("not_graded"),
    "Outcome.not_graded": _in_language("not_graded"),
    "Outcome.title": _in_language("title"),
    "Ruleset.title": _in_language("title"),
    "YearEnd.moves": _moves,
    "Impact.sectors": _sectors,
    "Activation.sectors": _sectors,
    "Impact.seen_by": _not_seen,
    "ImpactMove.before": _before,
    "ImpactMove.after": _after,
    "ImpactCount.before": _before,
    "ImpactCount.after": _after,
    "EscalationStep.note": _reminder,
    "Assignee.reason": _in_language("reason"),
    "ColumnField.label": _in_language("label"),
    "LikeSide.verifications": _results,
    "MonthCount.name": _counted,
    "StuckCase.steps": _stuck_steps,
    "Twins.namesakes": _namesakes,
    "ExposureCandidate.obstacles": _obstacles,
    "TypeAhead.weeks": _by_week,
    "GroupCount.group": _group,
}
