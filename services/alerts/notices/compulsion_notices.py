"""Notices to an owner that an instrument need not be verified, or has to be again (C-44).

What changed together is one notice: a file may say it of a hundred instruments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.reader.texts import spell_articles
from plumbing.change import Change
from protos.registry.v1 import registry_pb2
from services.alerts.notices import english
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.listing import counted, counted_en, named, named_en, numbered
from services.alerts.notices.texts import Contact, Text, body
from services.alerts.tables import Instrument, NoticeKind, Subject

CITE = "S4 二(三)"
FREE_TITLES = (
    "登记信息变动：器具不属于强制检定",
    "Your registration: under no compulsory verification",
)
BOUND_TITLES = (
    "登记信息变动：器具恢复强制检定",
    "Your registration: under compulsory verification again",
)
Told = Sequence[registry_pb2.Instrument]


async def altered_compulsion(session: AsyncSession, instruments: Told) -> Told:
    """Returns those of an event that were under compulsory verification and are not, or reversed.

    It compares with what is stored, so ask before the event is stored.
    """
    ids = [one.instrument_id for one in instruments]
    rows = await session.exec(select(Instrument).where(col(Instrument.instrument_id).in_(ids)))
    stored = {row.instrument_id: (row.version, row.non_compulsory) for row in rows}
    altered = []
    for one in instruments:
        version, free = stored.get(one.instrument_id, (0, False))
        if one.version > version and bool(one.non_compulsory_ground) != free and not one.removed:
            altered.append(one)
    return altered


async def tell_of_compulsion(change: Change, altered: Told) -> None:
    """Tells each owner what changed of its instruments. An owner in review is not told."""
    groups: dict[tuple[str, bool], list[registry_pb2.Instrument]] = defaultdict(list)
    for one in altered:
        groups[one.subject_id, bool(one.non_compulsory_ground)].append(one)
    for (subject_id, free), instruments in groups.items():
        subject = await known(change.session, Subject, subject_id)
        if not subject.placeholder:
            await _tell(change, subject, instruments, free=free)


async def _tell(change: Change, subject: Subject, instruments: Told, *, free: bool) -> None:
    first, contact = instruments[0], await contact_of(change.session, subject.bureau)
    zh, en = (free_zh, free_en) if free else (bound_zh, bound_en)
    told = (subject.name, instruments, contact)
    about = f"instrument/{first.instrument_id}"
    await issue(
        change,
        NoticeKind.SUBJECT,
        f"compulsion/{first.instrument_id}/{first.version}",
        subject,
        subject.bureau,
        zh(*told),
        Matter(about if len(instruments) == 1 else ""),
        in_english=partial(en, *told),
    )


def free_zh(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes to the subject `name` that instruments need not be verified, in Chinese."""
    return Text(
        counted(FREE_TITLES[0], len(instruments)),
        body(
            f"{name}：\n监管机关认定下列器具不属于强制检定：",
            *numbered(f"{named(one)}，理由：{one.non_compulsory_ground}" for one in instruments),
            "此后不再因到期或者从未检定变色；经检定不合格仍在使用的，照样是红色警示。",
            f"请自行安排校准，可以在平台的器具页面设置校准周期。依据：{spell_articles(CITE)}。",
            f"有疑问或者不符的，请联系{bureau}。",
        ),
    )


def free_en(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes the same in English."""
    return Text(
        counted_en(FREE_TITLES[1], len(instruments)),
        body(
            f"{name}:\nThe bureau states that these instruments need not be verified:",
            *numbered(
                f"{named_en(one)}. {english.as_written('Ground', one.non_compulsory_ground)}"
                for one in instruments
            ),
            "They have no colour any more for a day that passed or for never having been verified."
            " One that was rejected and is still in use has a red alert as before.",
            "Have them calibrated by a cycle of your own, which you can set on the page of the"
            f" instrument ({spell_articles(CITE, 'en')}).",
            english.questions(bureau),
        ),
    )


def bound_zh(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes to the subject `name` that instruments have to be verified again, in Chinese."""
    return Text(
        counted(BOUND_TITLES[0], len(instruments)),
        body(
            f"{name}：\n监管机关不再认定下列器具为非强制检定，它们须经检定合格才能使用：",
            *numbered(map(named, instruments)),
            "没有有效检定的，请向检定机构申请检定。此后按检定结果变色；"
            "此前登记的修理、签封损坏，重新要求检定。",
            f"依据：{spell_articles(CITE)}。有疑问或者不符的，请联系{bureau}。",
        ),
    )


def bound_en(name: str, instruments: Told, bureau: Contact) -> Text:
    """Writes the same in English."""
    return Text(
        counted_en(BOUND_TITLES[1], len(instruments)),
        body(
            f"{name}:\nThe bureau no longer states that these instruments need not be verified. "
            "They may be used only once they have passed a verification:",
            *numbered(map(named_en, instruments)),
            "If there is none in force, apply to a verification institution. Their colours follow "
            "their verifications again; a repair or a broken seal that was noted meanwhile asks "
            f"for one ({spell_articles(CITE, 'en')}).",
            english.questions(bureau),
        ),
    )
