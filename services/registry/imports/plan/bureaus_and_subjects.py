"""Planning files of bureaus and subjects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from services.registry.imports.plan.plan import (
    Context,
    Held,
    Keys,
    Kind,
    Plan,
    everything,
    fetch,
    standing,
)
from services.registry.imports.rows.reader import Item
from services.registry.tables import Bureau, Subject

ALL = standing(Subject)
ALL_WITH_CODE = ALL.where(sa.text("credit_code <> ''"))


async def plan_bureaus(context: Context) -> Plan:
    """Bureaus, by code."""
    plan = Plan()
    keys = Keys(context, plan)
    held = await bureaus_held(context)
    async for item in context.each():
        code = item.values["code"]
        if not keys.first((code,), item.row, item.values):
            continue
        if not context.in_scope(item.row, "code", code, code):
            continue
        if code in held:
            # A bureau is its code: one that was removed comes back to life.
            plan.alter(Kind.BUREAU, item.row, code, item.values | {"removed": False}, held[code])
        else:
            plan.make(Kind.BUREAU, item.row, item.values, code)
    return plan


async def bureaus_held(context: Context) -> dict[str, Held]:
    """Every bureau of the register, removed ones too."""
    connection = await context.session.connection()
    rows = (await connection.execute(everything(Bureau))).mappings().all()
    return {row["code"]: row for row in rows}


async def plan_subjects(context: Context) -> Plan:
    """Subjects: by credit code, else by number or by name within the bureau."""
    plan = Plan()
    keys = Keys(context, plan)
    bureaus = await bureaus_held(context)
    known = await _Known.named(context)
    for item in context.bad_with("bureau"):
        _bureau_stands(context, item, bureaus)
    async for item in context.each():
        said = item.values
        if not _bureau_stands(context, item, bureaus):
            continue
        if not keys.first(_key(said), item.row, said):
            continue
        held = known.match(item)
        if held is None:
            if item.row not in context.notes.bad_rows:
                plan.make(Kind.SUBJECT, item.row, said)
        elif context.in_scope(item.row, "name", said["name"], held["bureau"]):
            plan.alter(Kind.SUBJECT, item.row, held["subject_id"], said, held)
    return plan


def _bureau_stands(context: Context, item: Item, bureaus: Mapping[str, Held]) -> bool:
    bureau = item.values["bureau"]
    if bureau not in bureaus or bureaus[bureau]["removed"]:
        zh, en = "没有该市场监管机关", "there is no such bureau"
        context.fault(item.row, "bureau", bureau, "UNKNOWN_BUREAU", zh, en)
        return False
    return context.in_scope(item.row, "bureau", bureau, bureau)


def _key(said: Mapping[str, Any]) -> tuple[str, ...]:
    if code := said.get("credit_code"):
        return ("code", code)
    if ref := said.get("external_ref"):
        return ("ref", said["bureau"], ref)
    return ("name", said["bureau"], said["name"])


class _Known:
    """The register's subjects that a file may mean."""

    def __init__(self, context: Context, found: list[Held]) -> None:
        self._context = context
        self._by: dict[tuple[str, ...], list[Held]] = defaultdict(list)
        for held in {held["subject_id"]: held for held in found}.values():
            self._by["code", held["credit_code"]].append(held)
            self._by["ref", held["bureau"], held["external_ref"]].append(held)
            self._by["name", held["bureau"], held["name"]].append(held)

    @classmethod
    async def named(cls, context: Context) -> _Known:
        said = [item.values for item in context.items]
        wanted = {
            Subject.credit_code: (ALL_WITH_CODE, "credit_code"),
            Subject.external_ref: (ALL, "external_ref"),
            Subject.name: (ALL, "name"),
        }
        found: list[Held] = []
        for column, (query, name) in wanted.items():
            values = {values[name] for values in said if values.get(name)}
            found += await fetch(context.session, query, col(column), values)
        return cls(context, found)

    def match(self, item: Item) -> Held | None:
        """The subject a row means, None for a new one; what is doubtful is noted."""
        said = item.values
        code, ref = said.get("credit_code", ""), said.get("external_ref", "")
        if code and (held := self._by.get(("code", code))):
            return held[0]
        if ref and (held := self._by.get(("ref", said["bureau"], ref))):
            return self._same(item, held, "external_ref", code)
        if not code and not ref and (held := self._by.get(("name", said["bureau"], said["name"]))):
            return self._same(item, held, "name", code)
        return None

    def _same(self, item: Item, held: list[Held], name: str, code: str) -> Held | None:
        if len(held) > 1:
            zh, en = "有多个主体与之相符", "several subjects match"
            self._context.fault(item.row, name, item.values[name], "AMBIGUOUS_SUBJECT", zh, en)
            return None
        if code and held[0]["credit_code"]:
            zh = f"该编号属于另一主体（{held[0]['credit_code']}）"
            en = f"this number belongs to another subject ({held[0]['credit_code']})"
            self._context.fault(item.row, name, item.values[name], "CONFLICT", zh, en)
            return None
        return held[0]
