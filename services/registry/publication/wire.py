"""Converts records to messages with the state of their publication."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from law.disclosure.publication import reply_rule
from law.evidence import RecordStatus
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import publication_pb2 as pb
from services.registry import disclosure
from services.registry.identity.tables import Account
from services.registry.publication.replied import is_present, replies
from services.registry.publication.reviewers import is_reviewer
from services.registry.publication.standing import decisions, standing
from services.registry.publication.tables import Publication, Reply, ReplyState, Telling
from services.registry.publication.told import is_told, is_untold, tellings
from services.registry.tables import Record, Subject

By = Change | View
# What an operator is shown of the review of its own records: where it stands and what follows, not
# who reviewed it, why, and what was found in the text.
_FOR_THE_SUBJECT = frozenset(
    {
        *("record", "subject_name", "state", "released_summary", "public_from"),
        *("window_days", "window_cite", "window_example", "told_on", "told_how", "untold"),
        *("awaits_telling", "reply", "reply_characters", "may_reply"),
    }
)


async def publications(by: By, rows: Sequence[tuple[Record, Subject]]) -> list[pb.Publication]:
    """Converts records with their subjects to messages that say where their publication stands."""
    decided = await decisions(by.session, (record.record_id for record, _ in rows))
    told = await tellings(by.session, (record.record_id for record, _ in rows))
    replied = await replies(by.session, (record.record_id for record, _ in rows))
    ids = {row.reviewed_by for row in decided.values()} | {row.noted_by for row in told.values()}
    ids |= {row.reviewed_by for row in replied.values()}
    people = await by.session.exec(select(Account).where(col(Account.account_id).in_(ids)))
    names = {one.account_id: one.display_name for one in people}
    messages = []
    for record, owner in rows:
        message = _message(by, record, owner, decided.get(record.record_id), names)
        _tell(message, record, told.get(record.record_id), names)
        _reply(by, message, record, replied.get(record.record_id), names)
        messages.append(shown(by, message))
    return messages


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
        may_review=is_reviewer(by, record),
    )
    if now.public_from is not None:
        message.public_from = now.public_from.isoformat()
    message.awaits_telling = now.awaits_telling
    message.revision = row.revision if row else 0
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


def _tell(
    message: pb.Publication, record: Record, row: Telling | None, names: dict[str, str]
) -> None:
    message.untold = is_untold(record, row)
    if row is None:
        return
    if row.asked_at is not None:
        message.telling_asked_at.FromDatetime(row.asked_at)
    if is_told(record, row) and row.told_on and row.manner:
        message.told_on, message.told_how = row.told_on.isoformat(), row.manner
        message.told_by_name = names.get(row.noted_by, row.noted_by)
        message.told_remark, message.told_means = row.remark, row.means or ""


def _reply(
    by: By, message: pb.Publication, record: Record, row: Reply | None, names: dict[str, str]
) -> None:
    adverse = not record.kind.positive and record.status is RecordStatus.ACTIVE
    message.reply_characters = reply_rule(by.today).characters
    is_subject = by.caller.has(Role.OPERATOR)
    message.may_reply = adverse and is_subject
    if row is None or not is_present(record, row):
        return
    message.may_reply &= row.state is not ReplyState.RELEASED
    message.reply.MergeFrom(
        pb.Reply(
            text=row.text,
            revision=row.revision,
            state=row.state,
            released_text=row.released,
            reasons=row.reasons,
            reviewed_by_name="" if is_subject else names.get(row.reviewed_by, row.reviewed_by),
        )
    )
    message.reply.written_at.FromDatetime(row.written_at)
