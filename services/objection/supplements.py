"""What an application lacks: asked for before acceptance with a term, in each kind of case (C-36).

The request is a letter to the subject. A lapse of the term decides nothing: the case waits until
the subject supplements it or somebody declines it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import col, select

from law.errors import WrongState
from law.objection import (
    OBJECTION_CITE,
    SUPPLEMENT_TERM,
    CaseKind,
    CaseState,
    Step,
)
from law.terms.ledger import Term, start
from law.terms.workdays import edition
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from services.objection.conflicts import state_after
from services.objection.handling import heard_case
from services.objection.letters import LetterFacts
from services.objection.schedule import due_on
from services.objection.steps import issue_letter, own_case, required_text, take_step
from services.objection.supplement_letters import supplement_letter, supplement_title
from services.objection.tables import Case, CaseLetter
from services.objection.wire import shown_to

KINDS = (CaseKind.OBJECTION, CaseKind.RECONSIDERATION)
EventOf = Callable[[pb.Case], Message]


async def ask(
    change: Change, request: pb.AskSupplementRequest, *, facts: LetterFacts
) -> pb.AskSupplementResponse:
    """Asks the subject by letter to supplement an objection or a reconsideration.

    Raises NotPermitted if the caller does not hear this kind of case, and WrongState once the case
    is accepted.
    """
    case = await heard_case(change, request.case_id)
    message = await ask_for(
        change,
        case,
        request.missing,
        lambda message: events.ObjectionSupplementRequested(case=message),
        cite=OBJECTION_CITE,
        facts=facts,
    )
    return pb.AskSupplementResponse(case=message)


async def supplement(
    change: Change, request: pb.SupplementObjectionRequest
) -> pb.SupplementObjectionResponse:
    """Adds a note and evidence to a case at the request of its own subject, even after a lapse."""
    case = await own_case(change, request.case_id, *KINDS)
    message = await take_step(
        change,
        case,
        Step.SUPPLEMENT,
        lambda message: events.ObjectionSupplemented(case=message),
        cite=OBJECTION_CITE,
        note=required_text("note", request.note, OBJECTION_CITE),
        evidence=[*case.evidence, *request.evidence],
        supplement=supplied(case, change.today),
    )
    return pb.SupplementObjectionResponse(case=shown_to(change.caller, case, message, change.today))


async def ask_for(
    change: Change,
    case: Case,
    missing: str,
    event_of: EventOf,
    *,
    cite: str,
    facts: LetterFacts,
    **columns: Any,
) -> pb.Case:
    """Carries out the request for a supplement in a case of any kind: step, term and letter.

    `columns` are further columns of the case. Raises WrongState once the case is accepted, and
    InvalidInput without the text.
    """
    state_after(case, Step.REQUEST_SUPPLEMENT)
    missing = required_text("missing", missing, cite)
    term = start(SUPPLEMENT_TERM, change.today, edition())
    message = await take_step(
        change,
        case,
        Step.REQUEST_SUPPLEMENT,
        event_of,
        cite=cite,
        note=missing,
        caseworker=case.caseworker or change.on_behalf_of,
        supplement={"missing": missing, "term": term.to_json(), "supplied_on": ""},
        **columns,
    )
    letter = supplement_letter(case.kind, facts, missing, term, await _letters(change, case) + 1)
    await issue_letter(change, case.case_id, letter)
    return message


def supplied(case: Case, today: date) -> dict[str, Any] | None:
    """Returns what the case holds of a request for a supplement once it was supplied."""
    return {**case.supplement, "supplied_on": today.isoformat()} if case.supplement else None


def require_lapsed(case: Case, today: date) -> None:
    """Raises WrongState while the subject still has time to supplement the case.

    Nothing is required of a case that waits for no supplement.
    """
    if case.state is not CaseState.SUPPLEMENT_REQUESTED or not case.supplement:
        return
    last = due_on(Term.from_json(case.supplement["term"]))
    if today <= last:
        day = last.isoformat()
        raise WrongState(
            f"申请人可以补正到{day}，届满前不得不予受理",
            f"The applicant may supplement until {day}; before it ends the case is not declined",
            cite=OBJECTION_CITE,
            until=day,
        )


async def _letters(change: Change, case: Case) -> int:
    """How many letters have asked for a supplement so far."""
    counted = select(sa.func.count()).where(
        col(CaseLetter.case_id) == case.case_id,
        col(CaseLetter.title).startswith(supplement_title(case.kind)),
    )
    return (await change.session.exec(counted.select_from(CaseLetter))).one()
