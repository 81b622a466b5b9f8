"""Converts rows of the register to messages. A column and its message field have the same name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import registry_pb2 as pb
from services.registry import tables

M = TypeVar("M", bound=Message)


def bureau(row: tables.Bureau) -> pb.Bureau:
    """Converts a bureau to a message."""
    return _message(row, pb.Bureau)


def subject(row: tables.Subject) -> pb.Subject:
    """Converts a subject to a message."""
    return _message(row, pb.Subject)


def instrument(row: tables.Instrument) -> pb.Instrument:
    """Converts an instrument to a message."""
    return _message(row, pb.Instrument)


def checked_instrument(row: tables.Instrument) -> pb.Instrument:
    """Converts an instrument that is only checked: it does not tell whether others have its number.

    Otherwise an operator could try any numbers, with nothing on file that tells of it.
    """
    message = instrument(row)
    message.repeated_serial = False
    return message


def verification(row: tables.Verification) -> pb.Verification:
    """Converts a verification to a message."""
    return _message(row, pb.Verification)


def verification_entry(
    row: tables.Verification, instrument: tables.Instrument
) -> pb.VerificationEntry:
    """Converts a verification to a list entry, with the fields that identify its instrument."""
    return pb.VerificationEntry(
        verification=verification(row),
        subject_id=instrument.subject_id,
        bureau=instrument.bureau,
        type_code=instrument.type_code,
        serial_no=instrument.serial_no,
    )


def record(row: tables.Record) -> pb.Record:
    """Converts a credit record to a message."""
    return _message(row, pb.Record)


def permit(row: tables.Permit) -> permits.Permit:
    """Converts a permit to a message."""
    return _message(row, permits.Permit)


def account(row: tables.Account) -> identity.Account:
    """Converts an account to a message, without the password hash."""
    message = identity.Account(
        account_id=row.account_id,
        name=row.name,
        display_name=row.display_name,
        roles=[role_number(Role(role)) for role in row.roles],
        bureau=row.bureau,
        subject_id=row.subject_id,
        institution=row.institution,
        closed=row.closed,
        email=row.email,
        phone=row.phone,
        first_password=row.first_password,
        second_factor=row.second_factor,
        external=row.external,
        invited_by=row.invited_by,
        language=row.language,
    )
    message.created_at.FromDatetime(row.created_at)
    return message


def role_number(role: Role) -> identity.Role.ValueType:
    """Returns the number of a role in messages."""
    return identity.Role.Value(f"ROLE_{role.upper()}")


def role_named(number: identity.Role.ValueType) -> Role:
    """Returns the role that has this number in messages."""
    return Role(identity.Role.Name(number).removeprefix("ROLE_").lower())


def of_values(values: Mapping[str, Any], kind: type[M]) -> M:
    """Converts a row that is given as its values in JSON, by column, to a message."""
    names = _names(kind.DESCRIPTOR)
    return kind(**{name: values[name] for name in names if values[name] is not None})


@cache
def _names(kind: Descriptor) -> tuple[str, ...]:
    return tuple(field.name for field in kind.fields)


def _message(row: Any, kind: type[M]) -> M:
    values = {field.name: getattr(row, field.name) for field in kind.DESCRIPTOR.fields}
    fields = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }
    return kind(**fields)
