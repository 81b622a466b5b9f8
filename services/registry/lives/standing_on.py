"""What was filed or changed since two subjects were joined, so that it can no longer be undone."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from services.registry.identity.tables import Account
from services.registry.lives.tables import SubjectAct
from services.registry.orders.tables import Order
from services.registry.sameness.subject_joining import BELONGINGS, ids_of
from services.registry.tables import Contest, Instrument, Permit, Record, Subject

_NAMED = 5  # things that a refusal names of each kind
Words = tuple[str, str]
_KINDS: dict[str, Words] = {
    "instruments": ("器具", "instruments"),
    "records": ("信用记录", "records"),
    "accounts": ("账号", "accounts"),
    "orders": ("检定申请", "orders"),
    "permits": ("行政许可", "permits"),
}


async def what_stands_on(
    change: Change, joining: SubjectAct, kept: Subject, joined: Subject
) -> list[Words]:
    """Returns in Chinese and English what stands on a joining; empty if it can be undone."""
    if kept.removed:
        return [("保留的主体此后又并入了其他主体", "the subject was joined to another one since")]
    found: list[Words] = []
    if kept.version != joining.kept["version"]:
        found.append(("保留的主体的登记内容有变更", "the content of the subject was changed"))
    for name in BELONGINGS:
        found += await _since(change, joining, kept, name)
    found += await _cases(change, joining)
    return found + await _holders(change, kept, joined)


async def _since(change: Change, joining: SubjectAct, kept: Subject, name: str) -> list[Words]:
    """Things of one kind that the subject got since, and that went from it since."""
    now = set(await ids_of(change, name, kept.subject_id))
    moved = set(joining.kept.get(name, ()))  # joinings of earlier releases know no permits
    zh, en = _KINDS[name]
    found = []
    if new := sorted(now - moved - set(joining.kept["own"].get(name, ()))):
        named = "、".join([await _name(change, name, one) for one in new[:_NAMED]])
        found.append((f"此后登记的{zh}：{named}", f"{en} since: {named}"))
    if gone := sorted(moved - now):
        named = "、".join([await _name(change, name, one) for one in gone[:_NAMED]])
        found.append((f"此后转出或合并的{zh}：{named}", f"{en} that went: {named}"))
    return found


async def _name(change: Change, name: str, one: str) -> str:
    row = await change.session.get(BELONGINGS[name], one)
    if isinstance(row, Instrument):
        return row.serial_no
    if isinstance(row, Record):
        return row.source_ref
    if isinstance(row, Permit):
        return row.document_no
    if isinstance(row, Account):
        return row.display_name or row.name
    return row.order_id[:8] if isinstance(row, Order) else one


async def _cases(change: Change, joining: SubjectAct) -> list[Words]:
    """Open cases about records that came along: they are decided first."""
    contests = select(Contest.case_id).where(col(Contest.record_id).in_(joining.kept["records"]))
    cases = sorted(set((await change.session.exec(contests)).all()))
    if not cases:
        return []
    named = "、".join(cases[:_NAMED])
    return [(f"未办结的案件：{named}", f"open cases: {named}")]


async def _holders(change: Change, kept: Subject, joined: Subject) -> list[Words]:
    """Whoever has got the credit code of the subject that was joined."""
    if not joined.credit_code:
        return []
    holders = select(Subject).where(
        Subject.credit_code == joined.credit_code, sa.not_(col(Subject.removed))
    )
    row = (await change.session.exec(holders)).first()
    if row is None or row.subject_id == kept.subject_id:
        return []
    zh = f"代码 {joined.credit_code} 已由“{row.name}”登记"
    return [(zh, f"{row.name} has the code {joined.credit_code}")]
