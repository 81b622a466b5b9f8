"""Files the new instruments of an operator's workbook or CSV file: S4 二(三), R-044.

It is the filing of one instrument (`commands.instruments`), for many: a service to the user unit,
on which nothing depends (C-20). Cells are read as a bureau's import of instruments reads them. A
file is taken whole or not at all, in one transaction, and its instruments are announced together,
so that bureau and owner get one notice for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault
from law.identity import serial_key
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import Cause, save_instruments
from services.registry.commands.targets import find_subject, refuse_any
from services.registry.filing.on_file import OnFile
from services.registry.filing.reading import NewRow, Types, read_new
from services.registry.maker_codes import taken
from services.registry.sameness.finding import look
from services.registry.sameness.places import of_instrument
from services.registry.serials import right_to_mark
from services.registry.sheets import SheetRow
from services.registry.tables import Instrument, Subject


async def import_instruments(
    change: Change, request: pb.ImportInstrumentsRequest, *, rows: Sequence[SheetRow]
) -> pb.ImportInstrumentsResponse:
    """Files the instruments of a file as spares (C-19); those on file as it says are left out.

    Raises InvalidInput, naming each faulty cell, and files nothing then: also for a row of another
    subject, for one that would change an instrument on file, and for a maker's code that another
    instrument has. A request that only checks is answered with these cells instead.
    """
    faults: list[Fault] = []
    owner = await find_subject(change, change.caller.subject_id)
    types = Types(change.session, owner.bureau)
    read = [one for row in rows if (one := await read_new(change, owner, types, row, faults))]
    on_file = await _on_file(change, owner, read)
    new, known = list[NewRow](), list[Instrument]()
    for one in read:
        if fault := on_file.repeated(one):
            faults.append(fault)
        elif found := on_file.find(one):
            changed = on_file.changed(one, found)
            faults += changed
            known += [] if changed else [found]
        else:
            new.append(one)
    taken_codes = await _taken_codes(change, new)
    faults += taken_codes.values()
    if not request.check_only:
        refuse_any(faults)
    filed = await _file(change, owner, [one for one in new if one.row.number not in taken_codes])
    shown = wire.checked_instrument if request.check_only else wire.instrument
    return pb.ImportInstrumentsResponse(
        filed=map(shown, filed),
        known=map(wire.instrument, known),
        refused=map(_refused, faults),
    )


async def _on_file(change: Change, owner: Subject, rows: Sequence[NewRow]) -> OnFile:
    """What the owner has on file of the types of the rows, with their numbers or without one."""
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row.content.type_code, set()).add(serial_key(row.content.serial_no))
    found: list[Instrument] = []
    for type_code in sorted(keys):
        # Of two that are filed at once, the later one must see the earlier.
        await exclusively(change.session, right_to_mark(type_code))
        query = select(Instrument).where(
            Instrument.subject_id == owner.subject_id,
            Instrument.type_code == type_code,
            col(Instrument.serial_key).in_(keys[type_code]),
            sa.not_(col(Instrument.removed)),
        )
        found += await change.session.exec(query.order_by(col(Instrument.instrument_id)))
    return OnFile(found)


async def _file(change: Change, owner: Subject, new: Sequence[NewRow]) -> Sequence[Instrument]:
    rows = [
        Instrument(
            instrument_id=uuid4().hex,
            bureau=owner.bureau,
            in_review=owner.in_review,
            **asdict(one.content),
        )
        for one in new
    ]
    if not rows:
        return rows
    others = await save_instruments(change, rows, Cause(events.CAUSE_FILED))
    remarked = [other.instrument_id for other in others]
    for row in rows:
        after = row.model_dump(mode="json") | {"remarked": remarked}
        change.audit("file_instrument", f"instrument/{row.instrument_id}", after=after)
    for place in {of_instrument(row.subject_id, row.type_code, row.serial_key) for row in rows}:
        await look(change, place)
    return rows


async def _taken_codes(change: Change, new: Sequence[NewRow]) -> Mapping[int, Fault]:
    """A fault for each row whose maker's code an instrument on file or an earlier row has."""
    faults, first = dict[int, Fault](), dict[str, int]()
    for one in new:
        code = one.content.maker_code
        if not code:
            continue
        number = first.setdefault(code, one.row.number)
        if number != one.row.number:
            zh, en = f"与第 {number} 行的制造商码相同", f"row {number} has this code"
            faults[one.row.number] = one.fault("maker_code", zh, en)
        elif words := await taken(change, code):
            faults[one.row.number] = one.fault("maker_code", *words)
    return faults


def _refused(fault: Fault) -> pb.RefusedCell:
    return pb.RefusedCell(
        row=fault.row or 0,
        column=fault.column or "",
        message_zh=fault.message_zh,
        message_en=fault.message_en,
    )
