"""The notices of new instruments that an operator has filed: to its bureau, and its receipt.

What was filed together, from one file, is one notice and one receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from law.reader.texts import spell_articles
from plumbing.change import Change
from protos.registry.v1 import registry_pb2
from services.alerts.notices import english, texts
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.texts import Contact, Text, body
from services.alerts.tables import Bureau, NoticeKind, Subject

CITE = "S4 二(三)"
# What an operator may correct itself, in Chinese and English.
_OWN = (
    ("model", "型号规格", "Model"),
    ("measuring_range", "测量范围", "Measuring range"),
    ("accuracy_class", "准确度等级", "Accuracy class"),
    ("manufacturer", "生产厂家", "Manufacturer"),
    ("owner_no", "单位自编号", "Your own number"),
    ("location", "使用地点", "Where it stands"),
)
_CORRECTING = (
    "You can correct all this on the platform; ask for the correction of the type, the serial"
    " number and the day of rotation on the page of the instrument."
)


@dataclass(frozen=True)
class Filed:
    """Instruments as they were filed together, by whom, and on which day."""

    owner: str
    instruments: Sequence[registry_pb2.Instrument]
    on: date

    @property
    def only(self) -> registry_pb2.Instrument | None:
        """The instrument, if it is one alone."""
        return self.instruments[0] if len(self.instruments) == 1 else None


async def instruments_filed(change: Change, instruments: Sequence[registry_pb2.Instrument]) -> None:
    """Tells the bureau of an operator what was filed, and the operator that it was.

    Neither has to do anything: nothing depends on filing (C-20). Instruments that were on file, and
    of which only a mark changed, are left out. Raises TryLater if the operator or the bureau is not
    known here yet.
    """
    new = [one for one in instruments if one.version == 1]
    if not new:
        return
    first = new[0]
    owner = await known(change.session, Subject, first.subject_id)
    bureau = await known(change.session, Bureau, first.bureau)
    filed = Filed(owner.name, new, change.today)
    about = Matter(f"instrument/{first.instrument_id}" if filed.only else "")
    key = f"filing/{first.instrument_id}"
    await issue(
        change,
        NoticeKind.FILING,
        key,
        bureau,
        bureau.code,
        to_bureau(filed),
        about,
        in_english=partial(to_bureau_in_english, filed),
    )
    contact = await contact_of(change.session, bureau.code)
    await issue(
        change,
        NoticeKind.FILING,
        f"filing_receipt/{first.instrument_id}",
        owner,
        bureau.code,
        receipt(filed, contact),
        about,
        in_english=partial(receipt_in_english, filed, contact),
    )


def to_bureau(filed: Filed) -> Text:
    """Writes what the bureau is told."""
    if one := filed.only:
        return Text(
            f"新器具备案：{filed.owner}，{_named(one)}",
            body(
                f"{filed.owner}登记了新的计量器具：{_named(one)}。",
                _particulars(one),
                _what_it_means(),
            ),
        )
    number = len(filed.instruments)
    return Text(
        f"新器具备案：{filed.owner}，{number} 台",
        body(
            f"{filed.owner}按文件登记了新的计量器具 {number} 台：",
            *_listed(filed),
            _what_it_means(),
        ),
    )


def to_bureau_in_english(filed: Filed) -> Text:
    """Writes what the bureau is told in English."""
    means = (
        f"They are spares now, to be used only once they have passed a verification. {_approval()}"
    )
    if one := filed.only:
        return Text(
            f"New instrument filed: {filed.owner}, {_named_en(one)}",
            body(f"{filed.owner} filed an instrument: {_named_en(one)}.", _own_en(one), means),
        )
    number = len(filed.instruments)
    return Text(
        f"New instruments filed: {filed.owner}, {number}",
        body(f"{filed.owner} filed {number} instruments from a file:", *_listed_en(filed), means),
    )


def receipt(filed: Filed, bureau: Contact) -> Text:
    """Writes the receipt that the operator gets."""
    next_step = (
        "下一步：向检定机构申请检定。上面这些内容有误的，可以在平台上改正；"
        f"类型、出厂编号、轮换日期有误的，在器具页面申请更正，或者联系{bureau}。"
    )
    if one := filed.only:
        return Text(
            f"器具备案回执：{_named(one)}",
            body(
                f"{filed.owner}：\n贵单位已于 {filed.on} 备案计量器具：{_named(one)}"
                f"（平台编号 {one.instrument_id[:8]}），{bureau.name}已收到。",
                _particulars(one),
                _what_it_means(),
                next_step,
            ),
        )
    number = len(filed.instruments)
    return Text(
        f"器具备案回执：{number} 台",
        body(
            f"{filed.owner}：\n贵单位已于 {filed.on} 按文件备案计量器具 {number} 台，"
            f"{bureau.name}已收到：",
            *_listed(filed),
            _what_it_means(),
            next_step,
        ),
    )


def receipt_in_english(filed: Filed, bureau: Contact) -> Text:
    """Writes the same receipt in English."""
    approval = _approval()
    if one := filed.only:
        return Text(
            f"Receipt of a filed instrument: {_named_en(one)}",
            body(
                f"{filed.owner}:\nYou filed this instrument on {filed.on}: {_named_en(one)}"
                f" (number {one.instrument_id[:8]}). {bureau.name} has received it.",
                _own_en(one),
                "It is a spare now, to be used only once it has passed a verification. "
                f"{approval} Next, apply to a verification institution.",
                _CORRECTING,
                english.questions(bureau),
            ),
        )
    number = len(filed.instruments)
    return Text(
        f"Receipt of filed instruments: {number}",
        body(
            f"{filed.owner}:\nYou filed {number} instruments from a file on {filed.on}."
            f" {bureau.name} has received them:",
            *_listed_en(filed),
            "They are spares now, to be used only once they have passed a verification. "
            f"{approval} Next, apply to a verification institution.",
            _CORRECTING,
            english.questions(bureau),
        ),
    )


def _named(one: registry_pb2.Instrument) -> str:
    return f"{texts.type_name(one.type_code)} {one.serial_no}"


def _named_en(one: registry_pb2.Instrument) -> str:
    return f"{english.type_name(one.type_code)} {one.serial_no}"


def _listed(filed: Filed) -> Iterable[str]:
    for number, one in enumerate(filed.instruments, 1):
        given = [f"{zh}：{value}" for name, zh, _ in _OWN if (value := getattr(one, name))]
        yield "，".join((f"{number}. {_named(one)}（平台编号 {one.instrument_id[:8]}）", *given))


def _listed_en(filed: Filed) -> Iterable[str]:
    for number, one in enumerate(filed.instruments, 1):
        given = [f"{en}: {value}" for name, _, en in _OWN if (value := getattr(one, name))]
        yield ", ".join((f"{number}. {_named_en(one)} (number {one.instrument_id[:8]})", *given))


def _particulars(one: registry_pb2.Instrument) -> str:
    own = (f"{zh}：{getattr(one, name) or '未填'}" for name, zh, _ in _OWN)
    return f"{'；'.join(own)}。"


def _own_en(one: registry_pb2.Instrument) -> str:
    return " ".join(f"{en}: {getattr(one, name) or 'not given'}." for name, _, en in _OWN)


def _approval() -> str:
    return f"Filing needs no approval ({spell_articles(CITE, 'en')})."


def _what_it_means() -> str:
    return f"依据：{spell_articles(CITE)}。器具目前为备用，检定合格后才能使用；备案无须批准。"
