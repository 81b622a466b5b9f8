"""Which answers a question has."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from services.registry.questions.tables import Asked, Question


class Answer(StrEnum):
    """What a person may decide about a question."""

    IN_USE = "in_use"
    STOPPED = "stopped"
    SCRAPPED = "scrapped"
    ENTER = "enter"
    LEAVE_OUT = "leave_out"
    WITHDRAW = "withdraw"
    FINAL = "final"


def answers_to(row: Question) -> Sequence[Answer]:
    """Returns the answers of a question.

    A penalty that is on file is left as it is or withdrawn; another one is entered or left out.
    """
    if row.kind is Asked.REJECTED_ALONE:
        return Answer.IN_USE, Answer.STOPPED, Answer.SCRAPPED
    if row.kind is Asked.NOT_FINAL:
        return Answer.FINAL, Answer.WITHDRAW
    if row.record_id:
        return Answer.LEAVE_OUT, Answer.WITHDRAW
    return Answer.ENTER, Answer.LEAVE_OUT
