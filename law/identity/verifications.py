"""The identity of verifications: instrument, institution and certificate number, or day and result.

One certificate may tell of several parts of one instrument, each with a verification of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from law.colours.parts import mildness, overlap
from law.identity.folding import folded
from law.identity.records import document_key
from law.identity.verdict import Verdict

Row = Mapping[str, Any]
Certificate = tuple[str, str]  # institution and number, as they are compared


def certificate_of(row: Row) -> Certificate | None:
    """Returns the certificate of a verification as it is compared; None if it has no number."""
    number = document_key(row.get("certificate_no") or "")
    return (folded(row.get("institution") or ""), number) if number else None


def verification_key(row: Row) -> tuple[Any, ...]:
    """Returns what a verification of an instrument is known by: its certificate, and its part.

    Without a certificate it is known as `of_its_day`.
    """
    certificate = certificate_of(row)
    return (*certificate, row.get("part", "")) if certificate else of_its_day(row)


def of_its_day(row: Row) -> tuple[Any, ...]:
    """Returns the day, the result and the part of a verification."""
    return row["verified_on"], row["result"], row.get("part", "")


def milder(row: Row, rows: Iterable[Row]) -> bool:
    """Returns whether a result is milder than another one of the day for the same part.

    A pending one is compared with nothing, nor is one that is known to precede the others.
    """
    if row.get("precedes"):
        return False
    mild = mildness(row["result"])
    return any(
        0 < mildness(other["result"]) < mild and overlap(row.get("part", ""), other.get("part", ""))
        for other in rows
        if not other.get("precedes")
    )


def compare_verifications(one: Row, other: Row) -> Verdict:
    """Compares two verifications by `instrument_id`, certificate, day, result and part.

    Different results of one part on one day are PERHAPS one verification, of which one is wrong:
    the severe one stands until a person has looked.
    """
    if one["instrument_id"] != other["instrument_id"]:
        return Verdict.DIFFERENT
    certificates = certificate_of(one), certificate_of(other)
    known = verification_key if all(certificates) else of_its_day
    if known(one) == known(other):
        return Verdict.SAME
    contradict = milder(one, [other]) or milder(other, [one])
    of_one_day = one["verified_on"] == other["verified_on"]
    return Verdict.PERHAPS if of_one_day and contradict else Verdict.DIFFERENT
