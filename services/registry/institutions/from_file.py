"""Enters and updates institutions and their authorisations from a file: all of it, or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import uuid4

from sqlmodel import col, select

from law.errors import Fault, InvalidInput
from law.identity import document_key, folded
from plumbing import validation
from plumbing.change import Change
from protos.registry.v1 import institutions_pb2 as pb
from services.registry.commands.targets import refuse_any
from services.registry.institutions.commands import content_of, credit_code_of
from services.registry.institutions.saving import save_authorisations, save_institution
from services.registry.institutions.tables import Authorisation, Institution
from services.registry.sheets import Columns, SheetRow

_OF_INSTITUTION = ("credit_code", "contact", "phone", "email")
_OF_AUTHORISATION = ("type_code", "valid_from", "valid_until", "document_no")
COLUMNS = Columns(
    headings={
        "name": ("机构名称", "检定机构", "名称"),
        "credit_code": ("统一社会信用代码",),
        "contact": ("联系人",),
        "phone": ("电话", "联系电话"),
        "email": ("邮箱", "电子邮箱"),
        "type_code": ("器具类型",),
        "valid_from": ("授权自", "有效期自"),
        "valid_until": ("授权至", "有效期至"),
        "document_no": ("授权文号", "证书编号"),
    },
    needed=("name",),
    days=("valid_from", "valid_until"),
)
T = TypeVar("T")


@dataclass(frozen=True)
class _Read:
    """What a row says: the stated fields of its institution, and an authorisation if it has one."""

    row: SheetRow
    name: str
    stated: dict[str, str]
    authorisation: dict[str, Any] | None


async def import_authorisations(
    change: Change, request: pb.ImportAuthorisationsRequest, *, rows: Sequence[SheetRow]
) -> pb.ImportAuthorisationsResponse:
    """Enters the institutions and authorisations of a file, and updates those on file.

    An institution is known by its name in whatever writing, an authorisation by its institution,
    type and document, of which a further period is another authorisation; a blank cell says nothing
    of what is on file. A new institution is kept by the caller's bureau. Raises InvalidInput,
    naming each faulty row, also one of an institution that another bureau keeps and one by which an
    authorisation begins later or ends earlier; nothing is entered then.
    """
    faults: list[Fault] = []
    on_file = {folded(one.name): one for one in await change.session.exec(select(Institution))}
    read = [_read(change, row, faults) for row in rows]
    _check_agreeing(read, faults)
    for one in read:
        known = on_file.get(folded(one.name))
        if known and not change.caller.covers(known.bureau):
            zh, en = "由别的机关登记，不能在这里变更", "another bureau keeps it"
            faults.append(one.row.fault(COLUMNS.heading("name"), zh, en))
    refuse_any(faults)
    answer = pb.ImportAuthorisationsResponse()
    for institution in await _institutions(change, read, on_file, answer):
        key = folded(institution.name)
        own = [one for one in read if folded(one.name) == key]
        await _authorise(change, institution, own, answer, faults)
    refuse_any(faults)
    return answer


_ENDS_EARLY = (
    "比登记的最后一日早：提前终止授权要写明理由，请在机构的页面变更，不要放在文件里",
    "ends before the day on file: an early end needs a ground, change it on its page",
)
_BEGINS_LATE = (
    "比登记的第一日晚：推迟授权要写明理由，请在机构的页面变更；续期的，从登记的最后一日的次日起填写",
    "begins after the day on file: that needs a ground; a further period begins after the last day",
)


def _read(change: Change, row: SheetRow, faults: list[Fault]) -> _Read:
    found = len(faults)
    reader = COLUMNS.read(row, faults)
    days_are_read = len(faults) == found
    name = str(row.cells.get("name", ""))
    if not name:
        faults.append(row.fault(COLUMNS.heading("name"), "必填", "required"))
    stated = {one: str(row.cells[one]) for one in _OF_INSTITUTION if one in row.cells}
    institution = pb.Institution(name=name, bureau=change.caller.bureau)
    for one, value in stated.items():
        setattr(institution, one, value)
    code = _checked(row, institution, credit_code_of, faults)
    if "credit_code" in stated:
        stated["credit_code"] = code or ""
    authorisation = None
    if any(one in row.cells for one in _OF_AUTHORISATION) and days_are_read:
        message = pb.Authorisation(institution_id=name)
        for one in _OF_AUTHORISATION:
            setattr(message, one, _text(reader.data.get(one)))
        authorisation = _checked(row, message, content_of, faults)
    return _Read(row, name, stated, authorisation)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _checked(
    row: SheetRow, message: Any, content: Callable[[Any], T], faults: list[Fault]
) -> T | None:
    """The content of a message that a row makes; None, with the faults of the row, if it is bad."""
    try:
        validation.check(message)
        return content(message)
    except InvalidInput as error:
        for one in error.faults:
            heading = COLUMNS.heading(one.field.rpartition(".")[2])
            faults.append(row.fault(heading, one.message_zh, one.message_en))
        return None


def _check_agreeing(read: Sequence[_Read], faults: list[Fault]) -> None:
    """Adds a fault for each row that says otherwise than an earlier one, or the same again."""
    stated: dict[tuple[str, str], tuple[str, int]] = {}
    earlier = defaultdict[tuple[str, ...], list[_Read]](list)
    for one in read:
        name, number = folded(one.name), one.row.number
        for field, value in one.stated.items():
            said, before = stated.setdefault((name, field), (value, number))
            if said != value:
                zh, en = f"与第 {before} 行不同", f"differs from row {before}"
                faults.append(one.row.fault(COLUMNS.heading(field), zh, en))
        if one.authorisation is None:
            continue
        of_document = earlier[name, *_document(one.authorisation)]
        same = (other for other in of_document if _together(other.authorisation, one.authorisation))
        if other := next(same, None):
            before = other.row.number
            zh, en = f"与第 {before} 行是同一项授权", f"is the authorisation of row {before}"
            faults.append(one.row.fault(COLUMNS.heading("document_no"), zh, en))
        of_document.append(one)


def _document(authorisation: dict[str, Any]) -> tuple[str, str]:
    return authorisation["type_code"], document_key(authorisation["document_no"])


def _together(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    """Whether two periods have a day in common."""
    return one is not None and (
        one["valid_from"] <= other["valid_until"] and other["valid_from"] <= one["valid_until"]
    )


async def _institutions(
    change: Change,
    read: Sequence[_Read],
    on_file: dict[str, Institution],
    answer: pb.ImportAuthorisationsResponse,
) -> Sequence[Institution]:
    """The institutions that a file names, new or as they stand after it, each once."""
    named: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for one in read:
        names.setdefault(folded(one.name), one.name)
        named.setdefault(folded(one.name), {}).update(one.stated)
    found = []
    for key, stated in sorted(named.items()):
        row = on_file.get(key)
        if row is not None:
            await change.session.refresh(row, with_for_update=True)
        before = row.model_dump(mode="json") if row else None
        if row is None:
            row = Institution(
                institution_id=uuid4().hex,
                name=names[key],
                bureau=change.caller.bureau,
                since=change.today,
            )
            answer.institutions_added += 1
        elif any(getattr(row, field) != value for field, value in stated.items()):
            answer.institutions_changed += 1
        else:
            found.append(row)
            continue
        row.sqlmodel_update(stated)
        await save_institution(change, row, before)
        found.append(row)
    await change.session.flush()
    return found


async def _authorise(
    change: Change,
    institution: Institution,
    rows_of_file: Sequence[_Read],
    answer: pb.ImportAuthorisationsResponse,
    faults: list[Fault],
) -> None:
    """Adds the authorisations that an institution lacks, and changes those that say otherwise.

    One that would begin after the day on file, or end before it, is a fault.
    """
    of_institution = select(Authorisation).where(
        col(Authorisation.institution_id) == institution.institution_id
    )
    of_institution = of_institution.order_by(col(Authorisation.valid_from)).with_for_update()
    present = (await change.session.exec(of_institution)).all()
    saved = list[tuple[Authorisation, dict[str, Any] | None]]()
    for one in rows_of_file:
        if (content := one.authorisation) is None:
            continue
        row = _on_file(present, content)
        before = row.model_dump(mode="json") if row else None
        if row is None:
            row = Authorisation(
                authorisation_id=uuid4().hex, institution_id=institution.institution_id, **content
            )
            answer.added += 1
        elif _days(row.model_dump()) == _days(content):
            answer.known += 1
            continue
        elif found := _moved(one.row, row, content):
            faults += found
            continue
        else:
            answer.changed += 1
        row.sqlmodel_update(_days(content))
        saved.append((row, before))
    await save_authorisations(change, institution, saved)


def _days(authorisation: Mapping[str, Any]) -> dict[str, date]:
    return {day: authorisation[day] for day in ("valid_from", "valid_until")}


def _on_file(present: Sequence[Authorisation], content: dict[str, Any]) -> Authorisation | None:
    """The authorisation that a row is about: of its document and a day of its period."""
    of_it = [
        row
        for row in present
        if _document(row.model_dump()) == _document(content)
        and _together(row.model_dump(), content)
    ]
    same = [row for row in of_it if _days(row.model_dump()) == _days(content)]
    return next(iter(same or of_it), None)


def _moved(named: SheetRow, row: Authorisation, content: Mapping[str, Any]) -> list[Fault]:
    """The faults of a row by which an authorisation begins later or ends earlier."""
    faults = []
    if content["valid_from"] > row.valid_from:
        faults.append(named.fault(COLUMNS.heading("valid_from"), *_BEGINS_LATE))
    if content["valid_until"] < row.valid_until:
        faults.append(named.fault(COLUMNS.heading("valid_until"), *_ENDS_EARLY))
    return faults
