"""Finding what a command is to act upon, locked, in scope, and as it was last read."""

from __future__ import annotations

from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.reader.strict_reader import refuse
from plumbing.change import Change
from services.registry.tables import Bureau, Instrument, Record, Subject


async def require_bureau_exists(change: Change, code: str, field: str) -> None:
    """Refuses a bureau the register does not know."""
    row = await change.session.get(Bureau, code)
    if row is None or row.removed:
        zh, en = "没有该市场监管机关", "there is no such bureau"
        raise InvalidInput(faults=[Fault(field, zh, en)])


async def find_subject(change: Change, subject_id: str) -> Subject:
    """The subject, locked. Raises NotFound, or NotPermitted outside the caller's scope."""
    row = await change.session.get(Subject, subject_id, with_for_update=True)
    if row is None or row.removed:
        raise NotFound("没有该信用主体", "There is no such subject", subject_id=subject_id)
    change.caller.require_subject(row.subject_id, row.bureau)
    return row


async def find_instrument(change: Change, instrument_id: str) -> Instrument:
    """The instrument, locked. Raises NotFound, or NotPermitted outside the caller's scope."""
    row = await change.session.get(Instrument, instrument_id, with_for_update=True)
    if row is None or row.removed:
        raise NotFound("没有该计量器具", "There is no such instrument", instrument_id=instrument_id)
    change.caller.require_subject(row.subject_id, row.bureau)
    return row


async def find_record(change: Change, record_id: str) -> Record:
    """The credit record, locked. Raises NotFound, or NotPermitted outside the caller's scope."""
    row = await change.session.get(Record, record_id, with_for_update=True)
    if row is None or row.removed:
        raise NotFound("没有该信用记录", "There is no such record", record_id=record_id)
    await find_subject(change, row.subject_id)
    return row


def require_version(held: int, given: int) -> None:
    """Refuses a change of something that has changed since it was read."""
    if held != given:
        raise WrongState(
            "已被他人修改，请重新读取后再改",
            "It was changed since you read it; read it again",
            version=str(held),
        )


def refuse_any(faults: list[Fault]) -> None:
    """Refuses the request when it has any fault."""
    refuse(faults, "输入不符合要求", "The input is not valid.")
