"""An application that no institution can take whole: one type of its instruments at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from plumbing.client import ask
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.order_choice import PATH
from services.portal.visit import Visit


@dataclass(frozen=True)
class OfType:
    """The chosen instruments of one type; `link` is empty if nobody may verify the type today."""

    type_code: str
    instruments: Sequence[registry.Instrument]
    link: str


async def by_type(visit: Visit, instruments: Sequence[registry.Instrument]) -> Sequence[OfType]:
    """Returns the chosen instruments by type, each type with the address of its own application.

    The address carries the others along, which are offered once these are applied for. Empty if all
    are of one type.
    """
    types: dict[str, list[registry.Instrument]] = defaultdict(list)
    for one in instruments:
        types[one.type_code].append(one)
    if len(types) == 1:
        return ()
    able = await asyncio.gather(*(_is_verified(visit, one) for one in types))
    verified = {code for code, is_able in zip(types, able, strict=True) if is_able}
    left = [one for one in instruments if one.type_code in verified]
    return [
        OfType(code, found, _address(found, left) if code in verified else "")
        for code, found in types.items()
    ]


def later(visit: Visit) -> Sequence[str]:
    """Returns the instruments that are to be applied for after those of this form."""
    return visit.fields("later") or visit.request.query_params.getlist("later")


def after(visit: Visit, otherwise: str) -> str:
    """Returns the address after an application: that of what is left, or else the usual one."""
    if left := later(visit):
        return f"{PATH}?{urlencode([('applied', 'yes'), *(('instrument', one) for one in left)])}"
    return otherwise


async def _is_verified(visit: Visit, type_code: str) -> bool:
    request = pb.ListVerifiersRequest(type_codes=[type_code])
    return bool((await ask(visit.services.orders.ListVerifiers(request))).verifiers)


def _address(found: Sequence[registry.Instrument], left: Sequence[registry.Instrument]) -> str:
    own = [("instrument", one.instrument_id) for one in found]
    rest = [("later", one.instrument_id) for one in left if one not in found]
    return f"{PATH}?{urlencode(own + rest)}"
