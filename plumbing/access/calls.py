"""What of a gRPC call goes into the access log, if anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import grpc

from plumbing.access import told
from plumbing.access.entry import Access, Kind
from plumbing.call_log import ServedCall
from plumbing.client import EXPORTING, PURPOSE
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role

REFUSALS = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
# Who reads what is public or their own.
_OF_THEIR_OWN = (Role.PUBLIC, Role.OPERATOR)


def entry_of(call: ServedCall, reads: str, metadata: Mapping[str, str]) -> Access | None:
    """Returns the entry about a call that has its answer; None if nothing is noted about it.

    `reads` is the kind of thing that the method shows, such as `record`; empty if it shows no data
    of persons. Noted are sign-ins, refusals, and reads by people who work with the data of others.
    """
    sign_in = told.sign_in()
    if sign_in is not None:
        return _of_sign_in(call, sign_in)
    if call.code in REFUSALS:
        return _entry(call, Kind.REFUSED)
    if call.code is not grpc.StatusCode.OK or not reads or not _is_noted(call.caller):
        return None
    kind = Kind.EXPORT if metadata.get(PURPOSE) == EXPORTING else Kind.READ
    entry = _entry(call, kind)
    entry.object, entry.rows = _object(call, reads), _rows(call.answer)
    entry.subject_id = _field(call, "subject_id")
    return entry


def _of_sign_in(call: ServedCall, tried: told.SignIn) -> Access:
    kind = Kind.SIGN_IN if tried.ended else Kind.SIGN_IN_BEGUN
    entry = _entry(call, kind if call.code is grpc.StatusCode.OK else Kind.SIGN_IN_FAILED)
    entry.name, entry.account_id = tried.name, tried.account_id
    entry.roles, entry.bureau, entry.on_behalf_of = list(tried.roles), tried.bureau, ""
    return entry


def _entry(call: ServedCall, kind: Kind) -> Access:
    caller = call.caller or Caller("", "", frozenset())
    return Access(
        at=SystemClock().now(),
        kind=kind,
        account_id=caller.account_id,
        name=caller.name,
        roles=sorted(caller.roles),
        bureau=caller.bureau,
        on_behalf_of=caller.on_behalf_of,
        method=call.method.rpartition(".")[2],
        code=call.code.name,
    )


def _is_noted(caller: Caller | None) -> bool:
    """Whether reads of a caller are noted: of staff, and of services that act for a person."""
    if caller is None or caller.has(*_OF_THEIR_OWN):
        return False
    return bool(caller.on_behalf_of) if caller.is_service else True


def _object(call: ServedCall, kind: str) -> str:
    if identity := _field(call, f"{kind}_id"):
        return f"{kind}/{identity}"
    subject = _field(call, "subject_id")
    return f"subject/{subject}" if subject else kind


def _field(call: ServedCall, name: str) -> str:
    """A field of what was answered, or of the request: people may ask by the beginning of an id."""
    values = (getattr(message, name, "") for message in _messages(call))
    return next((value for value in values if isinstance(value, str) and value), "")[:64]


def _messages(call: ServedCall) -> Iterator[Any]:
    if call.answer is not None:
        for field, part in call.answer.ListFields():
            if field.message_type is not None and not field.is_repeated:
                yield part
    if call.request is not None:
        yield call.request


def _rows(answer: Any) -> int:
    """How many items an answer has; 1 if it is no list."""
    for field in answer.DESCRIPTOR.fields:
        if field.message_type is not None and field.is_repeated:
            return len(getattr(answer, field.name))
    return 1
