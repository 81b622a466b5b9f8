"""How long a record is evidence, is disclosed, and stays in the archive; natural repair.

Evidence and disclosure are separate periods (C-01). Every period is n calendar years from its
origin, clamped at month end, its last day inclusive (C-02).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from law.errors import NotFound
from law.evidence import Record
from law.packaged import read
from law.periods import add_months, add_years
from law.rules import Origin
from law.ruleset import load
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
    records, is natural repair. Raises NotFound for an unknown text.
    """
    period = _period(ruleset_id)
    window = load(ruleset_id).at(on).window
    evidence_until = add_years(_from(record, window.origin), window.years)
    disclosed_until, cite = _disclosed(period, record, evidence_until)
    removed = max(evidence_until, disclosed_until) + _DAY if period["deletes"] else None
    return Retention(
        evidence_until, window.cite, disclosed_until, cite, removed, period["delete_cite"]
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
    if not _period(ruleset_id)["deletes"]:
        return None
    return earliest_counting(on, load(ruleset_id).at(on).window.years)


def _period(ruleset_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = read("disclosure")["periods"].get(ruleset_id)
    if found is None:
        raise NotFound(f"没有规则集“{ruleset_id}”", f"there is no ruleset {ruleset_id!r}")
    return found


def _from(record: Record, origin: str) -> date:
    return record.entered_on if origin == Origin.ENTERED_ON else record.determined_on


def _disclosed(period: Mapping[str, Any], record: Record, evidence_until: date) -> tuple[date, str]:
    """The last day of disclosure: the text's period, for adverse records under the ceiling."""
    if record.kind.positive and period["basis"] == "adopted":
        # The norm borrowed limits adverse publicity only; good records last as evidence (C-11).
        return evidence_until, "C-11"
    origin = _from(record, period["origin"])
    text = (add_years(origin, period["years"]), str(period["cite"]))
    caps = [] if record.kind.positive else [_cap(c, origin) for c in _caps(record)]
    return min([text, *caps], key=lambda candidate: candidate[0])


def _caps(record: Record) -> list[Mapping[str, Any]]:
    return [c for c in read("disclosure")["severity_caps"] if c["severity"] == record.severity]


def _cap(cap: Mapping[str, Any], origin: date) -> tuple[date, str]:
    # The ceiling ends no disclosure before the day it came into force.
    return max(add_months(origin, cap["months"]), cap["valid_from"] - _DAY), cap["cite"]
