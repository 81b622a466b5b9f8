"""What the hours of a laboratory say of verifications, told to who has to look (S4 二(五), C-46).

An institution and the bureaus of the instruments hear once of all that one batch of records marked,
each of its own only. The institution hears what a bureau found when it looked.
"""

from __future__ import annotations

from collections.abc import Sequence

from law.reader.texts import spell_articles
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.notices import english, texts
from services.alerts.notices.institution_mails import mailbox_of
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text
from services.alerts.projection import put_institutions
from services.alerts.tables import Bureau, NoticeKind
from services.alerts.webhooks.institution_messages import tell_programs_of_marks

CITE = "S4 二(五)"
_ABOUT = Matter("environment/unnoted")


async def environment_marked(
    change: Change, received: Received[registry.EnvironmentMarked]
) -> None:
    """Issues one notice to the institution, and one to each bureau about its own instruments.

    Raises TryLater if a bureau is not known here yet.
    """
    event, key = received.message, f"environment/{received.id}"
    institution = event.institution
    await put_institutions(change, [institution])
    every = [one for part in event.bureaus for one in part.verifications]
    recipient = mailbox_of(institution.bureau, institution.name, institution.email)
    text = to_institution(institution.name, every, event.total)
    kind, bureau = NoticeKind.INSTITUTION, institution.bureau
    await issue(change, kind, INSTITUTION + key, recipient, bureau, text, _ABOUT)
    await tell_programs_of_marks(change, event, str(received.id))
    for part in event.bureaus:
        office = await known(change.session, Bureau, part.bureau)
        text = to_bureau(institution.name, part.verifications, part.total)
        await issue(change, kind, f"{key}/{part.bureau}", office, part.bureau, text, _ABOUT)


async def environment_noted(change: Change, received: Received[registry.EnvironmentNoted]) -> None:
    """Tells the institution what the bureau found. Raises TryLater for a bureau not known yet."""
    event, institution = received.message, received.message.institution
    await put_institutions(change, [institution])
    office = await known(change.session, Bureau, event.bureau)
    recipient = mailbox_of(institution.bureau, institution.name, institution.email)
    key = f"{INSTITUTION}environment-noted/{received.id}"
    about = Matter(f"verification/{event.verification.verification_id}")
    text = noted(institution.name, office.name, event)
    await issue(change, NoticeKind.INSTITUTION, key, recipient, institution.bureau, text, about)


def to_institution(
    name: str, verifications: Sequence[registry.MarkedVerification], total: int
) -> Text:
    """Writes what the institution is told, in Chinese and in English."""
    article, article_en = spell_articles(CITE), spell_articles(CITE, "en")
    title = f"实验室温湿度超出限值：{total} 次检定 Outside the limits: {total}"
    return Text(
        title,
        texts.body(
            f"{name}：\n下列检定进行时，实验室的温湿度记录有超出检定规程限值的：",
            *_listed(verifications, total),
            f"请检查实验室和传感器，向监管机关说明情况。标记只供核对，检定仍然有效（{article}）。",
            f"\n{name}:\nThe laboratory was outside the limits of the regulation during:",
            *_listed_in_english(verifications, total),
            "Please see to the laboratory and its sensors, and explain to the bureau. A mark is"
            f" only to be looked at; the verifications stay valid ({article_en}).",
        ),
    )


def to_bureau(
    institution: str, verifications: Sequence[registry.MarkedVerification], total: int
) -> Text:
    """Writes what a bureau is told of its own instruments."""
    return Text(
        f"检定时的环境待核对：{institution}，{total} 次检定",
        texts.body(
            f"{institution}的实验室温湿度记录有超出检定规程限值的，涉及下列检定：",
            *_listed(verifications, total),
            "请在平台“检定时的环境”中核对并写明情况。标记不改变器具的颜色和主体的等级，"
            f"检定仍然有效（{spell_articles(CITE)}）。",
        ),
    )


def noted(name: str, office: str, event: registry.EnvironmentNoted) -> Text:
    """Writes to the institution what the bureau found, in Chinese and in English."""
    [thing], [thing_en] = (
        _listed([event.verification], 1),
        _listed_in_english([event.verification], 1),
    )
    return Text(
        f"检定时的环境已核对：{event.verification.serial_no} Looked at by the bureau",
        texts.body(
            f"{name}：\n{office}核对了这次检定的环境：",
            thing,
            f"核对情况：{event.note}",
            f"\n{name}:\n{office} looked at the conditions of this verification:",
            thing_en,
            f"What it found: {event.note}",
        ),
    )


def _listed(verifications: Sequence[registry.MarkedVerification], total: int) -> list[str]:
    lines = [
        f"{place}. {texts.type_name(one.type_code)} {one.serial_no}{_certificate(one, '，证书 ')}，"
        f"{one.laboratory}，{one.worked_from.replace('T', ' ')} 起 {one.hours} 小时，"
        f"{one.hours_outside} 小时超出限值"
        for place, one in enumerate(verifications, 1)
    ]
    rest = total - len(verifications)
    return [*lines, f"另有 {rest} 次，见平台。"] if rest else lines


def _listed_in_english(
    verifications: Sequence[registry.MarkedVerification], total: int
) -> list[str]:
    lines = [
        f"{place}. {english.type_name(one.type_code)} {one.serial_no}"
        f"{_certificate(one, ', certificate ')}, {one.laboratory},"
        f" {one.hours} hours from {one.worked_from.replace('T', ' ')},"
        f" {one.hours_outside} outside the limits"
        for place, one in enumerate(verifications, 1)
    ]
    rest = total - len(verifications)
    return [*lines, f"And {rest} more on the platform."] if rest else lines


def _certificate(one: registry.MarkedVerification, before: str) -> str:
    return f"{before}{one.certificate_no}" if one.certificate_no else ""
