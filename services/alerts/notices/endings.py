"""Permits, authorisations and qualifications that end: told to who holds them, and to the bureau.

Each hears once at every reminder of the law's data, of all that reached one on the same day in one
mail: a subject of its permits, an institution of its authorisations, laboratories and people, and
the bureau of all. What was renewed is not told: another permit of the same number, or another
authorisation of the institution for the type, lasts longer. What an institution holds is told to
the bureau that keeps it by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.reminders import Due, latest_reminded
from plumbing.change import Change
from services.alerts.due_dates import Ending, outlasts_others
from services.alerts.notices.ending_texts import (
    to_bureau,
    to_institution,
    to_subject,
    to_subject_en,
)
from services.alerts.notices.issue import NOTHING, Matter, issue
from services.alerts.notices.owner_digests import OwnerDigest, issue_to_owners
from services.alerts.notices.to_institutions import issue_to_institution
from services.alerts.tables import Bureau, Institution, Notice, NoticeKind, Subject

# These are kept by whichever bureau keeps the institution, qualifications by their own.
_WITH_INSTITUTION = (Due.AUTHORISATION, Due.LABORATORY)


async def issue_endings(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the reminders of a day to the holders and to the bureau; returns the notices."""
    found = await _reminded(change, bureau, on)
    if not found:
        return []
    notices = await _to_subjects(change, bureau, on, found)
    notices += await _to_institutions(change, bureau, on, [ending for ending, _ in found])
    office = await change.session.get(Bureau, bureau)
    if office is not None:
        named = [(one, owner.name if owner else one.institution) for one, owner in found]
        kind, key, text = NoticeKind.ENDING, f"ending/{bureau}/{on}", to_bureau(on, named)
        notice = await issue(change, kind, key, office, bureau, text, _list_of(found))
        notices += [notice] if notice else []
    for ending, _ in found:
        ending.note_told(ending.kind, ending.last_day, on)
    return notices


async def _reminded(change: Change, bureau: str, on: date) -> list[tuple[Ending, Subject | None]]:
    rows = await change.session.exec(_candidates(bureau, on))
    return [
        (ending, owner)
        for ending, owner in rows
        if ending.reminder(ending.kind, ending.last_day, on) is not None
        and not (owner and owner.unwatched)
    ]


def _candidates(bureau: str, on: date) -> Any:
    """What may have reached a reminder, without what was told on its last day."""
    told = sa.and_(col(Ending.told_for) == Ending.last_day, col(Ending.told_months) == 0)
    holder = sa.and_(
        col(Institution.name) == Ending.institution, col(Ending.kind).in_(_WITH_INSTITUTION)
    )
    keeper = sa.func.coalesce(Institution.bureau, Ending.bureau)
    kept = sa.and_(col(Ending.subject_id) == "", keeper == bureau)
    return (
        select(Ending, Subject)
        .join(Subject, col(Subject.subject_id) == Ending.subject_id, isouter=True)
        .join(Institution, holder, isouter=True)
        .where(
            col(Ending.last_day) <= max(latest_reminded(due, on) for due in Due),
            sa.func.coalesce(sa.not_(told), sa.true()),
            sa.or_(kept, col(Subject.bureau) == bureau),
            outlasts_others(),
        )
        .order_by(col(Ending.last_day), col(Ending.kind), col(Ending.ending_id))
    )


async def _to_subjects(
    change: Change, bureau: str, on: date, found: Sequence[tuple[Ending, Subject | None]]
) -> list[Notice]:
    of_owner = dict[str, tuple[Subject, list[Ending]]]()
    for ending, owner in found:
        if owner is not None:
            of_owner.setdefault(owner.subject_id, (owner, []))[1].append(ending)
    digests = [
        OwnerDigest(
            owner,
            partial(to_subject, owner.name, on, endings),
            partial(to_subject_en, owner.name, on, endings),
            Matter(f"permit/{endings[0].ending_id}") if len(endings) == 1 else NOTHING,
            urgent=True,  # the bureau hears of it today, and it is told once
        )
        for owner, endings in of_owner.values()
    ]
    return await issue_to_owners(change, NoticeKind.ENDING, bureau, on, digests)


async def _to_institutions(
    change: Change, bureau: str, on: date, endings: Sequence[Ending]
) -> list[Notice]:
    """One mail to each institution on file; calibration institutions have no address on file."""
    held = defaultdict[str, list[Ending]](list)
    for ending in endings:
        held[ending.institution].append(ending)
    notices = list[Notice]()
    named = select(Institution).where(col(Institution.name).in_([*held]))
    for one in (await change.session.exec(named.order_by(col(Institution.name)))).all():
        key, about = f"ending/{one.institution_id}/{bureau}/{on}", Matter("institutions")
        texts = to_institution(one.name, on, held[one.name])
        notice = await issue_to_institution(change, key, one, texts, about)
        notices += [notice] if notice else []
    return notices


def _list_of(found: Sequence[tuple[Ending, Subject | None]]) -> Matter:
    """The list that has all of these, if one has."""
    lists = {_LISTS.get(ending.kind, "") for ending, _ in found}
    return Matter(lists.pop()) if len(lists) == 1 else NOTHING


_LISTS = {
    Due.PERMIT: "permits",
    Due.AUTHORISATION: "institutions",
    Due.LABORATORY: "laboratories",
    Due.QUALIFICATION: "qualifications",
}
