"""The commands that add to the log of upkeep: an entry, the rows of a file, a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, NotFound, NotPermitted, WrongState
from law.instruments import code_of
from law.reader.strict_reader import Reader
from plumbing import row_scope
from plumbing.change import Change
from plumbing.files import StoredFile
from protos.registry.v1 import upkeep_pb2 as pb
from services.registry.certificates.commands import plain_name
from services.registry.commands.targets import find_instrument, refuse_any
from services.registry.sheets import Columns, SheetRow
from services.registry.tables import Instrument, Subject
from services.registry.upkeep import wire
from services.registry.upkeep.access import find
from services.registry.upkeep.content import UpkeepContent, read_content
from services.registry.upkeep.effects import demand_verification, unpassed
from services.registry.upkeep.tables import UpkeepEntry, UpkeepFile
from services.registry.upkeep.telling import tell_bureau
from services.registry.validation import reader_of

COLUMNS = Columns(
    headings={
        "instrument_id": ("器具平台编号", "器具编号"),
        "serial_no": ("出厂编号", "器具出厂编号"),
        "owner_no": ("单位自编号", "自编号"),
        "type_code": ("器具类型", "类型"),
        "kind": ("类别", "记录类别"),
        "part": ("枪号（通道、相）", "部件"),
        "done_on": ("日期", "办理日期"),
        "done_by": ("由谁办理", "办理人", "维修单位"),
        "what": ("内容", "维护内容"),
        "seal_no": ("签封编号", "铅封编号"),
    },
    needed=("kind", "done_on", "done_by", "what"),
    days=("done_on",),
)


# By which a row names its instrument, the most certain first.
_IDENTIFYING = ("instrument_id", "serial_no", "owner_no")


async def record_upkeep(change: Change, request: pb.RecordUpkeepRequest) -> pb.RecordUpkeepResponse:
    """Adds an entry to the log of an instrument; one that corrects another says why.

    Raises InvalidInput for faulty content, NotFound for an unknown instrument or entry,
    NotPermitted outside the caller's scope, and WrongState if the entry is corrected already.
    """
    message, faults = request.upkeep, list[Fault]()
    content = read_content(reader_of(message, "upkeep", faults), change.today)
    if message.corrects and not message.ground.strip():
        faults.append(Fault("upkeep.ground", "更正须写明理由", "a correction needs a ground"))
    refuse_any(faults)
    instrument = await find_instrument(change, message.instrument_id)
    corrected = await _corrected(change, message.corrects, instrument)
    row = await _add(change, instrument, content, corrected, message.ground.strip())
    owner = await change.session.get_one(Subject, instrument.subject_id)
    open_ = await unpassed(change.session, [(row, instrument)])
    return pb.RecordUpkeepResponse(entry=wire.entry(row, instrument, owner.name, open_))


async def import_upkeep(
    change: Change, request: pb.ImportUpkeepRequest, *, rows: Sequence[SheetRow]
) -> pb.ImportUpkeepResponse:
    """Adds the entries of a file; those that are in the log already are left out.

    Raises InvalidInput, naming each faulty row, and NotPermitted, naming the first one outside the
    caller's scope; nothing is added then.
    """
    faults: list[Fault] = []
    read = [await _of_row(change, row, faults) for row in rows]
    refuse_any(faults)
    answer, added = pb.ImportUpkeepResponse(), list[tuple[UpkeepEntry, Instrument]]()
    for instrument, content in filter(None, read):
        if await _known(change, instrument, content):
            answer.known += 1
            continue
        added.append((await _add(change, instrument, content), instrument))
    answer.added, answer.to_verify = len(added), len(await unpassed(change.session, added))
    return answer


async def add_file(
    change: Change, header: pb.UpkeepFileHeader, *, stored: StoredFile, most: int
) -> pb.UploadUpkeepFileResponse:
    """Adds a stored file to an entry; one that it has already changes nothing.

    Raises NotFound for an unknown entry, NotPermitted outside the caller's scope, and WrongState if
    the entry has `most` files.
    """
    entry, _ = await find(change, header.upkeep_id, lock=True)
    present = select(UpkeepFile).where(
        UpkeepFile.upkeep_id == entry.upkeep_id, UpkeepFile.sha256 == stored.sha256
    )
    row = (await change.session.exec(present)).first()
    if row is None:
        await require_room(change, entry, most)
        row = UpkeepFile(
            file_id=uuid4().hex,
            upkeep_id=entry.upkeep_id,
            sha256=stored.sha256,
            size=stored.size,
            kind=stored.kind.value,
            file_name=plain_name(header.file_name) or f"file.{stored.kind.extension}",
            uploaded_by=change.on_behalf_of,
            uploaded_at=change.at,
        )
        change.session.add(row)
        after = row.model_dump(mode="json")
        change.audit("upload_upkeep_file", f"upkeep/{entry.upkeep_id}", after=after)
    return pb.UploadUpkeepFileResponse(file=wire.file(row))


async def require_room(change: Change, entry: UpkeepEntry, most: int) -> None:
    """Raises WrongState if an entry has `most` files."""
    held = select(sa.func.count()).where(col(UpkeepFile.upkeep_id) == entry.upkeep_id)
    if (await change.session.exec(held)).one() >= most:
        zh, en = f"一条记录最多 {most} 个文件", f"An entry has at most {most} files"
        raise WrongState(zh, en)


async def _corrected(change: Change, given: str, instrument: Instrument) -> UpkeepEntry | None:
    if not given:
        return None
    row, _ = await find(change, given, lock=True)
    if row.instrument_id != instrument.instrument_id:
        zh, en = "被更正的记录属于另一件器具", "It is an entry of another instrument"
        raise WrongState(zh, en, upkeep_id=row.upkeep_id)
    if row.corrected_by:
        zh, en = "这条记录已经更正过，请更正新的一条", "It was corrected; correct the new one"
        raise WrongState(zh, en, upkeep_id=row.corrected_by)
    return row


async def _add(
    change: Change,
    instrument: Instrument,
    content: UpkeepContent,
    corrected: UpkeepEntry | None = None,
    ground: str = "",
) -> UpkeepEntry:
    row = UpkeepEntry(
        upkeep_id=uuid4().hex,
        instrument_id=instrument.instrument_id,
        **asdict(content),
        corrects=corrected.upkeep_id if corrected else "",
        ground=ground if corrected else "",
        entered_by=change.on_behalf_of,
        entered_at=change.at,
    )
    if corrected:
        corrected.corrected_by = row.upkeep_id
        change.session.add(corrected)
    row.verification_id = await demand_verification(change, row, instrument)
    change.session.add(row)
    await change.session.flush()
    after = row.model_dump(mode="json")
    action = "correct_upkeep" if corrected else "record_upkeep"
    object_ = f"upkeep/{row.upkeep_id}"
    before = corrected.model_dump(mode="json") if corrected else None
    change.audit(
        action, object_, before=before, after=after, ground=row.ground, bureau=instrument.bureau
    )
    await tell_bureau(change, row, instrument, corrected)
    return row


async def _of_row(
    change: Change, row: SheetRow, faults: list[Fault]
) -> tuple[Instrument, UpkeepContent] | None:
    reader = COLUMNS.read(row, faults)
    content = read_content(reader, change.today)
    COLUMNS.note(row, reader, faults)
    try:
        return await _instrument(change, reader), content
    except NotFound as error:
        named = next((one for one in _IDENTIFYING if one in row.cells), "serial_no")
        faults.append(row.fault(COLUMNS.heading(named), error.zh, error.en))
        return None
    except NotPermitted as error:
        zh, en = f"第 {row.number} 行：{error.zh}", f"row {row.number}: {error.en}"
        raise NotPermitted(zh, en) from error


async def _instrument(change: Change, reader: Reader) -> Instrument:
    """The instrument of a row: by its id, or else by its numbers and type."""
    cells = reader.data
    if cells.get("instrument_id"):
        return await find_instrument(change, str(cells["instrument_id"]))
    given = {name: str(cells[name]) for name in _IDENTIFYING[1:] if cells.get(name)}
    if not given:
        zh, en = "请填写出厂编号、单位自编号或者平台编号", "name the instrument by a number"
        raise NotFound(zh, en)
    numbered = select(Instrument).where(
        *(getattr(Instrument, name) == number for name, number in given.items()),
        sa.not_(col(Instrument.removed)),
        row_scope.seen(change.caller, Instrument.subject_id, Instrument.bureau),
    )
    if cells.get("type_code"):
        numbered = numbered.where(Instrument.type_code == code_of(str(cells["type_code"])))
    rows = (await change.session.exec(numbered.limit(2).with_for_update())).all()
    if len(rows) != 1:
        zh = "有几件器具是这个编号，请填写类型或者平台编号" if rows else "没有这个编号的器具"
        en = "several instruments have this number" if rows else "there is no such instrument"
        raise NotFound(zh, en)
    return rows[0]


async def _known(change: Change, instrument: Instrument, content: UpkeepContent) -> bool:
    same = (getattr(UpkeepEntry, name) == value for name, value in asdict(content).items())
    own = UpkeepEntry.instrument_id == instrument.instrument_id
    return bool((await change.session.exec(select(UpkeepEntry).where(own, *same))).first())
