"""Filters that several lists share: by the type and state of instruments, and by import.

The catalogue has more than a hundred types, of which a bureau has few: those that the visitor may
come across are offered first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import grpc

from law.instruments import catalogue
from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import directory_pb2 as directory
from services.portal.listing import Filter
from services.portal.pages.reading import ALL
from services.portal.visit import Visit
from services.portal.wording import N_

_STATES = ("in_use", "spare", "stopped", "scrapped")


async def types_on_file(visit: Visit, name: str, label: str) -> Filter:
    """Returns the filter whose first types are those of instruments that the visitor may see.

    While alerts does not answer, no type is before the others.
    """
    try:
        answer = await ask(visit.services.alerts.GetTypes(alerts.GetTypesRequest()))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.UNAVAILABLE:
            raise
        answer = alerts.GetTypesResponse()
    return _types(visit, name, label, N_("登记在册的类型"), answer.type_codes)


async def types_in_directory(visit: Visit, name: str, label: str) -> Filter:
    """Returns the filter whose first types are those that a shown institution may verify today."""
    request = directory.ListDirectoryRequest(page_size=ALL)
    shown = (await ask(visit.services.directory.ListDirectory(request))).institutions
    found = {row.type_code for one in shown for row in one.authorised}
    return _types(visit, name, label, N_("有机构可以检定的类型"), found)


def of_states(visit: Visit) -> Filter:
    """Returns the filter by the state of an instrument, scrapped ones included."""
    words = visit.words
    return Filter("state", N_("使用状态"), [(one, words.instrument_state(one)) for one in _STATES])


def of_import(visit: Visit) -> list[Filter]:
    """Returns the filter of one import, where the address names it."""
    batch = visit.query("batch")[:64]
    return [Filter("batch", N_("导入批次"), [(batch, batch[:8])])] if batch else []


def _types(visit: Visit, name: str, label: str, heading: str, found: Collection[str]) -> Filter:
    """The filter with the types that were found first; it offers whatever the address names."""
    every = dict.fromkeys((*catalogue(), *found, visit.query(name)))
    first = [code for code in every if code in found]
    others = [code for code in every if code not in (*first, "")]
    groups = {heading: _named(visit, first), N_("目录中的其他类型"): _named(visit, others)}
    return Filter(name, label, groups={title: types for title, types in groups.items() if types})


def _named(visit: Visit, codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, visit.words.instrument_type(code)) for code in codes]
