"""How long a record is evidence, is disclosed, and stays in the archive; natural repair.

Evidence and disclosure are separate periods (C-01). Every period is n calendar years from its
origin, clamped at month end, its last day inclusive (C-02).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from law.disclosure.data import Ceiling, Period, disclosure_rules
from law.evidence import Record
from law.figures import Dated, in_force
from law.measures.data import of_text
from law.periods import add_months, add_years
from law.terms.data import Basis
from law.texts_in_force.load import load
from law.texts_in_force.model import Origin
from law.windows import earliest_counting

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """Three last days of one record under one text, each with its article.

    `evidence_until` and `disclosed_until` are inclusive. `removed_on` is the first day on which
    the record is gone from the archive, None where the text has no deletion.
    """

    evidence_until: date
    evidence_cite: str
    disclosed_until: date
    disclosure_cite: str
    removed_on: date | None
    removal_cite: str


def retention(ruleset_id: str, record: Record, on: date) -> Retention:
    """When a record leaves evidence, disclosure and archive under a text as it stands on a day.

    S3 18, 19; S4 三(二), 四(四). Deletion follows the later of the two periods and, for adverse
    records, is natural repair. Raises NotFound for an unknown text, NotInForce for a day on which
    the text or its period does not hold.
    """
    period = _period(ruleset_id, on)
    window = load(ruleset_id).at(on).window
    evidence_until = add_years(_from(record, window.origin), window.years)
    disclosed_until, cite = _disclosed(period, record, evidence_until, on)
    removed = max(evidence_until, disclosed_until) + _DAY if period.deletes else None
    return Retention(
        evidence_until, window.cite, disclosed_until, cite, removed, period.delete_cite
    )


def is_naturally_repaired(ruleset_id: str, record: Record, on: date) -> bool:
    """Whether an adverse record's periods have run out, so that it is deleted.

    S3 19; S4 四(四).
    """
    removed_on = retention(ruleset_id, record, on).removed_on
    return not record.kind.positive and removed_on is not None and removed_on <= on


def still_kept_from(ruleset_id: str, on: date) -> date | None:
    """The first day of determination whose records cannot have left the archive by a day.

    S3 19; S4 三(二), 四(四). What is gone on that day was determined before; whether a single
    record is gone says `retention`. None where the text has no deletion. Raises NotFound.
    """
    if not _period(ruleset_id, on).deletes:
        return None
    return earliest_counting(on, load(ruleset_id).at(on).window.years)


def _period(ruleset_id: str, on: date) -> Period:
    versions = of_text(disclosure_rules().periods, ruleset_id)
    return in_force(versions, on, "披露期", f"the disclosure period of {ruleset_id}")


def _from(record: Record, origin: Origin) -> date:
    return record.entered_on if origin is Origin.ENTERED_ON else record.determined_on


def _disclosed(period: Period, record: Record, evidence_until: date, on: date) -> tuple[date, str]:
    """The last day of disclosure: the text's period, for adverse records under the ceiling."""
    if record.kind.positive and period.basis is Basis.ADOPTED:
        # The norm borrowed limits adverse publicity only; good records last as evidence (C-11).
        return evidence_until, "C-11"
    text = (add_years(_from(record, period.origin), period.years), period.cite)
    caps = [] if record.kind.positive else [_cap(one, record) for one in _caps(record, on)]
    return min([text, *caps], key=lambda candidate: candidate[0])


def _caps(record: Record, on: date) -> list[Dated[Ceiling]]:
    """The ceilings of its severity that hold on a day or are to come; none that has ended."""
    found = (one for one in disclosure_rules().ceilings if one.value.severity is record.severity)
    return [one for one in found if on <= (one.validity.valid_to or date.max)]


def _cap(cap: Dated[Ceiling], record: Record) -> tuple[date, str]:
    last = add_months(_from(record, cap.value.origin), cap.value.months)
    begins = cap.validity.valid_from
    # The ceiling ends no disclosure before the day it came into force.
    return max(last, begins - _DAY) if begins else last, cap.cite
