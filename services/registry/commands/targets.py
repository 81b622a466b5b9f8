"""Finds the rows that a command changes, locks them, and checks the caller's scope and version."""

from __future__ import annotations

from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.reader.strict_reader import refuse
from plumbing.change import Change
from services.registry import lookup
from services.registry.tables import Bureau, Instrument, Record, Subject


async def require_bureau_exists(change: Change, code: str, field: str) -> None:
    """Raises InvalidInput, naming `field`, unless the register has a bureau with this code."""
    row = await change.session.get(Bureau, code)
    if row is None or row.removed:
        zh, en = "没有该市场监管机关", "there is no such bureau"
        raise InvalidInput(faults=[Fault(field, zh, en)])


async def find_subject(change: Change, subject_id: str) -> Subject:
    """Returns the subject with this id, beginning of an id or credit code, and locks its row.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await lookup.subject(change, subject_id, lock=True)
    if row is None:
        raise NotFound("没有该信用主体", "There is no such subject", subject_id=subject_id)
    change.caller.require_subject(row.subject_id, row.bureau)
    return row


async def find_instrument(change: Change, instrument_id: str) -> Instrument:
    """Returns the instrument with this id or beginning of an id, and locks its row.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await lookup.instrument(change, instrument_id, lock=True)
    if row is None:
        raise NotFound("没有该计量器具", "There is no such instrument", instrument_id=instrument_id)
    change.caller.require_subject(row.subject_id, row.bureau)
    return row


async def find_record(change: Change, record_id: str) -> Record:
    """Returns the credit record with this id or beginning of an id, and locks its row.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await lookup.record(change, record_id, lock=True)
    if row is None:
        raise NotFound("没有该信用记录", "There is no such record", record_id=record_id)
    await find_subject(change, row.subject_id)
    return row


def require_version(present: int, given: int) -> None:
    """Raises WrongState if the present version of a row is not the one that the caller has read."""
    if present != given:
        raise WrongState(
            "已被他人修改，请重新读取后再改",
            "It was changed since you read it; read it again",
            version=str(present),
        )


def refuse_any(faults: list[Fault]) -> None:
    """Raises InvalidInput with these faults; does nothing if the list is empty."""
    refuse(faults, "输入不符合要求", "The input is not valid.")
