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
        OfType(code, found, _address(visit, found, left) if code in verified else "")
        for code, found in types.items()
    ]


def later(visit: Visit) -> Sequence[str]:
    """Returns the instruments that are to be applied for after those of this form."""
    return visit.fields("later") or visit.request.query_params.getlist("later")


def unnoted(visit: Visit) -> Sequence[str]:
    """Returns those applied for as repaired by earlier forms whose repair is not noted yet."""
    return visit.fields("unnoted") or visit.request.query_params.getlist("unnoted")


def after(visit: Visit, applied: int, repaired: Sequence[str]) -> str:
    """Returns the address after an application for some instruments: of what is left, or the list.

    `repaired` are those of them whose repair is to be noted; it names all of the whole application.
    """
    to_note = [*unnoted(visit), *repaired]
    if left := later(visit):
        rest = [("instrument", one) for one in left]
        return f"{PATH}?{urlencode([('applied', 'yes'), *rest, *_unnoted(to_note)])}"
    repairs = f"&repairs={len(to_note)}&instrument={to_note[0]}" if to_note else ""
    return f"/orders?applied={applied}{repairs}"


def _unnoted(repaired: Sequence[str]) -> list[tuple[str, str]]:
    return [("unnoted", one) for one in repaired]


async def _is_verified(visit: Visit, type_code: str) -> bool:
    request = pb.ListVerifiersRequest(type_codes=[type_code])
    return bool((await ask(visit.services.orders.ListVerifiers(request))).verifiers)


def _address(
    visit: Visit, found: Sequence[registry.Instrument], left: Sequence[registry.Instrument]
) -> str:
    own = [("instrument", one.instrument_id) for one in found]
    rest = [("later", one.instrument_id) for one in left if one not in found]
    return f"{PATH}?{urlencode(own + rest + _unnoted(unnoted(visit)))}"
