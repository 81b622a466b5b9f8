"""Results that were passed, and certificates: told to the owner of the instrument once a day.

What comes is kept, one row for a verification, so that a result and its certificate of one day are
one line. The watch tells whoever owns the instrument by then; who owned it before hears nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.basis import RED_BY_RESULT
from law.colours.rule import VerificationResult
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.database import unindexed
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import registry_pb2
from services.alerts.notices.issue import Matter
from services.alerts.notices.owner_digests import OwnerDigest, issue_to_owners
from services.alerts.notices.result_texts import Line, in_chinese, in_english
from services.alerts.notices.tables import UntoldResult
from services.alerts.tables import Instrument, Notice, NoticeKind, Subject, Verification

IDS_PER_QUERY = 500


async def newly_passed(
    change: Change, verifications: Sequence[registry_pb2.Verification]
) -> list[str]:
    """Returns the ids of those that passed and did not by what is stored: ask before storing them.

    So a rejection that is corrected to a pass is news.
    """
    passed = {one.verification_id for one in verifications if _is_passed(one)}
    known: set[str] = set()
    for ids in chunks(sorted(passed), IDS_PER_QUERY):
        own = col(Verification.verification_id)
        as_passed = select(own).where(own.in_(ids), Verification.result == VerificationResult.PASS)
        known |= set(await change.session.exec(as_passed))
    return sorted(passed - known)


def _is_passed(one: registry_pb2.Verification) -> bool:
    return one.result == VerificationResult.PASS and not one.removed


async def keep_passed(change: Change, verification_ids: Collection[str]) -> None:
    """Keeps that these verifications passed, of which their owners are to be told."""
    kept = dict[str, UntoldResult]()
    for ids in chunks(sorted(verification_ids), IDS_PER_QUERY):
        rows = select(UntoldResult).where(col(UntoldResult.verification_id).in_(ids))
        locked = rows.order_by(col(UntoldResult.verification_id)).with_for_update()
        found = (await change.session.exec(locked)).all()
        kept |= {row.verification_id: row for row in found}
    for row in kept.values():
        row.passed = True
    change.session.add_all(
        UntoldResult(verification_id=key, passed=True, at=change.at)
        for key in verification_ids
        if key not in kept
    )


async def certificate_uploaded(
    change: Change, received: Received[registry.CertificateUploaded]
) -> None:
    """Keeps that a certificate came, or replaced another, of which the owner is to be told."""
    event = received.message
    key = event.verification_id
    row = await change.session.get(UntoldResult, key, with_for_update=True)
    if row is None:
        row = UntoldResult(verification_id=key, at=change.at)
        change.session.add(row)
    if event.version > row.certificate:
        row.certificate, row.reason = event.version, event.reason


async def issue_results(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues to each owner of a bureau one digest of its results and certificates.

    What is no news any more is forgotten: a pass that was taken back, is out of date or was
    followed by a rejection, and what is about an instrument that nobody is warned of.
    """
    of_owner = dict[str, tuple[Subject, list[Line]]]()
    over = list[str]()
    for row, verification, instrument, owner in await _untold(change, bureau):
        line = _line(row, verification, instrument)
        if _is_news(line, verification, instrument, on) and not owner.unwatched:
            of_owner.setdefault(owner.subject_id, (owner, []))[1].append(line)
        else:
            over.append(row.verification_id)
    digests = [_digest(owner, on, lines) for owner, lines in of_owner.values()]
    issued = await issue_to_owners(change, NoticeKind.RESULT, bureau, on, digests)
    told = [line.verification_id for one in issued for line in of_owner[one.subject_id][1]]
    await _forget(change, [*told, *over])
    return issued


async def _untold(change: Change, bureau: str) -> Sequence[Any]:
    """What is to be told, locked: what comes meanwhile waits, and is then told another day."""
    rows: Any = (
        select(UntoldResult, Verification, Instrument, Subject)
        .join(Verification, col(Verification.verification_id) == UntoldResult.verification_id)
        .join(Instrument, col(Instrument.instrument_id) == Verification.instrument_id)
        .join(Subject, col(Subject.subject_id) == Instrument.subject_id)
        .where(unindexed(col(Instrument.bureau)) == bureau)
        .order_by(col(UntoldResult.verification_id))
        .with_for_update(of=UntoldResult)
    )
    return sorted(await change.session.exec(rows), key=_place)


def _place(row: Any) -> tuple[date, str, str]:
    _, verification, instrument, _ = row
    return verification.verified_on, instrument.serial_no, verification.part


def _line(row: UntoldResult, verification: Verification, instrument: Instrument) -> Line:
    return Line(
        verification_id=verification.verification_id,
        type_code=instrument.type_code,
        serial_no=instrument.serial_no,
        part=verification.part,
        result=verification.result,
        verified_on=verification.verified_on,
        valid_until=verification.valid_until,
        certificate_no=verification.certificate_no,
        institution=verification.institution,
        passed=row.passed and verification.result is VerificationResult.PASS,
        certificate=row.certificate,
        reason=row.reason,
    )


def _is_news(line: Line, verification: Verification, instrument: Instrument, on: date) -> bool:
    if verification.removed or not instrument.watched:
        return False
    in_force = line.valid_until is None or line.valid_until >= on
    stands = bool(line.part) or instrument.standing not in RED_BY_RESULT
    passed = line.passed and not verification.set_aside and in_force and stands
    return bool(line.certificate) or passed


def _digest(owner: Subject, on: date, lines: Sequence[Line]) -> OwnerDigest:
    facts, alone = (owner.name, on, lines), len(lines) == 1
    about = Matter(f"verification/{lines[0].verification_id}" if alone else "")
    return OwnerDigest(owner, partial(in_chinese, *facts), partial(in_english, *facts), about)


async def _forget(change: Change, verification_ids: Sequence[str]) -> None:
    connection = await change.session.connection()
    for ids in chunks(verification_ids, IDS_PER_QUERY):
        told = sa.delete(UntoldResult).where(col(UntoldResult.verification_id).in_(ids))
        await connection.execute(told)
