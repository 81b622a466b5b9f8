"""Creates notices; each is created once, in the transaction of its cause, and is then announced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.inbox import TryLater
from plumbing.identity import scope_prefix
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import alerts_pb2, events_pb2
from services.alerts import wire
from services.alerts.languages import Language
from services.alerts.notice_kinds import OUTSIDE
from services.alerts.notices.fallback import write_instead
from services.alerts.notices.preferences import is_mailed, preference_of, waits_for_week
from services.alerts.notices.texts import Contact, Text
from services.alerts.owners import key_of_wish, owner_key
from services.alerts.tables import (
    Base,
    Bureau,
    DigestPreference,
    Institution,
    Notice,
    NoticeKind,
    NoticeState,
    Subject,
)
from services.alerts.templates.own import put_words, template_of
from services.alerts.text_messages.writing import is_taken as can_text
from services.alerts.text_messages.writing import write as write_text_messages
from services.alerts.webhooks import messages

NOTICES_PER_EVENT = 500
KEYS_PER_QUERY = 1000
Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class Matter:
    """What a notice is about, as in events (`case/…`, `escalation/…`, `batch/…`), and its letter.

    The last three are empty for a notice that brings no letter.
    """

    about: str = ""
    letter_id: str = ""
    number: str = ""
    check_code: str = ""


NOTHING = Matter()


def about_orders(ids: Sequence[str]) -> Matter:
    """Returns that a notice is about these orders: about the one, or about orders in general."""
    return Matter(f"order/{ids[0]}" if len(ids) == 1 else "orders")


async def issue(
    change: Change,
    kind: NoticeKind,
    key: str,
    recipient: Subject | Institution | Bureau,
    bureau: str,
    text: Text,
    matter: Matter = NOTHING,
    *,
    in_english: Callable[[], Text] | None = None,
    in_own_words: bool = False,
) -> Notice | None:
    """Stores, audits and announces a new notice; returns None if `key` already has a notice.

    `in_english` writes its English text, which whoever prefers it gets.
    `in_own_words` is true if the text is in the words of the bureau already.
    """
    if await existing_keys(change.session, [key]):
        return None
    notice = new_notice(change, kind, key, recipient, bureau, text, matter)
    owner = "" if isinstance(recipient, Bureau) else owner_key(recipient)
    wish = await preference_of(change.session, await key_of_wish(change.session, notice))
    put_into(notice, wish.language, in_english)
    await follow_wish(change.session, notice, wish, owner)
    if isinstance(recipient, Subject) and not in_own_words:
        own = await template_of(change.session, bureau, kind)
        office = await contact_of(change.session, bureau) if own else Contact(bureau)
        put_words(notice, own, recipient.name, office.name, change.today)
    change.session.add(notice)
    audited = f"notice/{notice.notice_id}"
    after = {"kind": kind, "key": key, "state": notice.state}
    change.audit("issue_notice", audited, after=after)
    await announce(change, audited, [notice])
    return notice


def new_notice(
    change: Change,
    kind: NoticeKind,
    key: str,
    recipient: Subject | Institution | Bureau,
    bureau: str,
    text: Text,
    matter: Matter = NOTHING,
) -> Notice:
    """Creates a notice without storing it.

    Its state is NO_ADDRESS if the recipient has no e-mail address, otherwise PENDING.
    """
    return Notice(
        notice_id=str(uuid4()),
        key=key,
        kind=kind,
        subject_id=recipient.subject_id if isinstance(recipient, Subject) else "",
        bureau=bureau,
        address=recipient.email,
        title=text.title,
        body=text.body,
        state=NoticeState.PENDING if recipient.email else NoticeState.NO_ADDRESS,
        created_at=change.at,
        recipient=recipient.name if key.startswith(OUTSIDE) else "",
        **asdict(matter),
    )


def put_into(notice: Notice, language: Language, in_english: Callable[[], Text] | None) -> None:
    """Sets the language of a notice's mail, and its English text if that is wanted and exists."""
    notice.language = language
    if in_english is not None and language is not Language.CHINESE:
        text = in_english()
        notice.title_en, notice.body_en = text.title, text.body


async def follow_wish(
    session: AsyncSession, notice: Notice, wish: DigestPreference, owner: str
) -> None:
    """Keeps a notice from the mail if its recipient, with the key `owner`, wants another way."""
    asked = notice.kind in (wish.by_webhook or ())
    taken = asked and await messages.is_taken(session, notice)
    texted = notice.kind in (wish.by_sms or ()) and await can_text(session, owner)
    mailed = is_mailed(wish, notice.kind, by_webhook=taken, by_sms=texted)
    if not mailed or waits_for_week(wish, notice.kind):
        notice.address, notice.state = "", NoticeState.INBOX


async def existing_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Returns those of the given keys that already have a notice."""
    existing: set[str] = set()
    for chunk in chunks(keys, KEYS_PER_QUERY):
        query = select(Notice.key).where(col(Notice.key).in_(chunk))
        existing |= set((await session.exec(query)).all())
    return existing


async def announce(change: Change, aggregate: str, notices: Sequence[Notice]) -> None:
    """Announces notices of one bureau for delivery, at most 500 notices in an event.

    Their messages to webhooks and their text messages are written in the same transaction. A notice
    without an address goes by another way, if there is one.
    """
    await messages.write(change.session, notices, change.at)
    await write_text_messages(change.session, notices, change.at)
    await write_instead(change.session, notices, change.at)
    for chunk in chunks(notices, NOTICES_PER_EVENT):
        event = events_pb2.NoticesIssued(notices=map(_without_body, chunk))
        await change.announce(event, aggregate=aggregate, bureau=chunk[0].bureau)


def _without_body(notice: Notice) -> alerts_pb2.Notice:
    message = wire.notice(notice)
    message.ClearField("body")
    message.ClearField("body_en")
    return message


async def contact_of(session: AsyncSession, *bureaus: str) -> Contact:
    """Returns the contact details of the first bureau in `bureaus` that the projection contains.

    If the projection contains none of them, the result has only the first code as a name.
    """
    for code in bureaus:
        if row := await session.get(Bureau, code):
            return Contact(row.name, row.department, row.phone, row.email)
    return Contact(bureaus[0])


async def known(session: AsyncSession, table: type[Row], identity: str) -> Row:
    """Returns a row of the projection by its id.

    Raises TryLater if the row is missing because its event has not arrived yet.
    """
    row = await session.get(table, identity)
    if row is None:
        raise TryLater(f"{table.__name__} {identity} is not known here yet")
    return row


async def office_of(session: AsyncSession, bureau: str) -> Bureau | None:
    """Returns a bureau of the projection; None for the whole platform, which is no bureau.

    Raises TryLater if the bureau is missing because its event has not arrived yet.
    """
    return await known(session, Bureau, bureau) if scope_prefix(bureau) else None


async def load(session: AsyncSession, notice_id: str, *, lock: bool) -> Notice:
    """Returns a notice; with `lock` it stays locked until the change commits.

    Raises NotFound if no such notice exists.
    """
    row = await find_by_id(session, Notice, notice_id, lock=lock)
    if row is None:
        raise NotFound("没有这份通知", "There is no such notice", notice=notice_id)
    return row
