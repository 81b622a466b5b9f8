"""Converts records to messages with the state of their publication."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from law.disclosure.publication import may_review, review_rule
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import publication_pb2 as pb
from services.registry import disclosure
from services.registry.identity.tables import Account
from services.registry.publication.standing import decisions, standing
from services.registry.publication.tables import Publication
from services.registry.tables import Record, Subject

By = Change | View
# What an operator is shown of the review of its own records: where it stands and what follows, not
# who reviewed it, why, and what was found in the text.
_FOR_THE_SUBJECT = frozenset(
    {
        *("record", "subject_name", "state", "released_summary", "public_from"),
        *("window_days", "window_cite", "window_example"),
    }
)


async def publications(by: By, rows: Sequence[tuple[Record, Subject]]) -> list[pb.Publication]:
    """Converts records with their subjects to messages that say where their publication stands."""
    decided = await decisions(by.session, (record.record_id for record, _ in rows))
    ids = {row.reviewed_by for row in decided.values()}
    people = await by.session.exec(select(Account).where(col(Account.account_id).in_(ids)))
    names = {one.account_id: one.display_name for one in people}
    return [
        shown(by, _message(by, record, owner, decided.get(record.record_id), names))
        for record, owner in rows
    ]


def shown(by: By, message: pb.Publication) -> pb.Publication:
    """Returns the message with the fields that the caller may see only."""
    if not by.caller.has(Role.OPERATOR):
        return message
    told: dict[str, Any] = {field.name: value for field, value in message.ListFields()}
    return pb.Publication(**{name: told[name] for name in told if name in _FOR_THE_SUBJECT})


def _message(
    by: By, record: Record, owner: Subject, row: Publication | None, names: dict[str, str]
) -> pb.Publication:
    now = standing(record, row)
    message = pb.Publication(
        record=disclosure.within(record, by.caller, now.classification, by.today),
        subject_name=owner.name,
        state=now.state,
        classification=now.classification,
        released_summary=now.summary,
        may_review=_may_review(by, record),
    )
    if now.public_from is not None:
        message.public_from = now.public_from.isoformat()
    if row is not None and row.reviewed_at is not None:
        message.MergeFrom(_reviewed(row, names))
    return message


def _reviewed(row: Publication, names: dict[str, str]) -> pb.Publication:
    message = pb.Publication(
        personal_data=row.personal_data,
        reasons=row.reasons,
        reviewed_by=row.reviewed_by,
        reviewed_by_name=names.get(row.reviewed_by, ""),
    )
    if row.reviewed_at is not None:
        message.reviewed_at.FromDatetime(row.reviewed_at)
    return message


def _may_review(by: By, record: Record) -> bool:
    roles = map(Role, review_rule(by.today).by)
    return by.caller.has(*roles) and may_review(by.caller.account_id, authors_of(record))


def authors_of(record: Record) -> set[str]:
    """Returns the accounts of everybody who wrote a version of a record."""
    return {record.entered_by, *(record.authors or ())} - {""}
