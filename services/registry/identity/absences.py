"""Who is away and who stands in: recorded by the person, or by the head of their unit.

A substitute acts with their own account and roles, so that every act is recorded as their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, NotFound, NotPermitted, WrongState
from plumbing import paging, row_scope, validation
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from services.registry.commands.targets import refuse_any
from services.registry.identity.tables import Absence, Account

LONGEST = timedelta(days=366)
# Roles whose work waits while a person is away.
WORKING = frozenset({Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR})


async def set_absence(change: Change, request: pb.SetAbsenceRequest) -> pb.SetAbsenceResponse:
    """Records an absence with its substitute.

    Raises NotPermitted for somebody else's absence, unless the caller is the head of their unit,
    NotFound for an unknown person, and InvalidInput with every fault.
    """
    who = request.account_id or change.caller.account_id
    accounts = await _accounts(change.session, who, request.substitute_id, lock=True)
    person, substitute = accounts.get(who), accounts.get(request.substitute_id)
    if person is None or person.closed:
        raise NotFound("没有该账号", "There is no such account")
    _require_allowed(change.caller, person.account_id, person.bureau)
    days = validation.day(request.from_on, "from_on"), validation.day(request.to_on, "to_on")
    first, last = days[0] or change.today, days[1] or change.today
    faults = [*_day_faults(first, last, change.today), *_fitness(person, substitute)]
    if not faults:
        faults = await _overlaps(change.session, person, request.substitute_id, first, last)
    refuse_any(faults)
    row = Absence(
        absence_id=uuid4().hex,
        account_id=person.account_id,
        bureau=person.bureau,
        from_on=first,
        to_on=last,
        substitute_id=request.substitute_id,
        set_by=change.on_behalf_of,
        set_at=change.at,
    )
    change.session.add(row)
    change.audit("set_absence", f"account/{person.account_id}", after=row.model_dump(mode="json"))
    return pb.SetAbsenceResponse(absence=_message(row, accounts))


async def end_absence(change: Change, request: pb.EndAbsenceRequest) -> pb.EndAbsenceResponse:
    """Ends an absence, whose last day is then yesterday; cancels one that begins today or later.

    Raises NotFound for an unknown one, NotPermitted for somebody else's, unless the caller is the
    head of their unit, and WrongState for one that is over.
    """
    row = await change.session.get(Absence, request.absence_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这项外出登记", "There is no such absence")
    _require_allowed(change.caller, row.account_id, row.bureau)
    if row.to_on < change.today or row.to_on < row.from_on:
        raise WrongState("这项外出已经结束", "This absence is over")
    before, yesterday = row.model_dump(mode="json"), change.today - timedelta(days=1)
    row.to_on = max(yesterday, row.from_on - timedelta(days=1))
    change.session.add(row)
    change.audit(
        "end_absence",
        f"account/{row.account_id}",
        before=before,
        after=row.model_dump(mode="json"),
    )
    accounts = await _accounts(change.session, row.account_id, row.substitute_id)
    return pb.EndAbsenceResponse(absence=_message(row, accounts))


async def list_absences(view: View, request: pb.ListAbsencesRequest) -> pb.ListAbsencesResponse:
    """Returns a page of the absences in the caller's scope, the earliest first."""
    lasting_to = validation.day(request.lasting_to, "lasting_to") or view.today
    begun_to = validation.day(request.begun_to, "begun_to")
    rows = select(Absence).where(
        row_scope.covered(view.caller, Absence.bureau),
        col(Absence.to_on) >= lasting_to,
        col(Absence.to_on) >= col(Absence.from_on),
    )
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Absence.bureau))
    for name in ("account_id", "substitute_id"):
        if value := getattr(request, name):
            rows = rows.where(col(getattr(Absence, name)) == value)
    if begun_to:
        rows = rows.where(col(Absence.from_on) <= begun_to)
    order = (Absence.from_on, Absence.absence_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    ids = {account for row in page for account in (row.account_id, row.substitute_id)}
    accounts = await _accounts(view.session, *ids)
    messages = [_message(row, accounts) for row in page]
    return pb.ListAbsencesResponse(absences=messages, next_page_token=token, **count)


async def list_people(view: View, request: pb.ListUnitPeopleRequest) -> pb.ListUnitPeopleResponse:
    """Returns a page of the open accounts of a bureau, without those of institutions, by name.

    Raises NotPermitted for a bureau outside the caller's scope.
    """
    bureau = request.bureau or view.caller.bureau
    view.caller.require_bureau(bureau)
    rows = select(Account).where(
        row_scope.of_bureau(bureau, Account.bureau),
        sa.not_(col(Account.closed)),
        col(Account.institution) == "",
    )
    page, token = await paging.page(view.session, request, rows, Account.name)
    count = await paging.count(view.session, request, rows, token)
    people = [
        pb.UnitPerson(
            account_id=row.account_id,
            display_name=row.display_name or row.name,
            roles=[wire.role_number(Role(role)) for role in row.roles],
            bureau=row.bureau,
        )
        for row in page
    ]
    return pb.ListUnitPeopleResponse(people=people, next_page_token=token, **count)


def _require_allowed(caller: Caller, account_id: str, bureau: str) -> None:
    if caller.account_id == account_id:
        return
    if not caller.has(Role.UNIT_HEAD) or caller.bureau != bureau:
        zh = "他人的外出由本人或者本单位负责人登记"
        raise NotPermitted(zh, "An absence is recorded by the person or the head of their unit")


def _day_faults(first: date, last: date, today: date) -> Iterator[Fault]:
    if last < first:
        yield Fault("to_on", "最后一日不能早于第一日", "must not be before the first day")
    elif last < today:
        yield Fault("to_on", "最后一日已经过去", "the last day is over")
    elif last - first > LONGEST:
        yield Fault("to_on", "一次外出最长一年", "an absence lasts a year at most")
    if first - today > LONGEST:
        zh = f"最多提前一年登记，第一日不能晚于 {today + LONGEST}"
        en = f"is recorded a year ahead at most: must not be after {today + LONGEST}"
        yield Fault("from_on", zh, en)


def _fitness(person: Account, substitute: Account | None) -> Iterator[Fault]:
    """Yields why an account cannot stand in for a person at all."""
    name = "substitute_id"
    if substitute is None or substitute.closed or substitute.bureau != person.bureau:
        yield Fault(name, "代理人应是本单位的人员", "must be a person of the same bureau")
    elif substitute.account_id == person.account_id:
        yield Fault(name, "代理人不能是外出人自己", "must be somebody else")
    elif not WORKING.intersection(person.roles).issubset(substitute.roles):
        zh = "代理人须有与外出人相同的角色，才能办理其工作"
        yield Fault(name, zh, "must have every role of the person to do their work")


async def _overlaps(
    session: AsyncSession, person: Account, substitute_id: str, first: date, last: date
) -> list[Fault]:
    """The faults of an absence that other absences of these days do not allow."""
    concerned = (person.account_id, substitute_id)
    rows = await session.exec(
        select(Absence).where(
            sa.or_(
                col(Absence.account_id).in_(concerned),
                col(Absence.substitute_id) == person.account_id,
            ),
            col(Absence.from_on) <= last,
            col(Absence.to_on) >= first,
            col(Absence.to_on) >= col(Absence.from_on),
        )
    )
    return [fault for row in rows for fault in _overlap(row, person.account_id, substitute_id)]


def _overlap(row: Absence, person_id: str, substitute_id: str) -> Iterator[Fault]:
    zh, en = f"{row.from_on} 至 {row.to_on}", f"{row.from_on} to {row.to_on}"
    if row.account_id == person_id:
        yield Fault("from_on", f"与已登记的外出（{zh}）重叠", f"overlaps an absence on file ({en})")
    if row.substitute_id == person_id:
        told = f"外出人在 {zh} 代理他人，请先为那次外出另定代理人"
        yield Fault("from_on", told, f"the person stands in for somebody else from {en}")
    if row.account_id == substitute_id:
        yield Fault("substitute_id", f"代理人在 {zh} 也外出", f"is also away from {en}")


async def _accounts(session: AsyncSession, *ids: str, lock: bool = False) -> dict[str, Account]:
    """The accounts with these ids; locked always in the same order, so that no two changes wait."""
    asked = select(Account).where(col(Account.account_id).in_(ids))
    asked = asked.order_by(col(Account.account_id))
    rows = await session.exec(asked.with_for_update() if lock else asked)
    return {row.account_id: row for row in rows}


def _message(row: Absence, accounts: dict[str, Account]) -> pb.Absence:
    message = pb.Absence(
        absence_id=row.absence_id,
        account_id=row.account_id,
        display_name=_name(accounts, row.account_id),
        bureau=row.bureau,
        from_on=row.from_on.isoformat(),
        to_on=row.to_on.isoformat(),
        substitute_id=row.substitute_id,
        substitute_name=_name(accounts, row.substitute_id),
        set_by=row.set_by,
    )
    message.set_at.FromDatetime(row.set_at)
    return message


def _name(accounts: dict[str, Account], account_id: str) -> str:
    found = accounts.get(account_id)
    return (found.display_name or found.name) if found else ""
