"""Who may be asked to stand back from a case, who could take it up, and what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import row_scope
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import objection_pb2 as pb
from services.objection.hearers import Hearings
from services.objection.recusals import recusal_message
from services.objection.steps import UNDECIDED
from services.objection.tables import WAITS, Case, Recusal

MOST = 100
HEAD = Role.UNIT_HEAD


@dataclass(frozen=True)
class PeopleOfCase:
    """Whom the caller may ask to stand back from a case, and who else may hear it."""

    may_be_asked: Sequence[pb.Hearer] = ()
    successors: Sequence[pb.Hearer] = ()


async def list_waiting(view: View) -> pb.ListRecusalsResponse:
    """Returns the first hundred requests in the caller's scope that nobody has answered.

    Those of cases that have their result meanwhile are left out.
    """
    query = (
        select(Recusal)
        .join(Case, col(Case.case_id) == col(Recusal.case_id))
        .where(sa.text(WAITS), row_scope.covered(view.caller, Recusal.bureau))
        .where(col(Case.state).in_(UNDECIDED))
        .order_by(col(Recusal.asked_at), col(Recusal.recusal_id))
    )
    rows = (await view.session.exec(query.limit(MOST))).all()
    return pb.ListRecusalsResponse(recusals=map(recusal_message, rows))


async def list_of_case(view: View, case: Case, people: PeopleOfCase) -> pb.ListRecusalsResponse:
    """Returns the requests in a case, with `people`.

    An applicant does not see what somebody stated of their own accord.
    """
    query = select(Recusal).where(Recusal.case_id == case.case_id)
    rows = (await view.session.exec(query.order_by(col(Recusal.asked_at)).limit(MOST))).all()
    messages = [recusal_message(row) for row in rows]
    for message in messages:
        if message.own_accord and view.caller.has(Role.OPERATOR):
            message.reasons = ""
    return pb.ListRecusalsResponse(
        recusals=messages, may_be_asked=people.may_be_asked, successors=people.successors
    )


async def case_of(view: View, recusal_id: str) -> Case | None:
    """Returns the case of a request for recusal; None if there is no such request."""
    row = await find_by_id(view.session, Recusal, recusal_id)
    return await view.session.get(Case, row.case_id) if row else None


async def people_of(view: View, case: Case, hearings: Hearings) -> PeopleOfCase:
    """Returns the people of an undecided case; nobody for a case that has its result.

    The applicant may ask of whoever has the case and of the unit heads, a person of the bureau of
    themselves alone.
    """
    if case.state not in UNDECIDED:
        return PeopleOfCase()
    people = await hearings.people(case.bureau)
    if view.caller.has(Role.OPERATOR):
        asked = [one for one in people if one.account_id == case.caseworker or _has(one, HEAD)]
        return PeopleOfCase(may_be_asked=[_hearer(one) for one in asked])
    asked = [one for one in people if one.account_id == view.caller.account_id]
    hearing = await hearings.hearing(case, case.bureau)
    able = [person for person, permission in hearing.people if permission.allowed]
    return PeopleOfCase([_hearer(one) for one in asked], [_hearer(one) for one in able])


def _hearer(person: identity_pb2.UnitPerson) -> pb.Hearer:
    return pb.Hearer(
        account_id=person.account_id, name=person.display_name, is_head=_has(person, HEAD)
    )


def _has(person: identity_pb2.UnitPerson, role: Role) -> bool:
    return identity_pb2.Role.Value(f"ROLE_{role.upper()}") in person.roles
