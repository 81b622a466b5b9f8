"""Plans the import of files of verifications.

On request, owners and instruments that are missing in the register are created too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.colours.rule import VerificationResult
from law.identity import folded
from law.identity.verifications import (
    Certificate,
    certificate_of,
    of_its_day,
    verification_key,
)
from law.instruments import end_of_cycle, exceeds_cycle
from services.registry.calibrations.tables import Dcc
from services.registry.imports.plan.alike import let_the_severe_stand, note_alike_instruments
from services.registry.imports.plan.dccs import NamedDccs
from services.registry.imports.plan.instrument_details import DETAILS, InstrumentDetails
from services.registry.imports.plan.instrument_finder import (
    CERTIFIED,
    VERIFICATIONS,
    InstrumentFinder,
)
from services.registry.imports.plan.instruments_and_records import (
    OF_THE_OWNER,
    KnownInstruments,
    RepeatedSerials,
    note_unknown_types,
    note_writing,
)
from services.registry.imports.plan.owners import Owners, plan_new_owners, warn_near_spellings
from services.registry.imports.plan.plan import (
    ROWS_AT_A_STRETCH,
    Context,
    Keys,
    Kind,
    Plan,
    RegisterRow,
    fetch,
)
from services.registry.imports.plan.put_into_use import (
    Owned,
    first_passes,
    put_into_use,
    put_rejected_into_use,
)
from services.registry.imports.rows.reader import Item
from services.registry.institutions import punctuality, reporting
from services.registry.institutions.reporting import NOT_OWN_EN, NOT_OWN_ZH, Reporter
from services.registry.tables import Subject, Verification

OF_THE_INSTRUMENT = frozenset(
    {"sector", "type_code", "serial_no", "model", "dcc", *DETAILS, *OF_THE_OWNER}
)


async def plan_verifications(context: Context) -> Plan:
    """Plans the import of a file of verifications.

    A verification of an instrument is known by its `verification_key`.
    """
    plan = Plan()
    note_unknown_types(context)
    first_rows: dict[str, int] = {}
    for item in context.items:
        first_rows.setdefault(item.values.get("owner", ""), item.row)
    owners = await Owners.of(context, plan, {*first_rows, *context.all_named("owner")})
    known = await KnownInstruments.of(context)
    finder = await InstrumentFinder.of(context, owners, known)
    owned = await _owned(context, finder)
    if not context.header.file_missing:
        for item in context.bad_with("type_code", "serial_no"):
            finder.find(item)
    await _plan_each(context, plan, owned)
    plan.drop(context.notes.bad_rows)  # a row may turn out bad only by a later one
    _note_repeated_serials(context, plan, known, owned)
    details = InstrumentDetails(context, finder)
    for item, instrument in owned:
        if item.row not in context.notes.bad_rows:
            details.add(item, instrument)
    _plan_new_instruments(plan, owners, finder)
    details.plan(plan)
    note_alike_instruments(context, plan, known.by_serial)
    await let_the_severe_stand(context, plan)
    passed = first_passes(plan, owned)
    await put_into_use(context, plan, passed, finder.found)
    put_rejected_into_use(context, plan, passed)
    if context.header.file_missing:
        named = {name: row for name, row in first_rows.items() if not owners.is_placeholder(name)}
        warn_near_spellings(context, named, await _names_on_file(context))
    return plan


async def _owned(context: Context, finder: InstrumentFinder) -> Owned:
    """The rows with their instruments; rows that name a model come first to be found or filed.

    So the instrument of a row without a model does not depend on the order of the rows.
    """
    items = [item async for item in context.each()]
    items.sort(key=lambda item: not item.values.get("model"))
    owned = [(item, found) for item in items if (found := finder.find(item))]
    return sorted(owned, key=lambda pair: pair[0].row)


async def _plan_each(context: Context, plan: Plan, owned: Owned) -> None:
    keys, known = Keys(context, plan), await _KnownVerifications.of(context, owned)
    dccs = await NamedDccs.of(context, (item for item, _ in owned))
    numbers = {item.values.get("certificate_no", "") for item, _ in owned}
    issuer = await reporting.reporter(context.session, context.caller, numbers)
    own = {"institution": issuer.name} if issuer else {}  # in its own writing it finds it again
    since = await _on_file_since(context, issuer, owned)
    binding = context.file.binding
    dated = binding is not None and "valid_until" in binding.columns
    within: set[tuple[Any, ...]] = set()
    for number, (item, instrument) in enumerate(owned):
        if number % ROWS_AT_A_STRETCH == 0:
            await asyncio.sleep(0)
        values = {n: v for n, v in item.values.items() if n not in OF_THE_INSTRUMENT}
        if dated:
            values.setdefault("valid_until", None)
        instrument_id = instrument["instrument_id"]
        if not known.has_own_certificate(item, values, instrument_id):
            continue
        key = (instrument_id, *verification_key(values))
        if not keys.first(key, item.row, values):
            continue
        present = known.match(values, instrument_id)
        if issuer and not _may_report(issuer, context, item, instrument, present):
            continue
        dcc = dccs.certificate_of(item, instrument, present)
        if present is None:
            new = {**values, **own, "instrument_id": instrument_id}
            new |= _reported(context, item, new, since)
            new |= _with_file(dcc, context.sent_on)
            plan.make(Kind.VERIFICATION, item.row, new, dcc_id=dcc.dcc_id if dcc else "")
        else:
            values = {**values, **_writing_on_file(context, item, present), **own}
            values |= _reported_at_last(context, item, values, present, since)
            values |= _file_added(dcc, present, context.sent_on)
            plan.alter(Kind.VERIFICATION, item.row, present["verification_id"], values, present)
            plan.certify(item.row, present, dcc)
        _note_cycle(context, plan, item, values, within)


async def _on_file_since(
    context: Context, issuer: Reporter | None, owned: Owned
) -> Mapping[str, date]:
    """The institutions of the rows whose term to upload runs, each with its first day."""
    if issuer is not None:
        return {issuer.name: date.min}  # of what it sends itself the term always runs
    if context.header.baseline:
        return {}
    return await punctuality.on_file(context.session, {i.values["institution"] for i, _ in owned})


def _reported(
    context: Context, item: Item, new: Mapping[str, Any], since: Mapping[str, date]
) -> Mapping[str, date]:
    """The columns of a new result that tell whether it is in time; warns if it is late.

    `since` are the institutions with a term, each with its first day.
    """
    first = since.get(new["institution"])
    result, day = new["result"], new["verified_on"]
    columns = punctuality.reported(first, result, day, context.sent_on)
    if (found := punctuality.late(columns)) is not None:
        zh = f"最迟应于 {found.report_by} 上传，已逾期 {found.days_late} 天（{found.cite}）"
        en = f"was to be uploaded by {found.report_by}, {found.days_late} days ago ({found.cite})"
        column = context.file.column("verified_on")
        context.notes.warn(item.row, "REPORTED_LATE", zh, en, column=column, value=str(day))
    return columns


def _reported_at_last(
    context: Context,
    item: Item,
    values: Mapping[str, Any],
    present: RegisterRow,
    since: Mapping[str, date],
) -> Mapping[str, date]:
    """The same columns of a verification on file whose result was pending, and comes now."""
    if present["result"] is not VerificationResult.PENDING:
        return {}
    return _reported(context, item, {**present, **values}, since)


def _with_file(dcc: Dcc | None, sent_on: date) -> dict[str, Any]:
    return {"certificate_sha256": dcc.sha256, "certificate_on": sent_on} if dcc else {}


def _file_added(dcc: Dcc | None, present: RegisterRow, sent_on: date) -> dict[str, Any]:
    """The same of a result on file of which only the SHA-256 is known: it gets the file now."""
    return _with_file(dcc, sent_on) if present["certificate_on"] is None else {}


def _writing_on_file(context: Context, item: Item, present: RegisterRow) -> dict[str, Any]:
    """The certificate as it is written on file, if the row only writes it otherwise."""
    if certificate_of(item.values) != certificate_of(present) or not certificate_of(present):
        return {}
    note_writing(context, item, "certificate_no", present)
    return {name: present[name] for name in ("institution", "certificate_no")}


def _note_cycle(
    context: Context,
    plan: Plan,
    item: Item,
    values: Mapping[str, Any],
    within: set[tuple[Any, ...]],
) -> None:
    """Warns of a new or changed row that is valid for longer than its cycle; it is confirmed.

    `within` are the types and days of rows that are not, to which it adds.
    """
    code, day, until = item.values["type_code"], values["verified_on"], values.get("valid_until")
    if (code, day, until) in within or item.row in plan.unchanged:
        return
    if not exceeds_cycle(code, day, until):
        within.add((code, day, until))
        return
    plan.beyond_cycle.add(item.row)
    end, column = end_of_cycle(code, day), context.file.column("valid_until")
    zh = f"有效期超过检定周期（最迟 {end}），须经单位负责人确认"
    en = f"valid beyond the cycle of its type, which ends on {end}; a unit head confirms it"
    context.notes.warn(item.row, "BEYOND_CYCLE", zh, en, column=column, value=str(until))


def _may_report(
    issuer: Reporter,
    context: Context,
    item: Item,
    instrument: RegisterRow,
    present: RegisterRow | None,
) -> bool:
    """Whether an institution may report a row; adds each fault to the row if not."""
    name, number = item.values["institution"], item.values.get("certificate_no", "")
    written = {name} | ({present["institution"]} if present else set())
    if {*map(folded, written)} != {folded(issuer.name)}:
        zh, en = NOT_OWN_ZH.format(name=issuer.name), NOT_OWN_EN.format(name=issuer.name)
        context.fault(item.row, "institution", name, "NOT_OWN_INSTITUTION", zh, en)
        return False
    laboratory = item.values.get("laboratory", "")
    found = issuer.faults(instrument["type_code"], item.values["verified_on"], number, laboratory)
    for reason, fault in found:
        value = str(item.values[fault.field])
        context.fault(item.row, fault.field, value, reason, fault.message_zh, fault.message_en)
    return not found


class _KnownVerifications:
    """The register's verifications that a file may be about."""

    def __init__(
        self, context: Context, certified: list[RegisterRow], others: list[RegisterRow]
    ) -> None:
        self._context = context
        self._certified = {verification_key(row): row for row in certified}
        self._others = {(row["instrument_id"], *of_its_day(row)): row for row in others}
        self._instrument_of: dict[Certificate, str] = {
            found: row["instrument_id"] for row in certified if (found := certificate_of(row))
        }

    @classmethod
    async def of(cls, context: Context, owned: Owned) -> _KnownVerifications:
        """Reads the register's verifications that the rows of a file may be about, all at once."""
        own = [(certificate_of(item.values), row["instrument_id"]) for item, row in owned]
        numbers = {certificate[1] for certificate, _ in own if certificate}
        without = {instrument_id for certificate, instrument_id in own if not certificate}
        session = context.session
        return cls(
            context,
            await fetch(session, CERTIFIED, col(Verification.certificate_key), numbers),
            await fetch(session, VERIFICATIONS, col(Verification.instrument_id), without),
        )

    def has_own_certificate(
        self, item: Item, values: Mapping[str, Any], instrument_id: str
    ) -> bool:
        """Returns whether the row's certificate belongs to no other instrument.

        If it belongs to another instrument, in the register or in the file, adds a fault of the
        row.
        """
        certificate = certificate_of(values)
        if not certificate:
            return True
        if self._instrument_of.setdefault(certificate, instrument_id) == instrument_id:
            return True
        zh = "该机构的这一证书编号属于另一件器具"
        en = "this institution's certificate number belongs to another instrument"
        number = values["certificate_no"]
        self._context.fault(item.row, "certificate_no", number, "CERTIFICATE_OF_ANOTHER", zh, en)
        return False

    def match(self, values: Mapping[str, Any], instrument_id: str) -> RegisterRow | None:
        """Returns the registered verification that a row describes; None if there is none yet."""
        if certificate_of(values):
            return self._certified.get(verification_key(values))
        return self._others.get((instrument_id, *of_its_day(values)))


def _note_repeated_serials(
    context: Context, plan: Plan, known: KnownInstruments, owned: Owned
) -> None:
    repeats = RepeatedSerials(context, plan, known)
    for item, instrument in owned:
        repeats.add(item, instrument["instrument_id"])
    repeats.note(several_rows_count=context.header.file_missing)


def _plan_new_instruments(plan: Plan, owners: Owners, finder: InstrumentFinder) -> None:
    """Plans the new instruments that a planned verification is about, and their new owners."""
    first_rows: dict[str, int] = {}
    for planned in plan.things[Kind.VERIFICATION]:
        if planned.new:
            first_rows.setdefault(planned.values["instrument_id"], planned.row)
    rows_of_owners: dict[str, int] = {}
    for instrument in finder.filed():
        row = first_rows.get(instrument["instrument_id"])
        if row is not None:
            without = ("instrument_id", "state", "spell")
            values = {name: value for name, value in instrument.items() if name not in without}
            plan.make(Kind.INSTRUMENT, row, values, instrument["instrument_id"])
            rows_of_owners.setdefault(instrument["subject_id"], row)
    plan_new_owners(owners, plan, rows_of_owners)


async def _names_on_file(context: Context) -> list[str]:
    connection = await context.session.connection()
    names = sa.select(col(Subject.name)).where(
        col(Subject.bureau) == context.header.bureau,
        sa.not_(col(Subject.removed)),
        sa.not_(col(Subject.in_review)),
    )
    return list((await connection.execute(names)).scalars())
