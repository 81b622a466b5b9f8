"""Notices that instruments have another owner on file: to the former one, and to the present one.

What changed together is one notice to each. Neither is told who the other is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from law.reader.texts import spell_articles
from plumbing.change import Change
from protos.registry.v1 import registry_pb2
from services.alerts.notices import english
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.listing import counted, counted_en, named, named_en, numbered
from services.alerts.notices.texts import Contact, Text, body
from services.alerts.tables import NoticeKind, Subject

CITE = "S4 二(三)"
GONE_TITLES = ("登记信息变动：器具不再属于贵单位", "Your registration: an instrument left it")
COME_TITLES = ("登记信息变动：器具登记到贵单位名下", "Your registration: an instrument came to it")
Told = Sequence[registry_pb2.Instrument]
_Write = Callable[[str, Told, Contact], Text]


async def tell_of_owners(
    change: Change, handed_on: Iterable[registry_pb2.Instrument], before: Mapping[str, str]
) -> None:
    """Tells the former and the present owners of instruments; `before` has the former, by id.

    An owner in review is not told.
    """
    gone: dict[str, list[registry_pb2.Instrument]] = defaultdict(list)
    come: dict[str, list[registry_pb2.Instrument]] = defaultdict(list)
    for one in handed_on:
        gone[before[one.instrument_id]].append(one)
        come[one.subject_id].append(one)
    for owners, way, zh, en in (
        (gone, "from", gone_zh, gone_en),
        (come, "to", come_zh, come_en),
    ):
        for subject_id, instruments in owners.items():
            subject = await known(change.session, Subject, subject_id)
            if not subject.unwatched:
                await _tell(change, subject, instruments, way, (zh, en))


async def _tell(
    change: Change, subject: Subject, instruments: Told, way: str, texts_of: tuple[_Write, _Write]
) -> None:
    first, contact = instruments[0], await contact_of(change.session, subject.bureau)
    zh, en = texts_of
    told = (subject.name, instruments, contact)
    about = f"instrument/{first.instrument_id}" if way == "to" and len(instruments) == 1 else ""
    await issue(
        change,
        NoticeKind.SUBJECT,
        f"owner/{way}/{first.instrument_id}/{first.version}",
        subject,
        subject.bureau,
        zh(*told),
        Matter(about),
        in_english=partial(en, *told),
    )


def gone_zh(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes to the subject `name` that instruments are not its own any more, in Chinese."""
    return Text(
        counted(GONE_TITLES[0], len(instruments)),
        body(
            f"{name}：\n下列器具在登记簿中已变更使用单位，不再属于贵单位：",
            *numbered(map(named, instruments)),
            "此后不再向贵单位发出它们的预警。",
            f"依据：{spell_articles(CITE)}。与实际不符的，请联系{bureau}。",
        ),
    )


def gone_en(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes the same in English."""
    return Text(
        counted_en(GONE_TITLES[1], len(instruments)),
        body(
            f"{name}:\nThese instruments have another owner on the register now, not you:",
            *numbered(map(named_en, instruments)),
            f"You get no warnings of them any more ({spell_articles(CITE, 'en')}).",
            english.questions(bureau),
        ),
    )


def come_zh(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes to the subject `name` that instruments are its own now, in Chinese."""
    return Text(
        counted(COME_TITLES[0], len(instruments)),
        body(
            f"{name}：\n下列器具已登记到贵单位名下，请在平台核对，并按期申请检定：",
            *numbered(map(named, instruments)),
            f"依据：{spell_articles(CITE)}。与实际不符的，请联系{bureau}。",
        ),
    )


def come_en(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes the same in English."""
    return Text(
        counted_en(COME_TITLES[1], len(instruments)),
        body(
            f"{name}:\nThese instruments are yours on the register now. Look at them on the"
            " platform, and apply for their verification in time:",
            *numbered(map(named_en, instruments)),
            f"Article: {spell_articles(CITE, 'en')}.",
            english.questions(bureau),
        ),
    )
