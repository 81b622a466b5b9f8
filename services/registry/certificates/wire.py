"""Converts certificates to messages."""

from __future__ import annotations

from protos.registry.v1 import certificates_pb2 as pb
from services.registry import wire
from services.registry.tables import CertificateFile, Instrument, Verification

_MOMENTS = {"uploaded_at", "superseded_at"}


def certificate(row: CertificateFile) -> pb.Certificate:
    """Converts one version of a certificate to a message."""
    message = pb.Certificate(**row.model_dump(exclude=_MOMENTS))
    message.uploaded_at.FromDatetime(row.uploaded_at)
    if row.superseded_at is not None:
        message.superseded_at.FromDatetime(row.superseded_at)
    return message


def entry(
    row: CertificateFile, verification: Verification, instrument: Instrument
) -> pb.CertificateEntry:
    """Converts a certificate to a list entry, with what it certifies."""
    return pb.CertificateEntry(
        certificate=certificate(row),
        verification=wire.verification_entry(verification, instrument),
        instrument_state=instrument.state.value,
    )
