"""What an event tells of many marked verifications has a size that travels."""

from __future__ import annotations

from datetime import UTC, date, datetime

from law.colours.rule import VerificationResult
from law.laboratories import Finding
from plumbing.events.outbox import MAX_BODY_BYTES
from services.registry.laboratories.tables import EnvironmentMark
from services.registry.laboratories.telling import Marked, by_bureau
from services.registry.tables import Instrument, Verification


def marked(number: int, bureau: str) -> Marked:
    key = f"{number:032x}"
    instrument = Instrument(
        instrument_id=key, subject_id="s", bureau=bureau, type_code="FUEL", serial_no=key
    )
    verification = Verification(
        verification_id=key,
        instrument_id=key,
        result=VerificationResult.PASS,
        verified_on=date(2026, 9, 1),
        institution="合成所",
        certificate_no=f"合成检字第{key}号",
        laboratory="力学室" * 60,
        worked_from=f"2026-09-{1 + number % 28:02}T09:00",
    )
    mark = EnvironmentMark(
        verification_id=key,
        finding=Finding.EXCEEDED,
        laboratory="力学室",
        worked_from=verification.worked_from,
        worked_until=verification.worked_from,
        hours=2,
        hours_missing=0,
        hours_outside=1,
        marked_at=datetime(2026, 9, 15, tzinfo=UTC),
    )
    return Marked(verification, instrument, mark, None)


def test_one_bureau_hears_of_a_hundred_by_name() -> None:
    [part] = by_bureau([marked(number, "330106") for number in range(150)])
    assert (len(part.verifications), part.total) == (100, 150)
    begun = [one.worked_from for one in part.verifications]
    assert begun == sorted(begun)


def test_many_bureaus_hear_of_fewer_by_name_and_of_all_in_number() -> None:
    bureaus = [f"330106-{number:03}" for number in range(190)]
    parts = by_bureau(
        [marked(10 * at + n, one) for at, one in enumerate(bureaus) for n in range(10)]
    )
    assert [part.bureau for part in parts] == bureaus
    assert {(len(part.verifications), part.total) for part in parts} == {(4, 10)}
    assert sum(part.ByteSize() for part in parts) < MAX_BODY_BYTES
