"""Rows as messages. A column and its field have the same name."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from google.protobuf.message import Message

from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as pb
from services.registry import tables

M = TypeVar("M", bound=Message)


def bureau(row: tables.Bureau) -> pb.Bureau:
    """A bureau as a message."""
    return _message(row, pb.Bureau)


def subject(row: tables.Subject) -> pb.Subject:
    """A subject as a message."""
    return _message(row, pb.Subject)


def instrument(row: tables.Instrument) -> pb.Instrument:
    """An instrument as a message."""
    return _message(row, pb.Instrument)


def verification(row: tables.Verification) -> pb.Verification:
    """A verification as a message."""
    return _message(row, pb.Verification)


def verification_entry(
    row: tables.Verification, instrument: tables.Instrument
) -> pb.VerificationEntry:
    """A verification in a list, with what identifies its instrument."""
    return pb.VerificationEntry(
        verification=verification(row),
        subject_id=instrument.subject_id,
        bureau=instrument.bureau,
        type_code=instrument.type_code,
        serial_no=instrument.serial_no,
    )


def record(row: tables.Record) -> pb.Record:
    """A credit record as a message."""
    return _message(row, pb.Record)


def account(row: tables.Account) -> identity.Account:
    """An account as a message."""
    message = identity.Account(
        account_id=row.account_id,
        name=row.name,
        display_name=row.display_name,
        roles=[role_number(Role(role)) for role in row.roles],
        bureau=row.bureau,
        subject_id=row.subject_id,
        closed=row.closed,
    )
    message.created_at.FromDatetime(row.created_at)
    return message


def role_number(role: Role) -> identity.Role.ValueType:
    """A role of an account on the wire."""
    return identity.Role.Value(f"ROLE_{role.upper()}")


def role_named(number: identity.Role.ValueType) -> Role:
    """A role of an account, from the wire."""
    return Role(identity.Role.Name(number).removeprefix("ROLE_").lower())


def _message(row: Any, kind: type[M]) -> M:
    values = {field.name: getattr(row, field.name) for field in kind.DESCRIPTOR.fields}
    fields = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }
    return kind(**fields)
