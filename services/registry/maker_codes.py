"""Which instrument has a maker's code: no two of them may, wherever they are."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import AlreadyExists, Fault
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from services.registry.tables import FORMER_MAKER_CODE, MAKER_CODE, Instrument

FIELD = "instrument.maker_code"
TAKEN_ZH, TAKEN_EN = "此码已登记在另一件器具上", "another instrument has this code"
_GIVING = "codes of makers"  # work that only one transaction at a time does


async def with_code(session: AsyncSession, code: str) -> Instrument | None:
    """Returns the instrument with a maker's code; one that was joined to another counts last."""
    holders = select(Instrument).where(Instrument.maker_code == code, sa.text(MAKER_CODE))
    if found := (await session.exec(holders)).first():
        return found
    former = select(Instrument).where(Instrument.maker_code == code, sa.text(FORMER_MAKER_CODE))
    return (await session.exec(former)).first()


async def require_free(change: Change, code: str, own_id: str = "") -> None:
    """Raises AlreadyExists if another instrument than one's own has a maker's code.

    It is named only to whoever may see it.
    """
    if code and (words := await taken(change, code, own_id)):
        raise AlreadyExists(*words, faults=[Fault(FIELD, *words)])


async def taken(change: Change, code: str, own_id: str = "") -> tuple[str, str] | None:
    """Returns what is said if another instrument than one's own has a maker's code, else None."""
    # Of two that are filed at once, the later one must see the earlier.
    await exclusively(change.session, _GIVING)
    found = await with_code(change.session, code)
    if found is None or found.removed or found.instrument_id == own_id:
        return None
    zh, en = TAKEN_ZH, TAKEN_EN
    if change.caller.sees(found.subject_id, found.bureau):
        zh += f"（编号 {found.serial_no}，{found.instrument_id[:8]}）"
        en += f" ({found.serial_no}, {found.instrument_id[:8]})"
    return zh, en
