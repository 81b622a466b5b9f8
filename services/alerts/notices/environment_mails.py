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
from services.alerts.notices import english, texts
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text
from services.alerts.notices.to_institutions import InBoth, issue_to_institution, stored
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
    institution = await stored(change, event.institution)
    every = [one for part in event.bureaus for one in part.verifications]
    written = to_institution(institution.name, every, event.total)
    await issue_to_institution(change, key, institution, written, _ABOUT)
    await tell_programs_of_marks(change, event, str(received.id))
    for part in event.bureaus:
        office = await known(change.session, Bureau, part.bureau)
        text = to_bureau(institution.name, part.verifications, part.total)
        kind, own_key = NoticeKind.INSTITUTION, f"{key}/{part.bureau}"
        await issue(change, kind, own_key, office, part.bureau, text, _ABOUT)


async def environment_noted(change: Change, received: Received[registry.EnvironmentNoted]) -> None:
    """Tells the institution what the bureau found. Raises TryLater for a bureau not known yet."""
    event = received.message
    institution = await stored(change, event.institution)
    office = await known(change.session, Bureau, event.bureau)
    about = Matter(f"verification/{event.verification.verification_id}")
    key, written = f"environment-noted/{received.id}", noted(institution.name, office.name, event)
    await issue_to_institution(change, key, institution, written, about)


def to_institution(
    name: str, verifications: Sequence[registry.MarkedVerification], total: int
) -> InBoth:
    """Writes what the institution is told, in Chinese and in English."""
    article, article_en = spell_articles(CITE), spell_articles(CITE, "en")
    zh = Text(
        f"实验室温湿度超出限值：{total} 次检定",
        texts.body(
            f"{name}：\n下列检定进行时，实验室的温湿度记录有超出检定规程限值的：",
            *_listed(verifications, total),
            f"请检查实验室和传感器，向监管机关说明情况。标记只供核对，检定仍然有效（{article}）。",
        ),
    )
    en = Text(
        f"The laboratory was outside the limits: {total}",
        texts.body(
            f"{name}:\nThe laboratory was outside the limits of the regulation during:",
            *_listed_in_english(verifications, total),
            "Please see to the laboratory and its sensors, and explain to the bureau. A mark is"
            f" only to be looked at; the verifications stay valid ({article_en}).",
        ),
    )
    return zh, en


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


def noted(name: str, office: str, event: registry.EnvironmentNoted) -> InBoth:
    """Writes to the institution what the bureau found, in Chinese and in English."""
    [thing], [thing_en] = (
        _listed([event.verification], 1),
        _listed_in_english([event.verification], 1),
    )
    zh = Text(
        f"检定时的环境已核对：{event.verification.serial_no}",
        texts.body(
            f"{name}：\n{office}核对了这次检定的环境：",
            thing,
            f"核对情况：{event.note}",
        ),
    )
    en = Text(
        f"The bureau looked at the conditions: {event.verification.serial_no}",
        texts.body(
            f"{name}:\n{office} looked at the conditions of this verification:",
            thing_en,
            english.as_written("What it found", event.note),
        ),
    )
    return zh, en


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
