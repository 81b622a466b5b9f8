"""Plans the import of files of bureaus and of files of subjects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.identity import folded
from law.identity.subjects import is_placeholder, may_be_one_address, subject_key
from services.registry.former_names import keys_of, renamed
from services.registry.imports.plan.alike import note_alike_subjects
from services.registry.imports.plan.former_codes import replace_former_codes
from services.registry.imports.plan.owner_details import note_deregistered
from services.registry.imports.plan.plan import (
    Context,
    Keys,
    Kind,
    Plan,
    RegisterRow,
    every_row,
    fetch,
)
from services.registry.imports.plan.subject_names import SUBJECTS, subjects_named
from services.registry.imports.rows.reader import Item
from services.registry.tables import Bureau, Subject
from services.registry.validation import needed_ground

WITH_CODE = SUBJECTS.where(sa.text("credit_code <> ''"))


async def plan_bureaus(context: Context) -> Plan:
    """Plans the import of a file of bureaus; a bureau is identified by its code."""
    plan = Plan()
    keys = Keys(context, plan)
    known = await _known_bureaus(context)
    async for item in context.each():
        code = item.values["code"]
        if not keys.first((code,), item.row, item.values):
            continue
        if not context.in_scope(item.row, "code", code, code):
            continue
        if code in known:
            # A bureau is its code, so one that was removed is restored.
            plan.alter(Kind.BUREAU, item.row, code, {**item.values, "removed": False}, known[code])
        else:
            plan.make(Kind.BUREAU, item.row, item.values, code)
    return plan


async def _known_bureaus(context: Context) -> dict[str, RegisterRow]:
    """Every bureau of the register by code, removed ones too."""
    connection = await context.session.connection()
    rows = (await connection.execute(every_row(Bureau))).mappings().all()
    return {row["code"]: row for row in rows}


async def plan_subjects(context: Context) -> Plan:
    """Plans the import of a file of subjects.

    A subject is known by its `subject_key`; what stands for a name, such as 不详, names nobody.
    """
    plan = Plan()
    keys = Keys(context, plan)
    bureaus = await _known_bureaus(context)
    await replace_former_codes(context, "credit_code", named=True)
    subjects = await _KnownSubjects.of(context)
    for item in context.bad_with("bureau"):
        _check_bureau(context, item, bureaus)
    _drop_idle_grounds(context)
    async for item in context.each():
        values = item.values
        if not _check_bureau(context, item, bureaus) or not _is_named(context, item):
            continue
        if not keys.first(subject_key(values), item.row, values):
            continue
        subject = subjects.match(item)
        if subject is None:
            if item.row not in context.notes.bad_rows:
                plan.make(Kind.SUBJECT, item.row, values)
        # Two rows may mean one subject by different keys, such as two codes for its name.
        elif keys.first(("subject", subject["subject_id"]), item.row, values) and context.in_scope(
            item.row, "name", values["name"], subject["bureau"]
        ):
            note_deregistered(context, item.row, "name", subject)
            changed = _with_names(context, item, subject)
            plan.alter(Kind.SUBJECT, item.row, subject["subject_id"], changed, subject)
    await note_alike_subjects(context, plan)
    return plan


def _drop_idle_grounds(context: Context) -> None:
    """Leaves out the grounds of credit codes whose check digits agree."""
    for place, item in enumerate(context.items):
        if ground := item.values.get("code_ground"):
            needed = needed_ground(item.values.get("credit_code", ""), ground)
            context.items[place] = Item(item.row, {**item.values, "code_ground": needed})


def _with_names(context: Context, item: Item, subject: RegisterRow) -> Mapping[str, Any]:
    """The values of a row, with what a new name makes of the former ones.

    A name that the subject had before is an old file, not a new name. Nor is another writing of
    the name one, unless the code tells that the subject itself writes it so.
    """
    values, name = item.values, item.values["name"]
    if folded(name) in keys_of(subject["former_names"] or ()):
        zh, en = f"“{subject['name']}”的曾用名，名称不变", f"a former name of {subject['name']}"
        column = context.file.column("name")
        context.notes.warn(item.row, "FORMER_NAME", zh, en, column=column, value=name)
        return {**values, "name": subject["name"]}
    on_file = subject["name"]
    if name != on_file and folded(name) == folded(on_file) and not values.get("credit_code"):
        zh, en = f"与“{on_file}”视为同一主体，名称不变", f"taken for the subject {on_file}"
        column = context.file.column("name")
        context.notes.warn(item.row, "OTHER_WRITING", zh, en, column=column, value=name)
        return {**values, "name": on_file}
    former = renamed(subject, name, context.change.today)
    return values if former == subject["former_names"] else {**values, "former_names": former}


def _check_bureau(context: Context, item: Item, bureaus: Mapping[str, RegisterRow]) -> bool:
    """Whether the row's bureau is on file and in scope; what is wrong is noted."""
    bureau = item.values["bureau"]
    if bureau not in bureaus or bureaus[bureau]["removed"]:
        zh, en = "没有该市场监管机关", "there is no such bureau"
        context.fault(item.row, "bureau", bureau, "UNKNOWN_BUREAU", zh, en)
        return False
    return context.in_scope(item.row, "bureau", bureau, bureau)


def _is_named(context: Context, item: Item) -> bool:
    """Whether the row tells who it is about; what stands for a name identifies nobody."""
    values = item.values
    if values.get("credit_code") or values.get("external_ref"):
        return True
    if not is_placeholder(values["name"]):
        return True
    zh = "此名称不指任何主体；没有代码时须写明单位名称"
    en = "names nobody: without a credit code, write the name of the subject"
    context.fault(item.row, "name", values["name"], "NO_NAME", zh, en)
    return False


class _KnownSubjects:
    """The register's subjects that a file may mean."""

    def __init__(self, context: Context, rows: list[RegisterRow]) -> None:
        self._context = context
        self._by: dict[tuple[str, ...], list[RegisterRow]] = defaultdict(list)
        for row in {row["subject_id"]: row for row in rows}.values():
            self._by["code", row["credit_code"]].append(row)
            self._by["ref", row["bureau"], row["external_ref"]].append(row)
            self._by["name", row["bureau"], folded(row["name"])].append(row)
            for key in keys_of(row["former_names"] or ()):
                self._by["former", row["bureau"], key].append(row)

    @classmethod
    async def of(cls, context: Context) -> _KnownSubjects:
        """Reads the register's subjects that the rows of a file may mean, all at once."""
        wanted = {
            name: {item.values[name] for item in context.items if item.values.get(name)}
            for name in ("credit_code", "external_ref", "name")
        }
        session = context.session
        rows = await fetch(session, WITH_CODE, col(Subject.credit_code), wanted["credit_code"])
        rows += await fetch(session, SUBJECTS, col(Subject.external_ref), wanted["external_ref"])
        rows += await subjects_named(context, wanted["name"])
        return cls(context, rows)

    def match(self, item: Item) -> RegisterRow | None:
        """Returns the register's subject that a row means; None if it is new or ambiguous.

        If it is ambiguous or contradicts the register, adds a fault for the row.
        """
        values = item.values
        bureau, code, ref = (values.get(n, "") for n in ("bureau", "credit_code", "external_ref"))
        if code and (rows := self._by.get(("code", code))):
            return rows[0]
        if ref and (rows := self._by.get(("ref", bureau, ref))):
            return self._same(item, rows, "external_ref", code)
        rows = self._by.get(("name", bureau, folded(values["name"])), [])
        if code:
            return self._completed(item, [row for row in rows if _may_be(row, ref)])
        if ref:
            return None
        if not rows:
            rows = self._by.get(("former", bureau, folded(values["name"])), [])
        near = [row for row in rows if _may_be_at(row, values)]
        return self._same(item, near, "name", code) if near else None

    def _completed(self, item: Item, rows: list[RegisterRow]) -> RegisterRow | None:
        """The one subject of the same name and bureau without a code, which the row gives it."""
        if len(rows) != 1 or rows[0]["in_review"]:
            return None
        name, code = rows[0]["name"], item.values["credit_code"]
        zh = f"登记的同名主体“{name}”没有代码，按同一主体补充代码；不是同一主体的，请先改名"
        en = (
            f"{name} is on file without a code, which this row gives it; rename it if it is another"
        )
        column = self._context.file.column("credit_code")
        self._context.notes.warn(item.row, "CODE_ADDED", zh, en, column=column, value=code)
        return rows[0]

    def _same(
        self, item: Item, rows: list[RegisterRow], name: str, code: str
    ) -> RegisterRow | None:
        """The one subject that bears a number or name, unless a code says that it is another."""
        if len(rows) > 1:
            zh, en = "有多个主体与之相符", "several subjects match"
            self._context.fault(item.row, name, item.values[name], "AMBIGUOUS_SUBJECT", zh, en)
            return None
        if code and rows[0]["credit_code"]:
            zh = f"该编号属于另一主体（{rows[0]['credit_code']}）"
            en = f"this number belongs to another subject ({rows[0]['credit_code']})"
            self._context.fault(item.row, name, item.values[name], "CONFLICT", zh, en)
            return None
        return rows[0]


def _may_be_at(row: RegisterRow, values: Mapping[str, Any]) -> bool:
    return may_be_one_address(values.get("address") or "", row["address"])


def _may_be(row: RegisterRow, ref: str) -> bool:
    """Whether a subject has no code yet, and no number that differs from a given one."""
    return not row["credit_code"] and ref in {"", row["external_ref"] or ref}
