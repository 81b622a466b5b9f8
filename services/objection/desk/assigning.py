"""Takes a case, or gives it to a person of its bureau who may hear it.

Whoever has a case is responsible for its term. Others in the same role can act in it as before. Of
two people who take a case at once, the second is told who has it. While somebody is away, their
substitute gives their cases as they would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from law.errors import Fault, InvalidInput, NotPermitted, WrongState
from law.objection import OBJECTION_CITE, Permission
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.view import View
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import desk_pb2 as pb
from protos.objection.v1 import events_pb2 as events
from services.objection.clients import Clients
from services.objection.desk.notes import add_note
from services.objection.filters import WAITING
from services.objection.handling import case_for_staff
from services.objection.hearers import Hearing, Hearings
from services.objection.queries import find_case
from services.objection.steps import record_step
from services.objection.stuck import try_again, waiting_steps
from services.objection.tables import Case, StuckStep

NOBODY_ZH, NOBODY_EN = "无人", "nobody"


@dataclass(frozen=True)
class Desk:
    """Who of a bureau hears a case, with the names of its people and who is away today."""

    hearing: Hearing
    away: Mapping[str, identity_pb2.Absence] = field(default_factory=dict)

    def name(self, account_id: str) -> str:
        """Returns the name of a person; the first digits of the account if it is not of here."""
        for person, _ in self.hearing.people:
            if person.account_id == account_id:
                return person.display_name
        return account_id[:8]

    def stands_in(self, account_id: str, absent: str) -> bool:
        """Returns whether a person stands in today for another one."""
        return absent in self.away and self.away[absent].substitute_id == account_id

    def require(self, account_id: str) -> None:
        """Raises InvalidInput if a person does not hear the case, or stands back from it."""
        for person, permission in self.hearing.people:
            if person.account_id == account_id:
                if permission.allowed:
                    return
                fault = Fault("account_id", permission.zh, permission.en, cite=permission.cite)
                raise InvalidInput(faults=[fault])
        zh, en = "不是本单位办理这类案件的人员", "does not hear such cases in this bureau"
        raise InvalidInput(faults=[Fault("account_id", zh, en, cite=OBJECTION_CITE)])


async def desk_of(view: View, case_id: str, clients: Clients) -> Desk:
    """Returns who may have a case, for an official of its bureau or of a bureau above.

    Raises NotFound if there is no such case, and NotPermitted outside the caller's scope.
    """
    case = await find_case(view.session, case_id)
    view.caller.require_bureau(case.bureau)
    hearings = Hearings(view, clients, exact=True)
    away = await hearings.away(case.bureau)
    return Desk(await hearings.hearing(case, case.bureau), {one.account_id: one for one in away})


def assignees(desk: Desk) -> pb.ListAssigneesResponse:
    """Returns the people who hear a case, with the reason of each who stands back."""
    return pb.ListAssigneesResponse(
        people=[_assignee(desk, person, why) for person, why in desk.hearing.people]
    )


def _assignee(desk: Desk, person: identity_pb2.UnitPerson, why: Permission) -> pb.Assignee:
    told = pb.Assignee(account_id=person.account_id, name=person.display_name)
    if not why.allowed:
        told.reason_zh, told.reason_en, told.cite = why.zh, why.en, why.cite
    if absence := desk.away.get(person.account_id):
        told.away_until, told.substitute = absence.to_on, absence.substitute_name
    return told


async def assign(
    change: Change, request: pb.AssignCaseRequest, *, desk: Desk
) -> pb.AssignCaseResponse:
    """Gives a case to a person of its bureau, or to the caller.

    The head of the unit gives any case. Others take one that nobody has, or give away their own or
    that of somebody for whom they stand in today. A case with refused steps is carried out for
    whoever gets it, and these are tried again at once.

    Raises WrongState if the case is decided, or if another has it than `request.from_account`;
    InvalidInput for a person who does not hear the case or stands back; NotPermitted otherwise, and
    for a caller who stands back: nobody chooses who hears a case in their place.
    """
    case = await case_for_staff(change, request.case_id)
    to = request.account_id or change.on_behalf_of
    refused = await waiting_steps(change.session, case.case_id)
    _require_open(case, refused)
    _require_unchanged(case, request.from_account, desk)
    _require_own(change.caller, case, to, desk)
    desk.require(to)
    before, case.caseworker, case.version = case.caseworker, to, case.version + 1
    change.session.add(case)
    was = {"caseworker": before}
    if refused:
        was["carried_by"], case.carried_by = case.carried_by, to
    message = await record_step(
        change,
        case,
        "assign",
        lambda message: events.CaseAssigned(case=message, from_account=before),
        cite=OBJECTION_CITE,
        note=f"{desk.name(before) if before else NOBODY_ZH}→{desk.name(to)}",
        before=was,
    )
    if refused:
        message = await try_again(change, case, refused)
    if request.reasons.strip():
        await add_note(change, case, request.reasons, [])
    return pb.AssignCaseResponse(case=message)


def _require_open(case: Case, refused: Sequence[StuckStep]) -> None:
    if case.state not in WAITING and not (refused and case.settled_at is None):
        zh, en = "案件已有结果，不再分派", "The case has its result and is given to nobody"
        raise WrongState(zh, en, case=case.case_id, state=case.state)


def _require_unchanged(case: Case, seen: str, desk: Desk) -> None:
    if case.caseworker != seen:
        has = desk.name(case.caseworker) if case.caseworker else ""
        raise WrongState(
            f"案件现由{has or NOBODY_ZH}办理，您看到以后已有变化",
            f"The case is now with {has or NOBODY_EN}; it changed after you saw it",
            case=case.case_id,
            caseworker=case.caseworker,
        )


def _require_own(caller: Caller, case: Case, to: str, desk: Desk) -> None:
    own = caller.account_id == (case.caseworker or to)
    stands_in = desk.stands_in(caller.account_id, case.caseworker)
    if not (caller.has(Role.UNIT_HEAD) or own or stands_in):
        zh = "无人办理的案件只能由本人领办，他人办理的由其本人或者代理人移交，其余由单位负责人分派"
        en = "You take a case that nobody has, or give away yours or that of somebody for whom you "
        en += "stand in; the head gives any case"
        raise NotPermitted(zh, en)
