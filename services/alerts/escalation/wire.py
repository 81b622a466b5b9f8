"""Converts rows of escalation cases and their steps to protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from law.colours.lateness import Late
from law.courses import course_names, rung_of
from law.escalation import rung
from law.periods import local_day
from plumbing.papers.letter_text import digest
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts import wire
from services.alerts.escalation.texts import LETTER_TITLES
from services.alerts.notices.texts import Text
from services.alerts.tables import (
    AwaitedOrder,
    Escalation,
    EscalationDraft,
    EscalationStep,
    Notice,
)


def case(row: Escalation) -> pb.Escalation:
    """Returns the protobuf message of an escalation case."""
    zh, en = course_names().get(row.course, (row.course, row.course))
    return pb.Escalation(
        escalation_id=row.escalation_id,
        subject_id=row.subject_id,
        episode=row.episode,
        bureau=row.bureau,
        state=row.state.value,
        step=row.step.value,
        due_on=wire.text(row.due_on),
        example_values=_is_example(row),
        opened_at=stamp(row.opened_at),
        closed_at=stamp(row.closed_at),
        version=row.version,
        course=row.course,
        course_zh=zh,
        course_en=en,
        facts=row.facts,
        opened_by=row.opened_by,
        ruleset_id=row.ruleset_id,
        grade=row.grade,
        receipt_id=row.receipt_id,
        close_reasons=row.close_reasons,
    )


def case_for_subject(row: Escalation, *, told: bool) -> pb.Escalation:
    """Returns the message of a case as its own subject reads it.

    Who stated the facts is not in it. Neither are the facts, nor why the case ended, unless the
    subject was `told` of them by a step that somebody approved.
    """
    message = case(row)
    message.opened_by = ""
    if not told:
        message.facts = message.close_reasons = ""
    return message


def order(row: AwaitedOrder, late: Late) -> pb.AwaitedOrder:
    """Returns the protobuf message of an open order, with who is late."""
    return pb.AwaitedOrder(
        order_id=row.order_id,
        instrument_id=row.instrument_id,
        type_code=row.type_code,
        serial_no=row.serial_no,
        institution=row.institution,
        applied_on=row.applied_on.isoformat(),
        due_on=wire.text(row.due_on),
        late=late,
    )


def _is_example(row: Escalation) -> bool:
    """Whether the wait that runs is an example figure, not yet the bureau's own."""
    if row.waits_from is None or row.own_days is not None:
        return False
    return rung(row.step, row.waits_from).example


def stamp(moment: datetime | None) -> Timestamp | None:
    """Converts a moment to a protobuf timestamp; returns None for None."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


@dataclass(frozen=True)
class Draft:
    """The document of an undecided step as it would be issued today.

    `words` is the part that a person may alter, and `outdated` says in Chinese and English why an
    altered draft can no longer be approved.
    """

    text: Text
    words: str
    correct_by: date | None
    outdated: tuple[str, str] | None


def step(
    row: EscalationStep,
    course: str,
    documents: Mapping[str, Notice],
    draft: Draft | None,
    name: str,
) -> pb.EscalationStep:
    """Returns the protobuf message of a step, with its issued document or else the draft of it.

    `course` is that of its case, `documents` are the notices by notice id, and `name` is the name
    of the subject.
    """
    issued = documents.get(row.notice_id)
    document = issued or (draft.text if draft else None)
    message = pb.EscalationStep(
        step_id=str(row.step_id),
        step=row.step.value,
        state=row.state.value,
        cite=_cite(row, course),
        proposed_at=stamp(row.proposed_at),
        decided_at=stamp(row.decided_at),
        decided_by=row.decided_by,
        reasons=row.reasons,
        review_on=wire.text(row.review_on),
        number=row.number,
        notice_id=row.notice_id,
        title=document.title if document else "",
        body=document.body if document else "",
        correct_by=wire.text(row.correct_by),
    )
    if issued is not None and issued.letter_id:
        message.letter_id, message.check_code = issued.letter_id, issued.check_code
        message.letter_title, message.sha256 = LETTER_TITLES[row.step], digest(issued.body)
        message.issued_at.FromDatetime(issued.created_at)
    if draft is not None:
        message.sha256 = digest(draft.text.body)
        message.draft_text, message.correct_by = draft.words, wire.text(draft.correct_by)
        message.draft_outdated_zh, message.draft_outdated_en = draft.outdated or ("", "")
    if row.meets_at is not None:
        message.interview.CopyFrom(_interview(row))
    if row.statement:
        message.exposure.CopyFrom(_exposure(row, name, course))
    return message


def former_letter(row: EscalationStep, notice: Notice) -> pb.FormerLetter:
    """Returns the message of a letter of a step that a later one replaced."""
    return pb.FormerLetter(
        letter_id=notice.letter_id,
        number=notice.number,
        title=LETTER_TITLES[row.step],
        body=notice.body,
        issued_at=stamp(notice.created_at),
        check_code=notice.check_code,
        sha256=digest(notice.body),
    )


def note_alteration(message: pb.EscalationStep, altered: EscalationDraft | None) -> None:
    """Adds to the message of a step which version its document is, and who wrote it when."""
    if altered is not None:
        message.draft_version, message.altered_by = altered.version, altered.altered_by
        message.altered_at.FromDatetime(altered.altered_at)


def _interview(row: EscalationStep) -> pb.Interview:
    return pb.Interview(
        at=stamp(row.meets_at),
        place=row.place,
        attendees=row.attendees,
        outcome=row.outcome,
        minutes=row.minutes,
        recorded_by=row.recorded_by,
        note_in_archive=bool(row.archive_cite),
        archive_cite=row.archive_cite,
        record_id=row.record_id,
        archive_error=row.archive_error,
        answer=row.answer,
        asked_for=wire.text(row.asked_for),
        answer_reasons=row.answer_reasons,
        answered_at=stamp(row.answered_at),
        undertaking=row.undertaking,
        undertaking_by=wire.text(row.undertaking_by),
        undertaking_outcome=row.undertaking_outcome,
        undertaking_findings=row.undertaking_findings,
    )


def _exposure(row: EscalationStep, name: str, course: str) -> pb.Exposure:
    """What a step made public by itself before ADR 0055; `name` is that of the subject."""
    return pb.Exposure(
        exposure_id=str(row.step_id),
        subject_name=name,
        statement=row.statement,
        media=row.media,
        cite=_cite(row, course),
        published_at=stamp(row.decided_at),
    )


def _cite(row: EscalationStep, course: str) -> str:
    """The article of a step, on the day of its decision or else of its proposal."""
    return rung_of(course, row.step, local_day(row.decided_at or row.proposed_at)).cite
