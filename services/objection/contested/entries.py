"""Reads contested entries from the register, and asks it whether they can be corrected."""

from __future__ import annotations

from collections.abc import Sequence

from law.contested import CORRECTABLE
from law.errors import Fault, InvalidInput
from law.objection import OUTCOME_CITE, Outcome
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import EntryCorrection, FieldValue
from services.objection.clients import Clients
from services.objection.contested.items import Item
from services.objection.contested.wanted import Entry


async def entries_named(clients: Clients, items: Sequence[Item], behalf: str) -> list[Entry]:
    """Returns what the register says in entries that somebody objects to, by their whole ids.

    Raises InvalidInput, naming each entry that does not exist.
    """
    found = [await _read(clients, item, behalf) for item in items]
    missing = [item.name for item, one in zip(items, found, strict=True) if one is None]
    if missing:
        zh, en = "登记中没有{}", "There is no {} in the register"
        faults = [Fault("against", zh.format(one), en.format(one)) for one in missing]
        raise InvalidInput(faults=faults)
    return [one for one in found if one is not None]


async def entries_held(clients: Clients, items: Sequence[Item], behalf: str) -> list[Entry]:
    """Returns what the register says in entries; those that it no longer has are left out."""
    found = [await _read(clients, item, behalf) for item in items]
    return [one for one in found if one is not None]


async def _read(clients: Clients, item: Item, behalf: str) -> Entry | None:
    found = await clients.entry(item.target, item.id, behalf)
    if found is None:
        return None
    facts = {one.field: one.value for one in found.values}
    whole = item.model_copy(update={"id": found.id, "facts": facts})
    return Entry(whole, found.subject_id, found.bureau)


async def check_entries(
    clients: Clients, items: Sequence[Item], request: pb.DecideObjectionRequest, behalf: str
) -> None:
    """Asks the register whether what a decision corrects of entries can be carried out.

    Raises InvalidInput, with the field of each fault; what `decided_items` refuses is left to it.
    """
    known = {item.name: item for item in items}
    faults: list[Fault] = []
    for place, said in enumerate(request.items):
        item = known.get(said.item)
        corrects = (said.outcome or request.outcome) == Outcome.CORRECT
        if item is None or not corrects or not _is_known(item, said):
            continue
        found = await clients.check_correction(_correction(item, said), behalf)
        faults += [_placed(place, fault) for fault in found]
    if faults:
        raise InvalidInput(faults=faults, cite=OUTCOME_CITE)


def _is_known(item: Item, said: pb.ItemDecision) -> bool:
    fields = CORRECTABLE.get(item.target, {})
    return bool(said.values) and all(one.field in fields for one in said.values)


def _correction(item: Item, said: pb.ItemDecision) -> EntryCorrection:
    values = [FieldValue(field=one.field, value=one.value) for one in said.values]
    return EntryCorrection(target=item.target, id=item.id, values=values)


def _placed(place: int, fault: Fault) -> Fault:
    field = f"items[{place}].{fault.field}" if fault.field else f"items[{place}]"
    return Fault(field, fault.message_zh, fault.message_en, cite=fault.cite)
