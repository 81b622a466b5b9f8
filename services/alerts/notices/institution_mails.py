"""What is due from a verification institution, told to it and to its bureau (S4 二(四)).

Both are told shortly after midnight. The bureau that keeps the institution hears of what is overdue
only; the programs of the institution hear how much reached which rung.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from law.reader.texts import spell_out
from law.terms.data import definition
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices import english, texts
from services.alerts.notices.issue import issue, known
from services.alerts.notices.preferences import preference_of
from services.alerts.notices.texts import Text
from services.alerts.notices.to_institutions import InBoth, issue_to_institution, stored
from services.alerts.owners import owner_key
from services.alerts.tables import Bureau, NoticeKind, Rhythm
from services.alerts.webhooks.institution_messages import tell_programs_of_due

_RUNGS = {"overdue": "已超过期限", "nearly_due": "即将到期", "new": "新的申请"}
_RUNGS_EN = {"overdue": "Overdue", "nearly_due": "Due soon", "new": "New applications"}


async def institution_due(change: Change, received: Received[registry.InstitutionDue]) -> None:
    """Issues the digest of a day to an institution, and one of what is overdue to its bureau.

    Raises TryLater if something is overdue and the bureau is not known here yet.
    """
    due = received.message
    bureau, about = due.institution.bureau, f"{due.institution.institution_id}/{due.on}"
    institution = await stored(change, due.institution)
    wish = await preference_of(change.session, owner_key(institution))
    if wish.rhythm is Rhythm.DAILY or due.overdue:  # others have their week (`institution_weeks`)
        await issue_to_institution(change, about, institution, to_institution(due))
    await tell_programs_of_due(change, due)
    if due.overdue:
        office = await known(change.session, Bureau, bureau)
        await issue(
            change,
            NoticeKind.INSTITUTION,
            f"overdue/{about}",
            office,
            bureau,
            to_bureau(due),
            in_english=partial(to_bureau_in_english, due),
        )


def to_institution(due: registry.InstitutionDue) -> InBoth:
    """Writes the digest to the institution, in Chinese and in English."""
    term = definition("certificate_upload", date.fromisoformat(due.on))
    zh = [f"{due.institution.name}：", *_listed(due)]
    zh.append(
        f"请按期办理检定申请，并在检定完成后 {term.days} 个工作日内上传检定数据和电子证书（"
        f"{spell_out(term.cite, 'zh')}）。"
    )
    en = [f"{due.institution.name}:", *_listed_in_english(due)]
    en.append(
        f"Please handle the applications in time, and upload the data and the certificate within "
        f"{term.days} working days of the verification ({spell_out(term.cite, 'en')})."
    )
    return (
        Text(f"检定办理提醒：{due.total} 项（{due.on}）", texts.body(*zh)),
        Text(f"Due from you: {due.total} ({due.on})", texts.body(*en)),
    )


def to_bureau(due: registry.InstitutionDue) -> Text:
    """Writes the notice to the bureau of what is overdue since the institution was told last."""
    overdue = [item for item in due.items if item.rung == "overdue"]
    opening = f"{due.institution.name}有 {due.overdue} 项办理超过期限："
    title = f"检定机构逾期：{due.institution.name}，{due.overdue} 项（{due.on}）"
    rest = due.overdue - len(overdue)
    others = [f"另有 {rest} 项，见平台。"] if rest else []
    return Text(title, texts.body(opening, *_lines(overdue), *others))


def to_bureau_in_english(due: registry.InstitutionDue) -> Text:
    """Writes the same notice in English."""
    overdue = [item for item in due.items if item.rung == "overdue"]
    named = due.institution.name
    rest = due.overdue - len(overdue)
    others = [f"And {rest} more on the platform."] if rest else []
    lines = _lines_in_english(overdue)
    opening = f"{named} is late with {due.overdue}:"
    title = f"Late institution: {named}, {due.overdue} ({due.on})"
    return Text(title, texts.body(opening, *lines, *others))


def _listed(due: registry.InstitutionDue) -> list[str]:
    lines = []
    for rung, heading in _RUNGS.items():
        if some := [item for item in due.items if item.rung == rung]:
            lines += [f"{heading}：", *_lines(some)]
    rest = due.total - len(due.items)
    return [*lines, f"另有 {rest} 项，见平台。"] if rest else lines


def _lines(items: Sequence[registry.DueFromInstitution]) -> list[str]:
    return [
        f"{place}. {texts.type_name(item.type_code)} {item.serial_no}，"
        f"{_matter(item)}，期限 {item.due_on}"
        for place, item in enumerate(items, 1)
    ]


def _matter(item: registry.DueFromInstitution) -> str:
    if item.kind == "order":
        return "检定申请"
    if item.kind == "result":
        return f"检定结果于 {item.came_on} 上传，逾期 {_days_late(item)} 天"
    return f"电子证书 {item.certificate_no}".strip() + "尚未上传"


def _days_late(item: registry.DueFromInstitution) -> int:
    return (date.fromisoformat(item.came_on) - date.fromisoformat(item.due_on)).days


def _listed_in_english(due: registry.InstitutionDue) -> list[str]:
    lines = []
    for rung, heading in _RUNGS_EN.items():
        some = [item for item in due.items if item.rung == rung]
        if some:
            lines += [f"{heading}:", *_lines_in_english(some)]
    rest = due.total - len(due.items)
    return [*lines, f"And {rest} more on the platform."] if rest else lines


def _lines_in_english(items: Sequence[registry.DueFromInstitution]) -> list[str]:
    return [
        f"{place}. {english.type_name(item.type_code)} {item.serial_no}, "
        f"{_matter_in_english(item)}, last day {item.due_on}"
        for place, item in enumerate(items, 1)
    ]


def _matter_in_english(item: registry.DueFromInstitution) -> str:
    if item.kind == "order":
        return "application for verification"
    if item.kind == "result":
        return f"result uploaded on {item.came_on}, {_days_late(item)} days late"
    return f"certificate {item.certificate_no}".strip() + " not uploaded yet"
