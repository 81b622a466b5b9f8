"""Finds who may approve a held batch: the unit heads of a bureau that covers all of its rows."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.identity import Role, scope_prefix
from protos.registry.v1 import registry_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.imports import wire
from services.registry.imports.plan.plan import Kind, Plan, every_row, fetch
from services.registry.tables import Bureau, ImportBatch, Instrument, Subject, Verification

AWAITING = "awaiting_approval"


async def approving_bureau(session: AsyncSession, plan: Plan, bureau: str) -> str:
    """Returns the bureau whose unit head may approve a plan of a batch that was sent for `bureau`.

    It is `bureau` itself. For a batch for the whole platform, which has no unit head, it is the
    narrowest bureau that covers every planned change; an empty string if there is none.
    """
    if scope_prefix(bureau):
        return bureau
    touched = await touched_bureaus(session, plan)
    known = await session.exec(select(Bureau.code).where(sa.not_(col(Bureau.removed))))
    covering = [code for code in known if _covers(code, touched)]
    return max(sorted(covering), key=lambda code: len(scope_prefix(code)), default="")


async def touched_bureaus(session: AsyncSession, plan: Plan) -> set[str]:
    """Returns the bureaus of all rows a plan creates or changes, before and after the change."""
    values = [one.values for made in plan.things.values() for one in made]
    bureaus = {value["bureau"] for value in values if "bureau" in value}
    altered = {one.thing_id for one in plan.things[Kind.VERIFICATION] if not one.new}
    verifications = await fetch(
        session, every_row(Verification), col(Verification.verification_id), altered
    )
    instruments = {one.thing_id for one in plan.things[Kind.INSTRUMENT] if not one.new}
    instruments |= {
        value["instrument_id"] for value in (*values, *verifications) if "instrument_id" in value
    }
    subjects = {one.thing_id for one in plan.things[Kind.SUBJECT] if not one.new}
    subjects |= {value["subject_id"] for value in values if "subject_id" in value}
    for model, column, ids in (
        (Instrument, Instrument.instrument_id, instruments),
        (Subject, Subject.subject_id, subjects),
    ):
        rows = await fetch(session, every_row(model), col(column), ids)
        bureaus |= {row["bureau"] for row in rows}
    return bureaus


def _covers(code: str, touched: Iterable[str]) -> bool:
    prefix = scope_prefix(code)
    return bool(prefix) and all(bureau.startswith(prefix) for bureau in touched)


async def describe(session: AsyncSession, batch: ImportBatch) -> pb.Batch:
    """Converts a batch to a message; if it is or would be held, lists who may approve it."""
    message = wire.batch(batch)
    if (batch.state == AWAITING or message.would_be_held) and scope_prefix(batch.bureau):
        message.approving_bureau = batch.bureau
        message.approvers.extend(await _approvers(session, batch))
    return message


async def _approvers(session: AsyncSession, batch: ImportBatch) -> list[str]:
    accounts = await session.exec(select(Account).where(sa.not_(col(Account.closed))))
    return sorted(
        account.display_name
        for account in accounts
        if Role.UNIT_HEAD in account.roles
        and account.account_id != batch.imported_by
        and _covers(account.bureau, [batch.bureau])
    )
