"""The commands by which a bureau keeps qualifications: one, or the rows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, NotPermitted
from law.identity import document_key
from law.people import QualificationKind
from law.reader.strict_reader import Reader
from plumbing.change import Change
from protos.registry.v1 import people_pb2 as pb
from services.registry.commands.targets import (
    refuse_any,
    require_bureau_exists,
    require_version,
)
from services.registry.institutions.tables import Institution
from services.registry.people import wire
from services.registry.people.access import find
from services.registry.people.consenting import becomes_public, is_shown, propose_consent
from services.registry.people.contacts import kept
from services.registry.people.content import KINDS, QualificationContent, read_content
from services.registry.people.saving import save
from services.registry.people.tables import Qualification
from services.registry.sheets import Columns, SheetRow
from services.registry.validation import reader_of

COLUMNS = Columns(
    headings={
        "kind": ("类别",),
        "number": ("证书编号", "编号", "注册编号", "聘书编号"),
        "name": ("名称", "姓名", "名称或者姓名"),
        "scope": ("项目", "校准项目", "注册项目", "范围", "专业领域"),
        "institution": ("所在机构", "工作单位"),
        "contact": ("联系方式", "联系电话"),
        "valid_from": ("有效期自", "发证日期"),
        "valid_until": ("有效期至", "有效期止"),
    },
    needed=("kind", "number", "name", "valid_from"),
    days=("valid_from", "valid_until"),
)
_OF_A_FILE = ("name", "scope", "institution", "contact", "valid_from", "valid_until")


async def put_qualification(
    change: Change, request: pb.PutQualificationRequest
) -> pb.PutQualificationResponse:
    """Enters a qualification, or changes it; its kind stays.

    The consent by which a calibration institution is shown to the public, or an expert to whoever
    is signed in, is only proposed: a second person releases it (S1 20), and it is not on file
    before. So one that is shown and changed is hidden until it is released anew.

    Raises InvalidInput for faulty content or an institution that is not on file, NotPermitted
    outside the caller's scope, NotFound for an unknown one, AlreadyExists for a number that another
    one has, and WrongState if the request's version is not the present one.
    """
    message, faults = request.qualification, list[Fault]()
    content = read_content(reader_of(message, "qualification", faults), change.today)
    if not await _works_on_file(change, content):
        faults.append(Fault("qualification.institution", *_UNKNOWN))
    given = message.qualification_id
    row = await find(change, given, lock=True) if given else None
    if row and row.kind is not content.kind:
        zh, en = "类别不能更改，请另行登记", "the kind stays; enter another one"
        faults.append(Fault("qualification.kind", zh, en))
    refuse_any(faults)
    same = await _numbered(change, content)
    if same and (row is None or same.qualification_id != row.qualification_id):
        zh, en = "这一编号已经登记", "This number is on file"
        raise AlreadyExists(zh, en, qualification_id=same.qualification_id)
    bureau = message.bureau or (row.bureau if row else change.caller.bureau)
    change.caller.require_bureau(bureau)
    await require_bureau_exists(change, bureau, "qualification.bureau")
    require_version(row.version if row else 0, message.version)
    content = replace(content, contact=kept(row, content, change.today))
    by_two = becomes_public(row, content)
    row = await save(change, row, replace(content, consent="") if by_two else content, bureau)
    proposal = await propose_consent(change, request, row) if by_two else None
    qualification = wire.qualification(row, change.today)
    return pb.PutQualificationResponse(qualification=qualification, proposal=proposal)


async def import_qualifications(
    change: Change, request: pb.ImportQualificationsRequest, *, rows: Sequence[SheetRow]
) -> pb.ImportQualificationsResponse:
    """Enters the qualifications of a file, and updates those whose number is on file.

    A file says neither that one has ended nor that an institution consented, and a blank cell says
    nothing of what is on file. Raises InvalidInput, naming each faulty row, also one that changes
    what the public sees, and NotPermitted for one that another bureau keeps; nothing is entered
    then.
    """
    faults: list[Fault] = []
    contents = [await _of_row(change, row, faults) for row in rows]
    _check_once(rows, contents, faults)
    refuse_any(faults)
    answer = pb.ImportQualificationsResponse()
    for row, given in zip(rows, contents, strict=True):
        present, content = await _numbered(change, given), given
        stated = [name for name in _OF_A_FILE if name in row.cells]
        if _leaves_over(present, content, stated, change.today):  # PIPL 47(一)
            content = replace(content, contact="")
            stated = [name for name in stated if name != "contact"]
        if present is None:
            await save(change, None, content, change.caller.bureau)
            answer.added += 1
        elif all(getattr(present, name) == getattr(content, name) for name in stated):
            answer.known += 1
        else:
            _require_kept(change, present)
            if is_shown(present):
                faults.append(row.fault(COLUMNS.heading("number"), *_PUBLIC))
            await save(change, present, content, present.bureau, stated)
            answer.changed += 1
        await change.session.flush()
    refuse_any(faults)
    return answer


_UNKNOWN = ("没有登记这家机构，请先登记", "no such institution is on file")
_PUBLIC = (
    "这一项已经公开，变更须由另一人批准：请在它的页面上变更，不要放在文件里",
    "it is shown to others and a second person releases a change: change it on its page",
)


async def _of_row(change: Change, row: SheetRow, faults: list[Fault]) -> QualificationContent:
    reader = COLUMNS.read(row, faults)
    named = KINDS.get(row.cells.get("kind", ""), row.cells.get("kind", ""))
    reader = Reader({**reader.data, "kind": str(named)}, "", [])
    content = read_content(reader, change.today)
    COLUMNS.note(row, reader, faults)
    if not await _works_on_file(change, content):
        faults.append(row.fault(COLUMNS.heading("institution"), *_UNKNOWN))
    return content


def _leaves_over(
    present: Qualification | None,
    content: QualificationContent,
    stated: Sequence[str],
    today: date,
) -> bool:
    """Whether what is on file after a row has ended: a row says less than is on file."""
    if present is None:
        return content.is_over(today)
    until = content.valid_until if "valid_until" in stated else present.valid_until
    return replace(content, valid_until=until, ended_ground=present.ended_ground).is_over(today)


def _check_once(
    rows: Sequence[SheetRow], contents: Sequence[QualificationContent], faults: list[Fault]
) -> None:
    """Adds a fault for each row with the number of an earlier one: only one can be right."""
    first: dict[tuple[str, str], int] = {}
    for row, content in zip(rows, contents, strict=True):
        number = first.setdefault((content.kind, document_key(content.number)), row.number)
        if content.number and number != row.number:
            zh, en = f"与第 {number} 行的编号相同", f"has the number of row {number}"
            faults.append(row.fault(COLUMNS.heading("number"), zh, en))


async def _works_on_file(change: Change, content: QualificationContent) -> bool:
    """Whether where somebody works is on file; an expert may work anywhere."""
    if not content.institution or content.kind is QualificationKind.EXPERT:
        return True
    return await _on_file(change, content.institution)


async def _on_file(change: Change, name: str) -> bool:
    """Whether an institution of this name verifies or calibrates."""
    verifies = select(Institution.institution_id).where(Institution.name == name)
    calibrates = select(Qualification.qualification_id).where(
        Qualification.name == name,
        col(Qualification.kind) == QualificationKind.CALIBRATION_INSTITUTION,
    )
    found = [(await change.session.exec(one)).first() for one in (verifies, calibrates)]
    return any(found)


async def _numbered(change: Change, content: QualificationContent) -> Qualification | None:
    rows = select(Qualification).where(
        Qualification.kind == content.kind,
        Qualification.number_key == document_key(content.number),
    )
    return (await change.session.exec(rows.with_for_update())).first()


def _require_kept(change: Change, row: Qualification) -> None:
    if not change.caller.covers(row.bureau):
        zh, en = f"编号 {row.number} 由别的机关登记", f"another bureau keeps {row.number}"
        raise NotPermitted(zh, en)
