"""Converts certificates of calibration and calibrations to messages."""

from __future__ import annotations

from datetime import UTC, datetime

from protos.registry.v1 import calibrations_pb2 as pb
from services.registry.calibrations.tables import Calibration, Dcc
from services.registry.tables import Instrument

_OF_ROW = ("dcc_id", "file_name", "sha256", "size", "institution", "bureau", "ground")
_PROPOSED = (
    *("certificate_no", "replaces", "laboratory", "laboratory_code", "customer"),
    *("calibrated_on", "issued_on", "recalibrate_on", "conformity"),
)
_KEPT = (
    *("calibration_id", "instrument_id", "dcc_id", "item", "certificate_no", "laboratory"),
    *("conformity", "signature", "confirmed_by", "ground", "withdrawn_ground", "version"),
)


def dcc(row: Dcc) -> pb.Dcc:
    """Converts a certificate to a message, with what it proposes as a whole."""
    certificate = row.reading["certificate"]
    message = pb.Dcc(
        **{name: getattr(row, name) for name in _OF_ROW},
        **{name: certificate[name] for name in _PROPOSED},
        state=row.state.value,
        schema_version=row.reading["schema_version"],
        valid=row.reading["valid"],
        signature=pb.DccSignature(**row.reading["signature"]),
    )
    message.uploaded_at.FromDatetime(row.uploaded_at)
    return message


def findings(row: Dcc) -> list[pb.DccFinding]:
    """Converts what was found in a certificate to messages."""
    return [pb.DccFinding(**one) for one in row.reading["findings"]]


def conditions(row: Dcc) -> list[pb.DccCondition]:
    """Converts the conditions under which was measured to messages."""
    return [pb.DccCondition(**one) for one in row.reading["conditions"]]


def signer_is_valid(row: Dcc, now: datetime) -> bool:
    """Returns whether the signer's certificate is within its days; not whether it is trusted."""
    signature = row.reading["signature"]
    first, last = signature["valid_from"], signature["valid_until"]
    if not (first and last):
        return False
    aware = now if now.tzinfo else now.replace(tzinfo=UTC)
    return datetime.fromisoformat(first) <= aware <= datetime.fromisoformat(last)


def calibration(row: Calibration, instrument: Instrument) -> pb.Calibration:
    """Converts a calibration to a message, with what identifies its instrument."""
    message = pb.Calibration(
        **{name: getattr(row, name) for name in _KEPT},
        calibrated_on=row.calibrated_on.isoformat(),
        issued_on=row.issued_on.isoformat() if row.issued_on else "",
        due_on=row.due_on.isoformat() if row.due_on else "",
        conditions=[pb.DccCondition(**one) for one in row.conditions],
        type_code=instrument.type_code,
        serial_no=instrument.serial_no,
        subject_id=instrument.subject_id,
    )
    message.confirmed_at.FromDatetime(row.confirmed_at)
    return message
