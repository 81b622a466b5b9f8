"""A bureau states the terms of its orders: one person proposes them, another releases them.

They hold from a later day. An order keeps the term that it was given.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from law.errors import Fault, NotFound, WrongState
from law.reader.strict_reader import as_day
from law.separation import Act
from plumbing.change import Change
from protos.registry.v1 import orders_pb2 as pb
from services.registry.commands.targets import refuse_any
from services.registry.orders.terms import wire
from services.registry.orders.terms.figures import in_force
from services.registry.orders.terms.tables import OrderTerms
from services.registry.proposals.propose import Proposed, propose
from services.registry.tables import Bureau, Proposal

_STATED = ("acceptance_days", "completion_days", "valid_from", "source")


async def put_order_terms(
    change: Change, request: pb.PutOrderTermsRequest
) -> pb.PutOrderTermsResponse:
    """Proposes the terms that a bureau states from a later day on (S4 二(四)).

    Raises NotPermitted outside the caller's scope, NotFound for an unknown bureau, InvalidInput for
    a day that is not after today or a missing source, and WrongState while others wait.
    """
    change.caller.require_bureau(request.bureau)
    office = await change.session.get(Bureau, request.bureau)
    if office is None or office.removed:
        raise NotFound("没有这个机关", "There is no such bureau", bureau=request.bureau)
    present = await _present(change, request.bureau)
    refuse_any(_faults(change, request))
    what = Proposed(
        act=Act.SET_ORDER_TERMS,
        object=f"order_terms/{request.bureau}",
        version=0,
        bureau=request.bureau,
        ground=request.source.strip(),
        before=_content(present) if present else {},
        after={name: getattr(request, name) for name in _STATED},
    )
    return pb.PutOrderTermsResponse(proposal=await propose(change, request, what))


async def release_order_terms(
    change: Change, request: pb.PutOrderTermsRequest, proposal: Proposal
) -> None:
    """States the terms that a second person releases, and announces them.

    Raises WrongState if their day has come: the terms of that day run by others.
    """
    valid_from = date.fromisoformat(request.valid_from)
    if valid_from <= change.today:
        zh = f"启用日 {valid_from} 已到，请不予批准，另定启用日再提出"
        en = f"Their day {valid_from} has come; decline them and propose a later day"
        raise WrongState(zh, en, bureau=request.bureau)
    row = OrderTerms(
        terms_id=uuid4().hex,
        bureau=request.bureau,
        acceptance_days=request.acceptance_days,
        completion_days=request.completion_days,
        valid_from=valid_from,
        source=request.source.strip(),
        set_by=proposal.proposed_by,
        released_by=change.on_behalf_of,
        released_at=change.at,
    )
    present = await _present(change, request.bureau)
    change.session.add(row)
    object_ = f"order_terms/{row.bureau}"
    change.audit(
        "put_order_terms",
        object_,
        before=present.model_dump(mode="json") if present else None,
        after=row.model_dump(mode="json"),
        ground=row.source,
        bureau=row.bureau,
    )
    await change.announce(wire.announced(row), aggregate=object_, bureau=row.bureau)


async def _present(change: Change, bureau: str) -> OrderTerms | None:
    """What a bureau states today, if anything."""
    return (await in_force(change.session, [bureau], change.today)).get(bureau)


def _content(row: OrderTerms) -> dict[str, Any]:
    return row.model_dump(mode="json", include={*_STATED})


def _faults(change: Change, request: pb.PutOrderTermsRequest) -> list[Fault]:
    faults, day = [], as_day(request.valid_from)
    if day is None or day <= change.today:
        zh, en = "启用日应在今日之后", "must be after today"
        faults.append(Fault("valid_from", zh, en))
    if not request.source.strip():
        zh, en = "请写明依据的文件或者决定", "name the document or decision"
        faults.append(Fault("source", zh, en))
    return faults
