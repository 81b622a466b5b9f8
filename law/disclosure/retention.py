"""How long a record counts as evidence, is disclosed and stays in the archive; natural repair.

Evidence and disclosure are separate periods (C-01). Every period is n calendar years from its first
day, its last day included; 29 February becomes 28 February in a common year (C-02). Each day is
judged by the figures in force on it: when a period changes, the new figure applies from the day of
the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from law.disclosure.data import Ceiling, ContactRule, Period, disclosure_rules
from law.errors import NotInForce
from law.evidence import Record
from law.figures import Validity, Version, in_force, in_force_or_next, stretches, validities
from law.measures.data import of_text
from law.periods import add_months, add_years, earliest_counting
from law.terms.data import Basis
from law.texts_in_force.load import load
from law.texts_in_force.model import Origin, Window

T = TypeVar("T")
_DAY = timedelta(days=1)
_WHAT = "披露期"


@dataclass(frozen=True, slots=True)
class Retention:
    """The last days of evidence and of disclosure of one record, and the day of its removal.

    Each day has its article. `evidence_until` and `disclosed_until` are inclusive. `removed_on` is
    the first day on which the record is no longer in the archive, None where the text has no
    deletion.
    """

    evidence_until: date
    evidence_cite: str
    disclosed_until: date
    disclosure_cite: str
    removed_on: date | None
    removal_cite: str


@dataclass(frozen=True, slots=True)
class LogKept:
    """The days for which a log of access is kept at least, whenever it begins; and the article."""

    days: int
    months: int
    cite: str


def log_kept(on: date) -> LogKept:
    """Returns how long a log of access is kept at least, by the text in force on a day.

    Raises NotInForce on a day without one.
    """
    versions = disclosure_rules().log_kept
    period = in_force(versions, on, "网络日志的留存期", "how long a log of access is kept")
    firsts = (date(on.year, month, 1) for month in range(1, 13))
    longest = max((add_months(first, period.months) - first).days for first in firsts)
    return LogKept(longest, period.months, period.cite)


def contact_kept(on: date) -> ContactRule:
    """Returns the rule by which an expert's contact is kept while the appointment lasts (C-48).

    Raises NotInForce on a day without one.
    """
    versions = disclosure_rules().contact_kept
    return in_force(versions, on, "联系方式的保存期", "how long a contact is kept")


def retention(ruleset_id: str, record: Record, on: date, since: date = date.min) -> Retention:
    """Returns the last days on which a record is evidence and is disclosed, and its day of removal.

    S3 18, 19; S4 三(二), 四(四). The answer is computed as of the day `on`: for a period that is
    over, it is the day on which it ended; for a running period, the day on which it will end by the
    figures known so far. A record is deleted when both periods are over; for an adverse record this
    is its natural repair. `since` is the first day on which the text governs the archive; the text
    deletes no record before it. Raises NotFound for an unknown text, and NotInForce for a day on
    which the text or its period does not hold.
    """
    period = in_force(_periods(ruleset_id), on, *_names(ruleset_id))
    load(ruleset_id).at(on)
    lives = [*_lives(ruleset_id, record)]
    evidence = _run_of(on, ((life, life.evidence) for life in lives))
    disclosed = _run_of(on, ((life, life.disclosed) for life in lives))
    removed_on, cite = _removal(lives, max(since, record.entered_on))
    return Retention(*evidence, *disclosed, removed_on, cite or period.delete_cite)


def is_naturally_repaired(ruleset_id: str, record: Record, on: date) -> bool:
    """Returns whether an adverse record is repaired on a day because both its periods are over.

    S3 19; S4 四(四). The periods are evidence and disclosure. False for a positive record.
    """
    removed_on = retention(ruleset_id, record, on).removed_on
    return not record.kind.positive and removed_on is not None and removed_on <= on


def still_kept_from(ruleset_id: str, on: date) -> date | None:
    """Returns the first determination day from which all records are still archived on `on`.

    S3 19; S4 三(二), 四(四). Every record determined on the returned day or later is still in the
    archive on the day `on`. An earlier record may have been deleted; `retention` decides for each
    record. None where the text has deleted no record yet. Raises NotFound and NotInForce as
    `retention` does.
    """
    in_force(_periods(ruleset_id), on, *_names(ruleset_id))
    load(ruleset_id).at(on)
    firsts = [
        earliest_counting(min(last, on), window.years)
        for first, last in _stretches(ruleset_id, ())
        for window, period in [_figures(ruleset_id, first)]
        if first <= on and period.deletes
    ]
    return max(firsts, default=None)


def _names(ruleset_id: str) -> tuple[str, str]:
    return _WHAT, f"the disclosure period of {ruleset_id}"


def _periods(ruleset_id: str) -> tuple[Version[Period], ...]:
    return of_text(disclosure_rules().periods, ruleset_id)


def _windows(ruleset_id: str) -> list[Version[Window]]:
    return [
        Version(edition.window, edition.window.cite, Validity(edition.valid_from, edition.valid_to))
        for edition in load(ruleset_id).editions
    ]


def _stretches(ruleset_id: str, caps: Iterable[Version[Ceiling]]) -> tuple[tuple[date, date], ...]:
    """The stretches of days on which no figure of a text or of the ceilings changes."""
    figures = validities(_windows(ruleset_id), _periods(ruleset_id), [*caps])
    return stretches(*figures)


def _figures(ruleset_id: str, first: date) -> tuple[Window, Period]:
    """The window and the period of a stretch of days that begins on `first`.

    Before the first version of a figure, the first applies; after the text has ended, its last
    version still decides how long its records are kept.
    """
    return _known(_windows(ruleset_id), first), _known(_periods(ruleset_id), first)


def _known(versions: Sequence[Version[T]], on: date) -> T:
    try:
        return in_force_or_next(versions, on, _WHAT, "the period")
    except NotInForce:
        return max(versions, key=lambda version: version.validity.valid_to or date.max).value


@dataclass(frozen=True, slots=True)
class _Life:
    """The last day of each period, with its article, by the figures of one stretch of days."""

    first: date
    last: date
    evidence: tuple[date, str]
    disclosed: tuple[date, str]
    deletes: bool
    delete_cite: str


def _lives(ruleset_id: str, record: Record) -> Iterator[_Life]:
    caps = [cap for cap in disclosure_rules().ceilings if cap.value.severity is record.severity]
    for first, last in _stretches(ruleset_id, caps):
        window, period = _figures(ruleset_id, first)
        evidence = add_years(_from(record, window.origin), window.years), window.cite
        holding = [cap for cap in caps if cap.validity.holds(first)]
        disclosed = _disclosed(period, record, evidence[0], holding)
        yield _Life(first, last, evidence, disclosed, period.deletes, period.delete_cite)


def _from(record: Record, origin: Origin) -> date:
    return record.entered_on if origin is Origin.ENTERED_ON else record.determined_on


def _disclosed(
    period: Period, record: Record, evidence_until: date, caps: Iterable[Version[Ceiling]]
) -> tuple[date, str]:
    """The last day of disclosure by the text; for an adverse record at most the ceiling."""
    if record.kind.positive and period.basis is Basis.ADOPTED:
        # The norm borrowed limits adverse publicity only; good records last as evidence (C-11).
        return evidence_until, "C-11"
    days = [(add_years(_from(record, period.origin), period.years), period.cite)]
    if not record.kind.positive:
        days += [(_cap(record, cap.value), cap.cite) for cap in caps]
    return min(days, key=lambda day: day[0])


def _cap(record: Record, ceiling: Ceiling) -> date:
    return add_months(_from(record, ceiling.origin), ceiling.months)


def _run_of(on: date, lives: Iterable[tuple[_Life, tuple[date, str]]]) -> tuple[date, str]:
    """The last day, with its article, of the run of days around `on`, or of the last run before it.

    A run of days on which a period has not ended may reach over several stretches. Where a new
    figure ends it at once, the last day is the day before that figure applies.
    """
    runs: list[tuple[date, date, str]] = []  # first day, last day, article of its end
    began: date | None = None
    for life, (until, cite) in lives:
        if until < life.first:
            if began is not None:
                runs.append((began, life.first - _DAY, cite))
            began = None
            continue
        began = life.first if began is None else began
        if until < life.last:
            runs.append((began, until, cite))
            began = None
    past = [(last, cite) for first, last, cite in runs if first <= on]
    return past[-1] if past else runs[0][1:]


def _removal(lives: Iterable[_Life], since: date) -> tuple[date | None, str]:
    """The first day on which both periods are over, by the figures in force since a day."""
    first = date.min
    for life in lives:
        if life.last < since:
            continue
        gone_on = max(first, max(life.evidence[0], life.disclosed[0]) + _DAY)
        if life.deletes and gone_on <= life.last:
            return gone_on, life.delete_cite
        first = life.last + _DAY if life.last < date.max else first
    return None, ""
