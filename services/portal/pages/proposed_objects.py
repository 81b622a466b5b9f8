"""What a proposal is about, as its second person may see it: whose, which thing, its colour."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from law.colours.rule import InstrumentState
from law.separation import Act
from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import people_pb2 as people
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1.proposals_pb2 import Proposal
from services.portal.pages.reading import HIDDEN, bureau_names, kept_record, subject_names
from services.portal.punctuation import GAP
from services.portal.visit import Visit
from services.portal.wording import N_

_NOTED = ("record", "qualification")
_SCRAPPED = InstrumentState.SCRAPPED.value
_AT_ONCE = 20  # calls; a page of proposals is about a few instruments, a file about many


@dataclass(frozen=True)
class Named:
    """The name of a proposal's subject, and in words the thing of it that would change."""

    owner: str = ""
    thing: str = ""

    def __str__(self) -> str:
        return GAP.join(filter(None, (self.owner, self.thing)))


async def named(visit: Visit, rows: Iterable[Proposal]) -> Mapping[str, Named]:
    """Names what each proposal is about, by its id, as far as the visitor may see it.

    Without records and people: who reads those is written down, and a list is no reading of them.
    """
    proposals, calls = list(rows), asyncio.Semaphore(_AT_ONCE)

    async def thing(object_: str) -> str:
        async with calls:
            return await _thing(visit, object_)

    objects = sorted({one.object for one in proposals if _kind(one.object) not in _NOTED})
    owners, things = await asyncio.gather(
        _owners(visit, (one.subject_id for one in proposals)),
        asyncio.gather(*map(thing, objects)),
    )
    by_object = dict(zip(objects, things, strict=True))
    return {
        one.proposal_id: Named(owners.get(one.subject_id, ""), by_object.get(one.object, ""))
        for one in proposals
    }


async def facts(visit: Visit, proposal: Proposal) -> list[tuple[str, str]]:
    """Returns what a proposal is about as facts of its page.

    With the colour of an instrument, and the open orders that its release concerns.
    """
    owners, thing, colour, open_orders = await asyncio.gather(
        _owners(visit, [proposal.subject_id]),
        _thing(visit, proposal.object),
        _colour(visit, proposal.object),
        _open_orders(visit, proposal),
    )
    heading = _HEADINGS.get(_kind(proposal.object), N_("对象"))
    return [
        (visit.say(N_("主体")), owners.get(proposal.subject_id, "")),
        (visit.say(heading), thing),
        (visit.say(N_("现在的颜色")), colour),
        (visit.say(N_("未办结的检定申请")), open_orders),
    ]


async def new_owners(visit: Visit, proposal: Proposal) -> Mapping[str, str]:
    """Names the owners between whom a proposal moves a thing, if the visitor may see them."""
    moved = [one for one in proposal.changes if one.field == "subject_id"]
    return await _owners(visit, (text for one in moved for text in (one.before, one.after)))


def _kind(object_: str) -> str:
    return object_.partition("/")[0]


async def _owners(visit: Visit, ids: Iterable[str]) -> dict[str, str]:
    try:
        return {key: one.name for key, one in (await subject_names(visit, ids)).items()}
    except Refusal as refusal:
        if refusal.code not in HIDDEN:
            raise
        return {}


async def _thing(visit: Visit, object_: str) -> str:
    """The object in words; empty if the visitor may not see it, or the changes name it enough."""
    kind, identity = object_.split("/")[:2]
    if kind not in _READ:
        return ""
    try:
        return await _READ[kind](visit, identity)
    except Refusal as refusal:
        if refusal.code not in HIDDEN:
            raise
        return ""


async def _instrument(visit: Visit, instrument_id: str) -> str:
    request = registry.GetInstrumentRequest(instrument_id=instrument_id)
    found = (await ask(visit.services.registry.GetInstrument(request))).instrument
    return f"{visit.words.instrument_type(found.type_code)} {found.serial_no}"


async def _record(visit: Visit, record_id: str) -> str:
    found = (await kept_record(visit, record_id)).record
    return f"{visit.words.record_kind(found.kind)} {found.source_ref}".strip()


async def _institution(visit: Visit, institution_id: str) -> str:
    request = institutions.GetInstitutionRequest(institution_id=institution_id)
    return (await ask(visit.services.institutions.GetInstitution(request))).institution.name


async def _qualification(visit: Visit, qualification_id: str) -> str:
    request = people.GetQualificationRequest(qualification_id=qualification_id)
    return (await ask(visit.services.people.GetQualification(request))).qualification.name


async def _bureau(visit: Visit, code: str) -> str:
    return (await bureau_names(visit)).get(code, code)


_READ: Mapping[str, Callable[[Visit, str], Awaitable[str]]] = {
    "instrument": _instrument,
    "record": _record,
    "institution": _institution,
    "qualification": _qualification,
    "order_terms": _bureau,
}
_HEADINGS = {
    "instrument": N_("器具"),
    "record": N_("信用记录"),
    "institution": N_("检定机构"),
    "qualification": N_("资格"),
    "order_terms": N_("机关"),
}


async def _colour(visit: Visit, object_: str) -> str:
    kind, instrument_id = object_.split("/")[:2]
    if kind != "instrument":
        return ""
    request = alerts.ListColoursRequest(instrument_id=instrument_id)
    try:
        found = (await ask(visit.services.alerts.ListColours(request))).instruments
    except Refusal as refusal:
        if refusal.code not in HIDDEN:
            raise
        return ""
    return "".join(visit.words.colour(one.colour).word for one in found[:1])


async def _open_orders(visit: Visit, proposal: Proposal) -> str:
    """The open orders of what is to go, or to go to another owner: how many, whose, what follows.

    Empty if there are none, or once the proposal is decided.
    """
    text, request = _concerning(proposal)
    if request is None:
        return ""
    try:
        answer = await ask(visit.services.orders.ListOrders(request))
    except Refusal as refusal:
        if refusal.code not in HIDDEN:
            raise
        return ""
    held = Counter(one.institution for one in answer.orders)
    with_each = visit.words.listed(f"{name} {number}" for name, number in sorted(held.items()))
    number = answer.total or len(answer.orders)
    return visit.say(text).format(n=number, institutions=with_each) if number else ""


def _concerning(proposal: Proposal) -> tuple[str, orders.ListOrdersRequest | None]:
    """What follows of open orders, in words, and the request for them; None if nothing does."""
    kind, identity = proposal.object.split("/")[:2]
    if proposal.state != "waiting":
        return "", None
    if proposal.act == Act.DEREGISTER_SUBJECT:
        text = N_("{n} 件（{institutions}）；注销以后照旧办理，检定机构得到告知")
        return text, orders.ListOrdersRequest(subject_id=identity, open=True, page_size=1000)
    scraps = any(one.field == "state" and one.after == _SCRAPPED for one in proposal.changes)
    if kind == "instrument" and scraps:
        text = N_("{n} 件（{institutions}）；检定机构还没有收到器具的，报废以后随之撤回")
        return text, orders.ListOrdersRequest(instrument_id=identity, open=True)
    if kind == "instrument" and any(one.field == "subject_id" for one in proposal.changes):
        text = N_("{n} 件（{institutions}）；变更以后随器具转到新的使用单位")
        return text, orders.ListOrdersRequest(instrument_id=identity, open=True)
    return "", None
