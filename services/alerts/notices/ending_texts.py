"""The reminders of what ends, in Chinese and in English. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.people import QualificationKind
from law.reminders import Due
from services.alerts.due_dates import Ending
from services.alerts.notices import english, texts
from services.alerts.notices.listing import first_ones, numbered
from services.alerts.notices.texts import Text, body

_QUALIFICATIONS = {
    QualificationKind.CALIBRATION_INSTITUTION: ("校准机构", "calibration institution"),
    QualificationKind.METROLOGIST: ("注册计量师", "registered metrologist"),
    QualificationKind.EXAMINER: ("计量考评员", "examiner"),
    QualificationKind.EXPERT: ("行业专家", "expert"),
}
_EXAMPLE = "提醒的时间为示例，由机关自行确定。"
_EXAMPLE_EN = "When you are reminded is an example until the bureau sets its own."
_REST = "另有 {n} 项，见平台。"
NAMED = 200  # in one mail; the lists have the others


def to_subject(name: str, on: date, endings: Sequence[Ending]) -> Text:
    """Writes to the subject `name` which of its permits end, in Chinese."""
    return Text(
        f"计量行政许可到期提醒（{on}）：{len(endings)} 项",
        body(
            f"{name}：\n贵单位下列计量行政许可将要到期：",
            *numbered(_zh(one, on) for one in endings),
            "需要延续的，请在到期前向作出许可的机关申请。登记与实际不符的，请告诉监管机关。",
            _EXAMPLE,
        ),
    )


def to_subject_en(name: str, on: date, endings: Sequence[Ending]) -> Text:
    """Writes the same in English."""
    return Text(
        f"Permits that end ({on}): {len(endings)}",
        body(
            f"{name}:\nThese permits of yours end:",
            *numbered(_en(one, on) for one in endings),
            "To renew one, apply to the authority that granted it before it ends. Tell the bureau"
            " if this is not so.",
            _EXAMPLE_EN,
        ),
    )


def to_institution(name: str, on: date, endings: Sequence[Ending]) -> tuple[Text, Text]:
    """Writes what ends to an institution, in Chinese and in English."""
    stops = any(one.kind in (Due.AUTHORISATION, Due.LABORATORY) for one in endings)
    zh = Text(
        f"授权和资格到期提醒（{on}）：{len(endings)} 项",
        body(
            f"{name}：\n下列授权、资格将要到期：",
            *first_ones(endings, NAMED, lambda one: _zh(one, on), _REST),
            f"延续以后，请告诉登记的机关{'；到期以后的检定结果不再收下' if stops else ''}。",
            _EXAMPLE,
        ),
    )
    en = Text(
        f"Authorisations and qualifications end ({on}): {len(endings)}",
        body(
            f"{name}:\nThese authorisations and qualifications end:",
            *first_ones(endings, NAMED, lambda one: _en(one, on), "And {n} more on the platform."),
            "Once renewed, tell the bureau that keeps them"
            f"{'; results of later days are not taken' if stops else ''}.",
            _EXAMPLE_EN,
        ),
    )
    return zh, en


def to_bureau(on: date, endings: Sequence[tuple[Ending, str]]) -> Text:
    """Writes to a bureau what ends, each with the name of who holds it."""
    return Text(
        f"许可、授权和资格到期提醒（{on}）：{len(endings)} 项",
        body(
            "下列许可、授权、资格将要到期，持有人有邮箱的已经告知：",
            *first_ones(endings, NAMED, lambda one: _of_holder(*one, on), _REST),
            "已经延续的，请更新登记。",
            _EXAMPLE,
        ),
    )


def _of_holder(one: Ending, holder: str, on: date) -> str:
    return f"{holder}，{_zh(one, on)}" if holder else _zh(one, on)


def _zh(one: Ending, on: date) -> str:
    over = "，今天到期" if one.last_day == on else "，已到期"
    end = over if one.last_day and one.last_day <= on else ""
    return f"{_what(one)}（编号 {one.number}），有效期至 {one.last_day}{end}"


def _what(one: Ending) -> str:
    if one.kind is Due.AUTHORISATION:
        return f"{texts.type_name(one.what)}检定授权"
    if one.kind is Due.LABORATORY:
        return f"实验室“{one.what}”专项授权"
    if one.kind is Due.QUALIFICATION:
        return _QUALIFICATIONS[QualificationKind(one.what)][0]
    return one.what


def _en(one: Ending, on: date) -> str:
    over = ", today" if one.last_day == on else ", which is over"
    end = over if one.last_day and one.last_day <= on else ""
    return f"{_what_en(one)} (number {one.number}), valid until {one.last_day}{end}"


def _what_en(one: Ending) -> str:
    if one.kind is Due.AUTHORISATION:
        return f"authorisation to verify: {english.type_name(one.what)}"
    if one.kind is Due.LABORATORY:
        return f"special authorisation of the laboratory {one.what}"
    if one.kind is Due.QUALIFICATION:
        return _QUALIFICATIONS[QualificationKind(one.what)][1]
    return one.what
