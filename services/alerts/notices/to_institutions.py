"""Issues notices to verification institutions, each in Chinese and in English."""

from __future__ import annotations

from plumbing.change import Change
from protos.registry.v1 import institutions_pb2
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.notices.issue import NOTHING, Matter, issue
from services.alerts.notices.texts import Text
from services.alerts.projection import put_institutions
from services.alerts.tables import Institution, Notice, NoticeKind

InBoth = tuple[Text, Text]  # in Chinese, and in English


async def stored(change: Change, institution: institutions_pb2.Institution) -> Institution:
    """Returns the institution of an event as it is on file here, which may be newer."""
    await put_institutions(change, [institution])
    await change.session.flush()
    return await change.session.get_one(Institution, institution.institution_id)


async def issue_to_institution(
    change: Change,
    key: str,
    to: Institution,
    texts: InBoth,
    matter: Matter = NOTHING,
    *,
    kind: NoticeKind = NoticeKind.INSTITUTION,
) -> Notice | None:
    """Issues a notice to an institution, which belongs to the bureau that keeps it, as `issue`."""
    zh, en = texts
    key = f"{INSTITUTION}{key}"
    return await issue(change, kind, key, to, to.bureau, zh, matter, in_english=lambda: en)
