"""A subject re-registered under another credit code: the former code goes on to lead to it."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, InvalidInput, WrongState
from law.evidence import SubjectKind
from law.identifiers import check_credit_code
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import lives_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import Cause, save_subjects
from services.registry.commands.targets import find_subject
from services.registry.lives.acts import day_of, require_seen, write_act
from services.registry.lives.tables import LifeAct
from services.registry.sameness import aliases
from services.registry.sameness.finding import look
from services.registry.sameness.places import of_subject
from services.registry.tables import Subject


async def change_credit_code(
    change: Change, request: pb.ChangeCreditCodeRequest
) -> pb.ChangeCreditCodeResponse:
    """Gives a subject the credit code under which it was registered again.

    Raises InvalidInput for a code that is none (GB 32100) or a day after today, NotFound,
    NotPermitted outside the caller's scope, AlreadyExists if another subject has the code, and
    WrongState for the present code or a version that is not the present one.
    """
    row = await find_subject(change, request.subject_id)
    require_seen(row, request.version)
    code = check_credit_code(request.credit_code, digit=not request.code_ground)
    _require_other(row, code)
    await require_free(change, code)
    before, day = row.model_dump(mode="json"), day_of(change, request.on)
    former, row.credit_code, row.code_ground = row.credit_code, code, request.code_ground
    cause = Cause(events.CAUSE_RECODED, request.ground)
    await save_subjects(change, [row], cause)
    await _lead_from(change, row, former, day, cause)
    await look(change, of_subject(row.bureau, row.name_key))
    object_, after = f"subject/{row.subject_id}", row.model_dump(mode="json")
    change.audit("change_credit_code", object_, before=before, after=after, ground=request.ground)
    return pb.ChangeCreditCodeResponse(subject=wire.subject(row))


def _require_other(row: Subject, code: str) -> None:
    if row.kind is SubjectKind.NATURAL_PERSON:
        zh, en = "自然人没有统一社会信用代码", "a natural person has no credit code"
        raise InvalidInput(faults=[Fault("credit_code", zh, en)])
    if row.credit_code == code:
        raise WrongState("代码没有变化", "The subject has this code already")


async def _lead_from(change: Change, row: Subject, former: str, day: date, cause: Cause) -> None:
    """Makes the credit code that a subject had lead to it, and writes this into its life.

    Whoever has a code now is found by it before whoever had it. A first code is no other one.
    """
    if not former:
        return
    await aliases.lead(change, aliases.CREDIT_CODE, former, row.subject_id)
    await write_act(change, row, LifeAct.RECODED, cause, day=day, former_code=former)


async def require_free(change: Change, credit_code: str) -> None:
    """Raises AlreadyExists if a subject has this credit code; a code that one had is free."""
    if not credit_code:
        return
    holders = select(Subject.subject_id).where(
        Subject.credit_code == credit_code, sa.not_(col(Subject.removed))
    )
    if subject_id := (await change.session.exec(holders)).first():
        raise AlreadyExists(
            "该统一社会信用代码已登记",
            "A subject with this credit code is registered already",
            subject_id=subject_id,
        )
