"""Taking a step in a case: the state, the step on file, the event and the audit entry at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from google.protobuf.message import Message
from sqlmodel import col, select

from law.errors import NotFound
from law.objection import Step, after
from law.terms import Term
from plumbing.change import Change
from protos.objection.v1 import objection_pb2 as pb
from services.objection.schedule import due_on
from services.objection.tables import CaseStep, ObjectionCase
from services.objection.wire import case_message

Announce = Callable[[pb.Case], Message]


def aggregate_of(case: ObjectionCase) -> str:
    """The aggregate whose events are a case's, and its object in the audit chain."""
    return f"case/{case.case_id}"


async def locked_case(change: Change, case_id: str) -> ObjectionCase:
    """The case, held against other writers until the change commits. Raises NotFound."""
    wanted = select(ObjectionCase).where(col(ObjectionCase.case_id) == case_id).with_for_update()
    case = (await change.session.exec(wanted)).first()
    if case is None:
        raise NotFound("没有这个异议案件", "There is no such objection case", case=case_id)
    return case


async def take(
    change: Change,
    case: ObjectionCase,
    step: Step,
    announce: Announce,
    *,
    cite: str,
    note: str = "",
    **altered: Any,
) -> pb.Case:
    """Takes a step that alters these columns. Raises WrongState where the law permits it not."""
    state = after(case.state, step)
    before = _told(case, altered)
    for name, value in {**altered, "state": state, "version": case.version + 1}.items():
        setattr(case, name, value)
    if case.term is not None and "term" in altered:
        case.due_on = due_on(Term.from_json(case.term))
    change.session.add(case)
    return await put_on_file(change, case, step, announce, cite=cite, note=note, before=before)


async def put_on_file(
    change: Change,
    case: ObjectionCase,
    step: str,
    announce: Announce,
    *,
    cite: str,
    note: str = "",
    before: dict[str, Any] | None = None,
) -> pb.Case:
    """Notes a step taken: in the file, the outbox and the audit chain."""
    said = case_message(case, change.today)
    actor = change.on_behalf_of
    change.session.add(
        CaseStep(case_id=case.case_id, step=step, at=change.at, actor=actor, cite=cite, note=note)
    )
    await change.announce(announce(said), aggregate=aggregate_of(case), bureau=case.bureau)
    told = _told(case, before or {})
    change.audit(f"objection.{step}", aggregate_of(case), before=before, after=told, ground=cite)
    return said


def _told(case: ObjectionCase, names: dict[str, Any]) -> dict[str, Any]:
    """The named columns of a case, its state and its version, as plain JSON values."""
    return {name: _plain(getattr(case, name)) for name in ("state", "version", *names)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
