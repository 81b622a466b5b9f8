"""The notices of a new instrument that an operator has filed: to its bureau, and its receipt."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Filed:
    """An instrument as it was filed, by whom, and on which day."""

    owner: str
    instrument: registry_pb2.Instrument
    on: date


async def instrument_filed(change: Change, instrument: registry_pb2.Instrument) -> None:
    """Tells the bureau of an operator which instrument was filed, and the operator that it was.

    Neither has to do anything: nothing depends on filing (C-20). Raises TryLater if the operator or
    the bureau is not known here yet.
    """
    owner = await known(change.session, Subject, instrument.subject_id)
    bureau = await known(change.session, Bureau, instrument.bureau)
    filed, about = (
        Filed(owner.name, instrument, change.today),
        Matter(f"instrument/{instrument.instrument_id}"),
    )
    key = f"filing/{instrument.instrument_id}"
    await issue(change, NoticeKind.FILING, key, bureau, bureau.code, to_bureau(filed), about)
    contact = await contact_of(change.session, bureau.code)
    await issue(
        change,
        NoticeKind.FILING,
        f"filing_receipt/{instrument.instrument_id}",
        owner,
        bureau.code,
        receipt(filed, contact),
        about,
        in_english=partial(receipt_in_english, filed, contact),
    )


def to_bureau(filed: Filed) -> Text:
    """Writes what the bureau is told."""
    named = f"{texts.type_name(filed.instrument.type_code)} {filed.instrument.serial_no}"
    return Text(
        f"新器具备案：{filed.owner}，{named}",
        body(f"{filed.owner}登记了新的计量器具：{named}。", _particulars(filed), _what_it_means()),
    )


def receipt(filed: Filed, bureau: Contact) -> Text:
    """Writes the receipt that the operator gets."""
    named = f"{texts.type_name(filed.instrument.type_code)} {filed.instrument.serial_no}"
    return Text(
        f"器具备案回执：{named}",
        body(
            f"{filed.owner}：\n贵单位已于 {filed.on} 备案计量器具：{named}"
            f"（平台编号 {filed.instrument.instrument_id[:8]}），{bureau.name}已收到。",
            _particulars(filed),
            _what_it_means(),
            "下一步：向检定机构申请检定。上面这些内容有误的，可以在平台上改正；"
            f"类型、出厂编号等其他内容有误的，请联系{bureau}。",
        ),
    )


def receipt_in_english(filed: Filed, bureau: Contact) -> Text:
    """Writes the same receipt in English."""
    named = f"{english.type_name(filed.instrument.type_code)} {filed.instrument.serial_no}"
    return Text(
        f"Receipt of a filed instrument: {named}",
        body(
            f"{filed.owner}:\nYou filed this instrument on {filed.on}: {named}"
            f" (number {filed.instrument.instrument_id[:8]}). {bureau.name} has received it.",
            " ".join(
                f"{en}: {getattr(filed.instrument, name) or 'not given'}." for name, _, en in _OWN
            ),
            "It is a spare now, to be used only once it has passed a verification. Filing needs no"
            f" approval ({spell_articles(CITE, 'en')}). Next, apply to a verification institution.",
            "You can correct all this on the platform; ask the bureau to correct the type, the"
            " serial number and anything else.",
            english.questions(bureau),
        ),
    )


def _particulars(filed: Filed) -> str:
    own = (f"{zh}：{getattr(filed.instrument, name) or '未填'}" for name, zh, _ in _OWN)
    return f"{'；'.join(own)}。"


def _what_it_means() -> str:
    return f"依据：{spell_articles(CITE)}。器具目前为备用，检定合格后才能使用；备案无须批准。"
