"""Converts files of evidence to messages."""

from __future__ import annotations

from protos.objection.v1 import evidence_pb2 as pb
from services.objection.tables import CaseEvidence

_APART = {"uploaded_at", "erased_at", "preview_sha256"}


def evidence(row: CaseEvidence) -> pb.Evidence:
    """Converts a file of evidence to a message."""
    message = pb.Evidence(**row.model_dump(exclude=_APART))
    message.uploaded_at.FromDatetime(row.uploaded_at)
    if row.erased_at is not None:
        message.erased_at.FromDatetime(row.erased_at)
    return message
