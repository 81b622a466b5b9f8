"""Pages of who is away and who stands in: one's own absences, and those of a unit for its head."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objection
from services.portal.pages.forms import is_day, told
from services.portal.pages.reading import ALL, today
from services.portal.visit import Visit
from services.portal.wording import N_

OWN, UNIT = "/absence", "/unit-people"
_NEEDED = {
    "account_id": N_("请选择外出的人"),
    "from_on": N_("请填写外出的第一日，例如 2026-10-16"),
    "to_on": N_("请填写外出的最后一日，例如 2026-10-20"),
    "substitute_id": N_("请选择代理人"),
}


@dataclass(frozen=True)
class PersonOfUnit:
    """A person of a unit for its head: roles, the present absence, and the waiting cases."""

    person: identity.UnitPerson
    roles: str
    away: identity.Absence | None
    load: objection.CaseLoad


async def stood_in_for(visit: Visit) -> Mapping[str, identity.Absence]:
    """Reads for whom the visitor stands in today: the absences by the account that is away."""
    day = await today(visit)
    request = identity.ListAbsencesRequest(
        substitute_id=visit.person.account_id, begun_to=day, page_size=ALL
    )
    absences = (await ask(visit.services.identity.ListAbsences(request))).absences
    return {one.account_id: one for one in absences}


async def own(visit: Visit) -> Response:
    """Shows the visitor's own absences and for whom they stand in; records and ends an absence."""
    if visit.request.method == "GET":
        return await _own_page(visit)
    refused = await _carried_out(visit, visit.person.account_id)
    return await _own_page(visit, **refused) if refused else visit.redirect(OWN)


async def unit(visit: Visit) -> Response:
    """Shows the people of the head's unit, who is away, and the work of each; records absences."""
    if visit.request.method == "GET":
        return await _unit_page(visit)
    refused = await _carried_out(visit, visit.field("account_id"))
    return await _unit_page(visit, **refused) if refused else visit.redirect(UNIT)


async def _carried_out(visit: Visit, account_id: str) -> dict[str, Any]:
    """Records or ends an absence; returns what the page shows if that was refused."""
    ends = visit.field("act") == "end"
    errors = {} if ends else _faults(visit, account_id)
    if errors:
        return {"errors": errors}
    try:
        await (_end(visit) if ends else _set(visit, account_id))
    except Refusal as refusal:
        return told(visit, refusal)
    return {}


def _faults(visit: Visit, account_id: str) -> dict[str, str]:
    given = {name: visit.field(name) for name in _NEEDED} | {"account_id": account_id}
    faults = {name: visit.say(text) for name, text in _NEEDED.items() if not given[name]}
    for name in ("from_on", "to_on"):
        if given[name] and not is_day(given[name]):
            needed = _NEEDED[name]
            faults[name] = visit.say(needed)
    return faults


async def _set(visit: Visit, account_id: str) -> None:
    request = identity.SetAbsenceRequest(
        request_id=visit.request_id(),
        account_id=account_id,
        from_on=visit.field("from_on"),
        to_on=visit.field("to_on"),
        substitute_id=visit.field("substitute_id"),
    )
    await ask(visit.services.identity.SetAbsence(request))


async def _end(visit: Visit) -> None:
    request = identity.EndAbsenceRequest(
        request_id=visit.request_id(), absence_id=visit.field("absence_id")
    )
    await ask(visit.services.identity.EndAbsence(request))


async def _own_page(visit: Visit, **values: Any) -> Response:
    me = visit.person.account_id
    people, absences, mine = await asyncio.gather(
        _people(visit), _absences(visit, account_id=me), stood_in_for(visit)
    )
    needed = {role for one in people if one.account_id == me for role in one.roles}
    return visit.page(
        "absences/own.html",
        status=422 if values else 200,
        absences=absences,
        stands_in=list(mine.values()),
        substitutes=[
            (one.account_id, one.display_name)
            for one in people
            if one.account_id != me and needed.issubset(one.roles)
        ],
        form=visit.form,
        **values,
    )


async def _unit_page(visit: Visit, **values: Any) -> Response:
    people, absences, summary, day = await asyncio.gather(
        _people(visit),
        _absences(visit),
        ask(visit.services.objection.SummariseCases(objection.SummariseCasesRequest())),
        today(visit),
    )
    away = {one.account_id: one for one in absences if one.from_on <= day}
    loads = {load.caseworker: load for load in summary.loads}
    rows = [
        PersonOfUnit(
            person=one,
            roles=_roles(visit, one),
            away=away.get(one.account_id),
            load=loads.get(one.account_id, objection.CaseLoad()),
        )
        for one in people
    ]
    return visit.page(
        "absences/unit.html",
        status=422 if values else 200,
        rows=rows,
        waiting=[row for row in rows if row.away and row.load.waiting],
        absences=absences,
        due_soon_to=summary.due_soon_to,
        options=[(one.account_id, one.display_name) for one in people],
        form=visit.form,
        **values,
    )


async def _people(visit: Visit) -> Sequence[identity.UnitPerson]:
    """The people of the visitor's own bureau who hold a role of the staff."""
    request = identity.ListUnitPeopleRequest(page_size=ALL)
    people = (await ask(visit.services.identity.ListUnitPeople(request))).people
    return [one for one in people if _WORKING.intersection(map(role_of, one.roles))]


async def _absences(visit: Visit, account_id: str = "") -> Sequence[identity.Absence]:
    """The absences that are not over, of one person or of all in the visitor's scope."""
    request = identity.ListAbsencesRequest(account_id=account_id, page_size=ALL)
    return (await ask(visit.services.identity.ListAbsences(request))).absences


_WORKING = {Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR}


def role_of(number: identity.Role.ValueType) -> str:
    """Returns the code of a role by its number in messages."""
    return identity.Role.Name(number).removeprefix("ROLE_").lower()


def _roles(visit: Visit, person: identity.UnitPerson) -> str:
    return visit.words.listed(visit.words.role(role_of(role)) for role in person.roles)
