"""Planning files of verifications; where asked, what they tell of is filed along with them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col

from law.colours.rule import InstrumentState, VerificationResult
from services.registry.imports.plan.instruments_and_records import Fleet, Repeats, Serial, serial_of
from services.registry.imports.plan.owners import Owners, plan_filed, warn_near_spellings
from services.registry.imports.plan.plan import (
    ROWS_AT_A_STRETCH,
    Context,
    Held,
    Keys,
    Kind,
    Plan,
    fetch,
    fetch_pairs,
    standing,
)
from services.registry.imports.rows.reader import Item
from services.registry.tables import ImportBatch, ImportedThing, Subject, Verification

VERIFICATIONS = standing(Verification)
CERTIFIED = VERIFICATIONS.where(sa.text("certificate_no <> ''"))
STATED = (
    sa.select(col(ImportedThing.thing_id))
    .join(ImportBatch, col(ImportBatch.batch_id) == ImportedThing.batch_id)
    .where(col(ImportedThing.stated), col(ImportBatch.state) == "applied")
)
OF_THE_INSTRUMENT = frozenset({"owner", "sector", "type_code", "serial_no", "model"})


async def plan_verifications(context: Context) -> Plan:
    """Verifications: by instrument and certificate, else by instrument, day and result."""
    plan = Plan()
    names: dict[str, int] = {}
    for item in context.items:
        names.setdefault(item.values.get("owner", ""), item.row)
    owners = await Owners.named(context, plan, {*names, *context.all_named("owner")})
    fleet = await Fleet.named(context)
    finder = _Instruments(context, owners, fleet)
    found = [(item, held) async for item in context.each() if (held := finder.find(item))]
    if not context.header.file_missing:
        for item in context.bad_with("type_code", "serial_no"):
            finder.find(item)
    await _plan_each(context, plan, found)
    plan.drop(context.notes.bad_rows)  # a row may turn out bad only by a later one
    _tell_repeats(context, plan, fleet, found)
    _file_along(plan, owners, finder)
    await _bring_into_use(context, plan, finder)
    if context.header.file_missing:
        real = {name: row for name, row in names.items() if not owners.placeholder(name)}
        warn_near_spellings(context, real, await _names_held(context))
    return plan


class _Instruments:
    """Finds the instrument a row tells of, or plans to file it."""

    def __init__(self, context: Context, owners: Owners, fleet: Fleet) -> None:
        self._context, self._owners, self._fleet = context, owners, fleet
        self.filed: dict[tuple[str, Serial], dict[str, Any]] = {}
        self.held: dict[str, Held] = {}

    def find(self, item: Item) -> Held | None:
        """The instrument; None, and a fault noted, where there is none."""
        found = self._file(item) if self._context.header.file_missing else self._known(item)
        if found is not None:
            self.held[found["instrument_id"]] = found
        return found

    def _known(self, item: Item) -> Held | None:
        serial, name = serial_of(item.values), item.values.get("owner", "")
        if name:
            owner = self._owners.find(item.row, name)
            if owner is None:
                return None
            candidates = self._fleet.owned(serial, owner["subject_id"])
        else:
            candidates = self._fleet.near(self._context, serial)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            zh, en = (
                "有多件器具与之相符，请填写使用单位",
                "several instruments match; name the owner",
            )
            self._fault(item, "AMBIGUOUS_INSTRUMENT", zh, en)
        else:
            zh, en = "没有登记该计量器具", "there is no such instrument in the register"
            self._fault(item, "UNKNOWN_INSTRUMENT", zh, en)
        return None

    def _file(self, item: Item) -> Held | None:
        said, serial = item.values, serial_of(item.values)
        owner = self._owners.find_or_file(item.row, said.get("owner", ""), said.get("sector"))
        if owner is None:
            return None
        held = self._fleet.owned(serial, owner["subject_id"])
        if held:
            return held[0]
        return self.filed.setdefault(
            (owner["subject_id"], serial),
            {
                "instrument_id": uuid4().hex,
                "subject_id": owner["subject_id"],
                "bureau": owner["bureau"],
                "in_review": owner["in_review"],
                "type_code": serial[0],
                "serial_no": serial[1],
                "model": said.get("model", ""),
                "state": InstrumentState.SPARE,
                "spell": 0,
            },
        )

    def _fault(self, item: Item, reason: str, zh: str, en: str) -> None:
        self._context.fault(item.row, "serial_no", item.values["serial_no"], reason, zh, en)


async def _plan_each(context: Context, plan: Plan, found: list[tuple[Item, Held]]) -> None:
    keys, known = Keys(context, plan), await _Known.of(context, found)
    dated = context.read.binding is not None and "valid_until" in context.read.binding.columns
    for number, (item, instrument) in enumerate(found):
        if number % ROWS_AT_A_STRETCH == 0:
            await asyncio.sleep(0)
        said = {n: v for n, v in item.values.items() if n not in OF_THE_INSTRUMENT}
        if dated:
            said.setdefault("valid_until", None)
        instrument_id = instrument["instrument_id"]
        if not known.is_its_own(item, said, instrument_id):
            continue
        if not keys.first((instrument_id, *_key(said)), item.row, said):
            continue
        held = known.match(said, instrument_id)
        if held is None:
            values = said | {"instrument_id": instrument_id}
            plan.make(Kind.VERIFICATION, item.row, values)
        else:
            plan.alter(Kind.VERIFICATION, item.row, held["verification_id"], said, held)


def _key(said: Mapping[str, Any]) -> tuple[Any, ...]:
    if number := said.get("certificate_no"):
        return said["institution"], number
    return said["verified_on"], said["result"]


class _Known:
    """Verifications of the register that a file may tell of again."""

    def __init__(self, context: Context, certified: list[Held], others: list[Held]) -> None:
        self._context = context
        self._certified = {(one["institution"], one["certificate_no"]): one for one in certified}
        self._others = {(one["instrument_id"], *_day_and_result(one)): one for one in others}
        self._bearers: dict[tuple[str, str], str] = {
            certificate: one["instrument_id"] for certificate, one in self._certified.items()
        }

    @classmethod
    async def of(cls, context: Context, found: list[tuple[Item, Held]]) -> _Known:
        certificates = {_key(i.values) for i, _ in found if i.values.get("certificate_no")}
        without = {h["instrument_id"] for i, h in found if not i.values.get("certificate_no")}
        pair = (col(Verification.institution), col(Verification.certificate_no))
        session = context.session
        return cls(
            context,
            await fetch_pairs(session, CERTIFIED, pair, certificates),
            await fetch(session, VERIFICATIONS, col(Verification.instrument_id), without),
        )

    def is_its_own(self, item: Item, said: Mapping[str, Any], instrument_id: str) -> bool:
        """Whether a certificate is that of no other instrument, in the register or in the file."""
        number = said.get("certificate_no")
        if not number:
            return True
        if self._bearers.setdefault((said["institution"], number), instrument_id) == instrument_id:
            return True
        zh = "该机构的这一证书编号属于另一件器具"
        en = "this institution's certificate number belongs to another instrument"
        self._context.fault(item.row, "certificate_no", number, "CERTIFICATE_OF_ANOTHER", zh, en)
        return False

    def match(self, said: Mapping[str, Any], instrument_id: str) -> Held | None:
        """The verification that a row tells of again."""
        if number := said.get("certificate_no"):
            return self._certified.get((said["institution"], number))
        return self._others.get((instrument_id, *_day_and_result(said)))


def _day_and_result(said: Mapping[str, Any]) -> tuple[Any, ...]:
    return said["verified_on"], said["result"]


def _tell_repeats(
    context: Context, plan: Plan, fleet: Fleet, found: list[tuple[Item, Held]]
) -> None:
    repeats = Repeats(context, plan, fleet)
    for item, instrument in found:
        repeats.bears(serial_of(item.values), instrument["instrument_id"], item.row)
    repeats.settle(several_rows_count=context.header.file_missing)


def _file_along(plan: Plan, owners: Owners, finder: _Instruments) -> None:
    told: dict[str, int] = {}
    for one in plan.things[Kind.VERIFICATION]:
        if one.new:
            told.setdefault(one.values["instrument_id"], one.row)
    wanted: dict[str, int] = {}
    for filed in finder.filed.values():
        row = told.get(filed["instrument_id"])
        if row is not None:
            without = ("instrument_id", "state", "spell")
            values = {name: value for name, value in filed.items() if name not in without}
            plan.make(Kind.INSTRUMENT, row, values, filed["instrument_id"])
            wanted.setdefault(filed["subject_id"], row)
    plan_filed(owners, plan, wanted)


async def _bring_into_use(context: Context, plan: Plan, finder: _Instruments) -> None:
    """The first pass of an instrument never used puts it into use (C-19), unless a file said else.

    The state an instruments file gave stands: the verifications that follow it are history.
    """
    passed: dict[str, int] = defaultdict(int)
    for one in plan.things[Kind.VERIFICATION]:
        if one.new and one.values["result"] is VerificationResult.PASS:
            passed.setdefault(one.values["instrument_id"], one.row)
    new = {one.thing_id: one for one in plan.things[Kind.INSTRUMENT]}
    waiting = {
        instrument_id: row
        for instrument_id, row in passed.items()
        if finder.held[instrument_id]["state"] == InstrumentState.SPARE
        and not finder.held[instrument_id]["spell"]
    }
    known = [instrument_id for instrument_id in waiting if instrument_id not in new]
    stated = await fetch(context.session, STATED, col(ImportedThing.thing_id), known)
    for instrument_id in {one["thing_id"] for one in stated}:
        del waiting[instrument_id]
    for instrument_id, row in waiting.items():
        in_use = {"state": InstrumentState.IN_USE}
        if instrument_id in new:
            new[instrument_id].values |= in_use
        else:
            plan.alter(Kind.INSTRUMENT, row, instrument_id, in_use, finder.held[instrument_id])


async def _names_held(context: Context) -> list[str]:
    connection = await context.session.connection()
    wanted = sa.select(col(Subject.name)).where(
        col(Subject.bureau) == context.header.bureau,
        sa.not_(col(Subject.removed)),
        sa.not_(col(Subject.in_review)),
    )
    return list((await connection.execute(wanted)).scalars())
