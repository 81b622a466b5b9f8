"""The commands on orders: a user applies and withdraws, an institution acts, a bureau ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.basis import ColourBasis, colour_basis
from law.colours.rule import InstrumentState, VerificationResult
from law.errors import Fault, InvalidInput, LawError, NotFound, WrongState
from law.instruments import catalogue
from law.reader.strict_reader import as_day
from law.upkeep import verify_again
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as pb
from services.registry.commands.targets import find_instrument, refuse_any
from services.registry.institutions.reporting import is_institution, own_institution, require_named
from services.registry.institutions.tables import Institution
from services.registry.orders import lateness, wire
from services.registry.orders.access import find
from services.registry.orders.authorised import authorised_types
from services.registry.orders.moves import announce_steps, take_step
from services.registry.orders.states import (
    BY_APPLICANT,
    BY_BUREAU,
    BY_INSTITUTION,
    OrderState,
    reason_of,
)
from services.registry.orders.tables import UNENDED, Order
from services.registry.red_alerts import facts_of
from services.registry.tables import Instrument
from services.registry.upkeep.content import REPAIR

_FIELD = "instrument_ids"
# An institution does these only with what it may verify on that day.
_TAKEN_UP = (OrderState.ACCEPTED, OrderState.SCHEDULED, OrderState.IN_WORK)
_NEED_GROUND = {
    OrderState.REFUSED: ("不予受理须写明理由", "a refusal needs a ground"),
    OrderState.CANCELLED: ("终止申请须写明理由", "ending an order needs a ground"),
}


async def apply_for_verification(
    change: Change, request: pb.ApplyForVerificationRequest
) -> pb.ApplyForVerificationResponse:
    """Applies for the verification of up to 100 instruments of one subject (S4 二(三)).

    That they were repaired is the reason of the orders alone: it notes no repair, but names those
    of which none is noted.
    Raises InvalidInput, naming the instrument, for one that is scrapped, has another open order or
    another owner, or is of a type that the institution may not verify today; NotFound for an
    unknown instrument or institution; NotPermitted outside the caller's scope.
    """
    rows = [await find_instrument(change, given) for given in request.instrument_ids]
    institution = await _institution(change, request.institution_id)
    await _refuse_unfit(change, rows, institution)
    orders, to_note = list[Order](), list[str]()
    for row in rows:
        stands = await _stands(change, row)
        if request.repaired and _is_to_note(change, row, stands):
            to_note.append(row.instrument_id)
        reason = reason_of(stands, change.today, repaired=request.repaired)
        order = Order(
            order_id=uuid4().hex,
            instrument_id=row.instrument_id,
            type_code=row.type_code,
            serial_no=row.serial_no,
            subject_id=row.subject_id,
            bureau=row.bureau,
            institution=institution.name,
            state=OrderState.APPLIED,
            reason=reason,
            applied_on=change.today,
            applied_by=change.on_behalf_of,
            valid_until=stands.valid_until,
            note=request.note.strip(),
        )
        await _take(change, order, OrderState.APPLIED, "apply_for_verification")
        orders.append(order)
    await announce_steps(change, orders, "")
    applied = await lateness.messages(change.session, orders, change.today)
    return pb.ApplyForVerificationResponse(orders=applied, repairs_to_note=to_note)


async def move_orders(change: Change, request: pb.MoveOrdersRequest) -> pb.MoveOrdersResponse:
    """Takes up to 100 orders one step on: all of them or none, or `each` that can take it.

    Those of an owner are announced together. A bureau only ends orders, at any step. Raises
    InvalidInput for a refusal or an end without a ground and for a faulty appointment. Unless
    `each` goes by itself, it raises NotFound for an order that the caller may not see, and
    WrongState, naming the order, for a step that is not possible or not the caller's to take, and
    for taking up what the institution may not verify on that day.
    """
    await require_named(change.session, change.caller)
    state, appointed = OrderState(request.state), _appointed(change, request)
    day = appointed or change.today
    allowed = await _authorised(change, state, day)
    ground, rows, left = request.ground.strip(), list[Order](), dict[str, LawError]()
    for given in sorted(request.order_ids):
        try:
            row = await find(change, given, lock=True)
            _require_possible(change, row, state)
            _require_authorised(row, allowed, day)
        except (NotFound, WrongState) as error:
            if not request.each:
                raise
            left[given] = error
            continue
        await _take(change, row, state, "move_order", ground=ground, appointed_on=appointed)
        rows.append(row)
    await announce_steps(change, rows, ground)
    moved = await lateness.messages(change.session, rows, change.today)
    return pb.MoveOrdersResponse(
        orders=sorted(moved, key=lambda one: _place(request.order_ids, one.order_id)),
        not_moved=[wire.not_moved(one, left[one]) for one in request.order_ids if one in left],
    )


async def _take(
    change: Change,
    row: Order,
    state: OrderState,
    action: str,
    *,
    ground: str = "",
    appointed_on: date | None = None,
) -> None:
    before = row.model_dump(mode="json") if row.version else None
    await take_step(change, row, state, ground=ground, appointed_on=appointed_on)
    after = row.model_dump(mode="json") | ({"ground": ground} if ground else {})
    object_ = f"order/{row.order_id}"
    change.audit(action, object_, before=before, after=after, bureau=row.bureau)


def _place(given: Sequence[str], order_id: str) -> int:
    return next(n for n, one in enumerate(given) if order_id.startswith(one))


def _appointed(change: Change, request: pb.MoveOrdersRequest) -> date | None:
    faults = []
    if request.state in _NEED_GROUND and not request.ground.strip():
        faults.append(Fault("ground", *_NEED_GROUND[OrderState(request.state)]))
    day = as_day(request.appointed_on)
    if request.state == OrderState.SCHEDULED:
        if day is None or day < change.today:
            zh, en = "请填写今天或以后的日期", "must be today or a later day"
            faults.append(Fault("appointed_on", zh, en))
    elif request.appointed_on:
        zh, en = "只有安排日期时填写", "only for an appointment"
        faults.append(Fault("appointed_on", zh, en))
    refuse_any(faults)
    return day


def _require_possible(change: Change, row: Order, state: OrderState) -> None:
    steps = BY_APPLICANT if change.caller.has(Role.OPERATOR) else BY_BUREAU
    if is_institution(change.caller):
        steps = BY_INSTITUTION
    if state not in steps.get(row.state, frozenset()):
        raise WrongState(
            f"检定申请（{row.serial_no}）现在的状态不能办理这一步，可能已有人办理，请重新打开后再看",
            f"The order for {row.serial_no} cannot take this step now; somebody may have acted",
            order=row.order_id,
            state=row.state,
        )


async def _authorised(change: Change, state: OrderState, on: date) -> set[str] | None:
    """The types with which an institution may take this step on a day; None means any."""
    if state not in _TAKEN_UP:
        return None
    own = await own_institution(change.session, change.caller)
    return await authorised_types(change.session, own, on)


def _require_authorised(row: Order, allowed: set[str] | None, on: date) -> None:
    """Raises WrongState if the institution takes up what it may not verify on that day."""
    if allowed is None or row.type_code in allowed:
        return
    name, number, (type_zh, type_en) = row.institution, row.serial_no, _type_names(row.type_code)
    raise WrongState(
        f"{name}在 {on} 没有“{type_zh}”的检定授权，不能办理 {number}；"
        "请写明理由退回申请，授权已经延续的，请监管机关更新登记",
        f"{name} may not verify {type_en} on {on}, so it cannot take up {number}; refuse the order,"
        " or ask the bureau if the authorisation was renewed",
        order=row.order_id,
    )


async def _institution(change: Change, given: str) -> Institution:
    named = select(Institution).where(
        sa.or_(col(Institution.institution_id) == given, col(Institution.name) == given)
    )
    row = (await change.session.exec(named)).first()
    if row is None:
        zh, en = "请从名单里选择检定机构", "choose an institution of the list"
        raise InvalidInput(faults=[Fault("institution_id", zh, en)])
    return row


async def _refuse_unfit(
    change: Change, rows: Sequence[Instrument], institution: Institution
) -> None:
    allowed = await authorised_types(change.session, institution.name, change.today)
    waiting = await _waiting(change, rows)
    faults = []
    for number, row in enumerate(rows):
        for zh, en in _unfit(row, rows[0].subject_id, allowed, waiting, institution.name):
            faults.append(Fault(f"{_FIELD}[{number}]", f"{row.serial_no}：{zh}", en))
        waiting.add(row.instrument_id)  # of one that is named twice, the second is refused
    refuse_any(faults)


def _unfit(
    row: Instrument, subject_id: str, allowed: set[str], waiting: set[str], institution: str
) -> list[tuple[str, str]]:
    type_zh, type_en = _type_names(row.type_code)
    found = []
    if row.subject_id != subject_id:
        found.append(("不是同一使用单位的器具", "belongs to another subject"))
    if row.state == InstrumentState.SCRAPPED:
        found.append(("已报废，不能申请检定", "is scrapped"))
    if row.instrument_id in waiting:
        found.append(("已有未办结的检定申请", "has an order that has not ended"))
    if row.type_code not in allowed:
        zh = f"{institution}今天没有“{type_zh}”的检定授权"
        found.append((zh, f"{institution} may not verify {type_en} today"))
    return found


def _type_names(type_code: str) -> tuple[str, str]:
    known = catalogue().get(type_code)
    return (known.name_zh, known.name_en) if known else (type_code, type_code)


async def _waiting(change: Change, rows: Sequence[Instrument]) -> set[str]:
    ids = [row.instrument_id for row in rows]
    unended = select(Order.instrument_id).where(sa.text(UNENDED), col(Order.instrument_id).in_(ids))
    return set((await change.session.exec(unended)).all())


def _is_to_note(change: Change, row: Instrument, stands: ColourBasis) -> bool:
    """Whether a repair by which an instrument has to pass again is not noted since it passed."""
    compulsory = not row.non_compulsory_ground
    counts = verify_again(REPAIR, row.type_code, change.today, compulsory=compulsory)
    return counts and stands.last_result is not VerificationResult.REPAIRED


async def _stands(change: Change, row: Instrument) -> ColourBasis:
    facts = await facts_of(change, row.instrument_id)
    return colour_basis(
        *(row.type_code, row.state, row.rotate_on, facts, row.parts),
        on=change.today,
        compulsory=not row.non_compulsory_ground,
    )
