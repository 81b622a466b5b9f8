"""Cases that nobody of their bureau may hear: who stands back, and which bureau above can take one.

Whoever took part in a matter does not hear a case that follows it (S3 27), so a small bureau can
run out of people when a matter is sent back. Only a bureau above sees the record and its subject
too.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, InvalidInput, WrongState
from law.objection import OBJECTION_CITE, CaseState, Permission
from plumbing import row_scope
from plumbing.change import Change
from plumbing.identity import Role, scope_prefix
from plumbing.view import View
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from services.objection import wire
from services.objection.case_indexes import FOLLOWS_ANOTHER, IS_OPEN
from services.objection.clients import Clients
from services.objection.handling import HEARS, Ties, ties_of
from services.objection.queries import find_case
from services.objection.steps import locked_case, record_step, required_text
from services.objection.tables import WAITS, Case, Recusal

MOST = 100
_FEW = 2  # of more people a list does not look whether all are authors of the records
_DIGITS = 6  # of a bureau's code; a unit of a bureau has letters behind them
_UNDECIDED = (CaseState.LODGED, CaseState.ACCEPTED, CaseState.EXTENSION_REQUESTED)


@dataclass(frozen=True)
class Hearing:
    """Who of a bureau hears cases of a kind, each with whether they may hear this one."""

    people: Sequence[tuple[identity_pb2.UnitPerson, Permission]]

    @property
    def somebody(self) -> bool:
        """Whether anybody may hear the case."""
        return any(permission.allowed for _, permission in self.people)

    def standbacks(self) -> list[pb.Standback]:
        """Returns why each of them stands back."""
        return [
            pb.Standback(
                name=person.display_name, reason_zh=why.zh, reason_en=why.en, cite=why.cite
            )
            for person, why in self.people
        ]


@dataclass(frozen=True)
class Unheard:
    """What is known of a case before it is handed over: who may hear it, here and above."""

    here: Hearing
    above: Sequence[str]


async def list_unheard(
    view: View, request: pb.ListUnheardCasesRequest, clients: Clients
) -> pb.ListUnheardCasesResponse:
    """Returns the undecided cases in the caller's scope that nobody of their bureau may hear.

    Of the cases that follow another, that nobody has accepted yet, or from which somebody stands
    back, the first hundred are looked at. With a case id it looks at that case alone; raises
    NotFound if there is no such case, and NotPermitted outside the caller's scope.
    """
    hearings, found = Hearings(view, clients, exact=bool(request.case_id)), []
    async for case in _candidates(view, request.case_id):
        state = await hearings.unheard(case)
        if state is not None:
            found.append(
                pb.UnheardCase(
                    case=wire.case_message(case, view.today),
                    standbacks=state.here.standbacks(),
                    hand_over_to=state.above,
                )
            )
    return pb.ListUnheardCasesResponse(cases=found)


async def _candidates(view: View, case_id: str) -> AsyncIterator[Case]:
    if case_id:
        case = await find_case(view.session, case_id)
        view.caller.require_bureau(case.bureau)
        if case.kind in HEARS and case.state in _UNDECIDED:
            yield case
        return
    left = select(Recusal.case_id).where(col(Recusal.approved).is_(True))
    stuck = sa.or_(
        sa.text(FOLLOWS_ANOTHER), col(Case.state) == CaseState.LODGED, col(Case.case_id).in_(left)
    )
    query = select(Case).where(
        sa.text(IS_OPEN),
        row_scope.covered(view.caller, Case.bureau),
        col(Case.kind).in_(HEARS),
        col(Case.state).in_(_UNDECIDED),
        stuck,
    )
    for case in await view.session.exec(query.order_by(col(Case.lodged_at)).limit(MOST)):
        yield case


class Hearings:
    """Finds out who may hear cases; asks for the people of each bureau once.

    The authors of records are asked for where at most two people are left, or always if `exact`.
    """

    def __init__(self, view: View, clients: Clients, *, exact: bool) -> None:
        self._view, self._clients, self._behalf = view, clients, view.caller.account_id
        self._most = sys.maxsize if exact else _FEW
        self._people: dict[str, list[identity_pb2.UnitPerson]] = {}

    async def unheard(self, case: Case) -> Unheard | None:
        """Returns who stands back and who could take a case; None if somebody here may hear it."""
        here = await self.hearing(case, case.bureau)
        if here.somebody:
            return None
        above = _above(case.bureau, list(await self._clients.bureaus()))
        can = [code for code in above if (await self.hearing(case, code)).somebody]
        return Unheard(here, can)

    async def people(self, bureau: str) -> list[identity_pb2.UnitPerson]:
        """Returns everybody with an account of a bureau and, for a unit, of the whole bureau."""
        codes = dict.fromkeys((bureau, bureau[:_DIGITS]))
        return [one for code in codes for one in await self._of(code)]

    async def away(self, bureau: str) -> list[identity_pb2.Absence]:
        """Returns the absences of those people today."""
        codes, today = dict.fromkeys((bureau, bureau[:_DIGITS])), self._view.today
        return [
            one for code in codes for one in await self._clients.absences(code, today, self._behalf)
        ]

    async def with_role_above(self, bureau: str, role: Role) -> list[str]:
        """Returns the bureaus above a bureau in which somebody has a role, the nearest first."""
        above, wanted = _above(bureau, list(await self._clients.bureaus())), _number(role)
        return [code for code in above if any(wanted in one.roles for one in await self._of(code))]

    async def hearing(self, case: Case, bureau: str) -> Hearing:
        """Returns who of a bureau hears such a case, each with whether they may hear this one."""
        wanted = _number(HEARS.get(case.kind, Role.CASEWORKER))
        people = [one for one in await self.people(bureau) if wanted in one.roles]
        ties = replace(await ties_of(self._view.session, case), applicant=case.lodged_by)
        hearing = _heard_by(people, ties)
        if not 0 < sum(permission.allowed for _, permission in hearing.people) <= self._most:
            return hearing
        records = await self._clients.still_held(case.record_ids, self._behalf)
        authors = {one for record in records for one in (record.entered_by, *record.authors)}
        return _heard_by(people, replace(ties, authors=authors))

    async def _of(self, bureau: str) -> list[identity_pb2.UnitPerson]:
        if bureau not in self._people:
            self._people[bureau] = await self._clients.people(bureau, self._behalf)
        return self._people[bureau]


def _number(role: Role) -> identity_pb2.Role.ValueType:
    return identity_pb2.Role.Value(f"ROLE_{role.upper()}")


def _heard_by(people: Sequence[identity_pb2.UnitPerson], ties: Ties) -> Hearing:
    return Hearing([(one, ties.permission(one.account_id, one.bureau)) for one in people])


def _above(bureau: str, known: Sequence[str]) -> list[str]:
    """The bureaus whose scope has a bureau in it, the nearest first."""
    wider = [
        (len(prefix), code)
        for code in known
        if code != bureau and (prefix := scope_prefix(code)) and bureau.startswith(prefix)
    ]
    return [code for _, code in sorted(wider, reverse=True)]


async def hand_over(
    change: Change, request: pb.HandOverCaseRequest, *, state: Unheard | None
) -> pb.HandOverCaseResponse:
    """Hands a case to a bureau above, as a unit head; `state` is who may hear it now.

    The term goes on, and nobody has the case until somebody of the new bureau acts in it. The head
    of that bureau answers the requests for recusal that still wait. Raises
    WrongState if somebody of the present bureau may hear it or it is decided, and InvalidInput for
    a bureau that is not above or has nobody who may hear it.
    """
    case = await locked_case(change, request.case_id, *HEARS)
    change.caller.require_bureau(case.bureau)
    _require_unheard(case, state)
    if state is not None and request.bureau not in state.above:
        zh = "只能移交给有人可以办理的上级机关"
        en = "must be a bureau above with somebody who may hear the case"
        raise InvalidInput(faults=[Fault("bureau", zh, en, cite=OBJECTION_CITE)])
    before, reasons = case.bureau, required_text("reasons", request.reasons, OBJECTION_CITE)
    was = {"bureau": before, "caseworker": case.caseworker}
    case.bureau, case.caseworker, case.version = request.bureau, "", case.version + 1
    change.session.add(case)
    with_it = await _recusals_go_along(change, case)
    message = await record_step(
        change,
        case,
        "hand_over",
        lambda message: events.CaseHandedOver(case=message, from_bureau=before, reasons=reasons),
        cite=OBJECTION_CITE,
        note=f"{before}→{case.bureau}：{reasons}{with_it}",
        before=was,
    )
    return pb.HandOverCaseResponse(case=message)


async def _recusals_go_along(change: Change, case: Case) -> str:
    """Has the new bureau's head answer requests for recusal that still wait; says so in Chinese.

    The former bureau no longer sees the case, so nobody there could answer them.
    """
    waiting = select(Recusal).where(Recusal.case_id == case.case_id, sa.text(WAITS))
    rows = (await change.session.exec(waiting.with_for_update())).all()
    for row in rows:
        row.bureau, row.above = case.bureau, []
        change.session.add(row)
    return "；待决定的回避申请由接办机关的单位负责人决定" if rows else ""


def _require_unheard(case: Case, state: Unheard | None) -> None:
    if case.state not in _UNDECIDED:
        zh, en = "案件已有结果，不能移交", "The case has its result and is not handed over"
        raise WrongState(zh, en, cite=OBJECTION_CITE, case=case.case_id, state=case.state)
    if state is None:
        zh = "本机关还有人可以办理，不能移交"
        en = "Somebody of this bureau may hear the case, so it is not handed over"
        raise WrongState(zh, en, cite=OBJECTION_CITE, case=case.case_id)
