"""The steps of the escalation ladder: when each is due, and who approves it.

Sources: S4 四(二), 四(五); S1 12(二), 12(三), 19; R-130 to R-134. What opens a follow-up, and which
of the steps it takes, is in `law.courses`. The texts do not fix the order of the steps or the
waiting times (C-31), so the figures are marked as examples. No step is taken automatically: a step
that is due is proposed to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from law.errors import Fault, InvalidInput
from law.figures import Version, in_force
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    note_rivals,
    read_dated,
    read_figure,
    read_header,
    read_requirements,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader
from law.reader.texts import TextStatus, is_citation
from law.terms.workdays import DueDate, Edition, nth_last_working_day, nth_working_day
from law.texts_in_force.load import GRADING, load

_WHAT = ("督促阶梯", "the ladder after an alert")


class Approver(StrEnum):
    """The role that approves a step of the ladder."""

    CASEWORKER = "caseworker"
    UNIT_HEAD = "unit_head"


class Step(StrEnum):
    """The steps of the escalation ladder, mildest first."""

    REMINDER = "reminder"  # 提醒
    GUIDANCE_LETTER = "guidance_letter"  # 行政指导建议书
    MEASURES = "measures"  # 监管措施告知
    INTERVIEW = "interview"  # 约谈
    EXPOSURE = "exposure"  # 曝光


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the escalation ladder, due `days` working days after the step before.

    `approver` is a role. `example` is true while `days` is an example and not the bureau's own
    figure.
    """

    step: Step
    name_zh: str
    name_en: str
    cite: str
    approver: str
    days: int
    example: bool


@dataclass(frozen=True, slots=True)
class ExposureRules:
    """The articles by which facts are verified and reviewed before publication (S1 18, 19).

    `media` are the names of the places where something is made public, Chinese to English.
    """

    verified_cite: str
    reviewed_cite: str
    media: Mapping[str, str]


class CircularSource(StrEnum):
    """Of which subjects of a grade authorities are told: those publicly exposed, or all (C-45)."""

    EXPOSURE_LIST = "exposure_list"
    GRADE = "grade"


@dataclass(frozen=True, slots=True)
class CircularRule:
    """The article by which other authorities are told of a grade (通报), and what for.

    `uses` are the purposes, by id, in Chinese and English.
    """

    ruleset: str
    grades: tuple[str, ...]
    source: CircularSource
    cite: str
    uses: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """The figures of the ladder that a bureau has set in place of the examples, in working days.

    `waits` has every step. `review` is after how long a declined or deferred step is proposed
    again, `review_at_most` the longest that may be asked for, and `remind` how long before the last
    day of an undertaking the subject is reminded.
    """

    waits: Mapping[Step, int]
    review: int
    review_at_most: int
    remind: int


def usual_figures(on: date) -> OwnFigures:
    """Returns the figures of the law on a day, which hold for a bureau without its own (C-31)."""
    review = _review(on)
    waits = {step: rung(step, on).days for step in Step}
    remind = in_force(_rules().undertaking, on, *_WHAT)
    return OwnFigures(waits, review.days, review.at_most_days, remind)


def as_own(found: Rung, own: OwnFigures | None) -> Rung:
    """Returns a step with the bureau's own wait, if the bureau has set its figures."""
    return found if own is None else replace(found, days=own.waits[found.step], example=False)


def rung(step: Step, on: date) -> Rung:
    """Returns one step of the ladder as it holds on a day.

    Raises NotInForce for a day on which the step does not hold.
    """
    versions = [version for version in _rules().ladder if version.value.step is step]
    return in_force(versions, on, *_WHAT)


def step_name(step: Step) -> str:
    """Returns the Chinese name of a step in its latest version."""
    versions = [version for version in _rules().ladder if version.value.step is step]
    return max(versions, key=_begins).value.name_zh


def _begins(version: Version[Rung]) -> date:
    return version.validity.valid_from or date.min


def due_on(rung: Rung, since: date, edition: Edition) -> DueDate:
    """Returns the working day on which a step of the ladder is due.

    `since` is the day of the step before, or of the opening of the case for the first step.
    """
    return nth_working_day(since, rung.days, edition)


def correct_by(after: Rung, since: date, edition: Edition) -> date:
    """Returns the last day for the subject's correction, before the step `after` is due.

    It is the last working day before the due date. `since` is the day from which the due date is
    counted.
    """
    eve = due_on(after, since, edition).date - timedelta(days=1)
    return nth_last_working_day(eve, 1, edition)


def review_on(
    asked: date | None, today: date, edition: Edition, own: OwnFigures | None = None
) -> date:
    """Returns the day on which a declined or deferred step is proposed again.

    `asked` is the day requested; None means the usual day. `own` are the bureau's figures. Raises
    InvalidInput for a requested day that is not after today, or that is later than `latest_review`.
    """
    days = own.review if own else _review(today).days
    usual = nth_working_day(today, days, edition).date
    day, latest = asked or usual, latest_review(today, edition, own)
    if not today < day <= latest:
        zh, en = (
            f"复查日应在今日之后，最迟 {latest}",
            f"must be after today, at the latest {latest}",
        )
        raise InvalidInput(faults=[Fault("review_on", zh, en)])
    return day


def latest_review(today: date, edition: Edition, own: OwnFigures | None = None) -> date:
    """Returns the latest day to which a step of a case may be deferred; `own` are the bureau's."""
    days = own.review_at_most if own else _review(today).at_most_days
    return nth_working_day(today, days, edition).date


def undertaking_reminder(until: date, edition: Edition, own: OwnFigures | None = None) -> date:
    """Returns the day on which a subject is reminded of an undertaking to correct (S4 四(二)).

    `until` is the last day of the undertaking, inclusive; `own` are the bureau's figures.
    """
    days = own.remind if own else in_force(_rules().undertaking, until, *_WHAT)
    return nth_last_working_day(until - timedelta(days=1), days, edition)


def exposure_rules(on: date) -> ExposureRules:
    """Returns what to follow before publication, as in force on a day (S1 18, 19).

    Raises NotInForce for a day on which they do not hold.
    """
    return in_force(_rules().exposure, on, *_WHAT)


def circular_rule(
    ruleset_id: str, grade: str, on: date, source: CircularSource = CircularSource.EXPOSURE_LIST
) -> CircularRule | None:
    """Returns by which article authorities are told of a grade on a day, or None (R-134, R-155)."""
    for rule in circular_rules(source, on):
        if rule.ruleset == ruleset_id and grade in rule.grades:
            return rule
    return None


def circular_rules(source: CircularSource, on: date) -> list[CircularRule]:
    """Returns the articles by which authorities are told of subjects from a source on a day."""
    holding = [entry.value for entry in _rules().circular if entry.validity.holds(on)]
    return [rule for rule in holding if rule.source is source]


def circular_uses(on: date) -> dict[str, tuple[str, str]]:
    """Returns what authorities may be told of a grade for, by id, in Chinese and English."""
    holding = [entry.value.uses for entry in _rules().circular if entry.validity.holds(on)]
    return {name: words for uses in holding for name, words in uses.items()}


def archive_cite(ruleset_id: str, grade: str, on: date) -> str:
    """Returns the article by which an interview on that day is recorded in the archive, or "".

    R-131: S3 24(三) for grade D, by S3 25 also for E. The record deducts points and never gives a
    grade directly (C-07).
    """
    for entry in _rules().archive:
        fits = entry.value.ruleset == ruleset_id and grade in entry.value.grades
        if fits and entry.validity.holds(on):
            return entry.cite
    return ""


@dataclass(frozen=True, slots=True)
class _Review:
    """After how many working days a deferred step is proposed again: usually, and at most."""

    days: int
    at_most_days: int


@dataclass(frozen=True, slots=True)
class _Archive:
    """The grades of one text at which an interview is noted in the archive."""

    ruleset: str
    grades: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """All rules of the data file `escalation.yaml`."""

    ladder: tuple[Version[Rung], ...]
    review: tuple[Version[_Review], ...]
    undertaking: tuple[Version[int], ...]
    exposure: tuple[Version[ExposureRules], ...]
    circular: tuple[Version[CircularRule], ...]
    archive: tuple[Version[_Archive], ...]


@cache
def _rules() -> Escalation:
    return understood("escalation", read_escalation)


def _review(on: date) -> _Review:
    return in_force(_rules().review, on, *_WHAT)


def read_escalation(reader: Reader) -> Escalation:
    """Reads `escalation.yaml`: the steps of the ladder, and the rules of review and exposure.

    Also reads the rules of the note in the archive. The steps must be listed mildest first.
    """
    parts = ("ladder", "review", "undertaking", "exposure", "circular", "archive")
    read_header(reader, "status", "requirements", *parts, "ambiguities")
    reader.choice("status", TextStatus)
    read_requirements(reader)
    read_readings(reader)
    rungs = tuple(read_dated(item, _rung) for item in reader.each("ladder"))
    if list(dict.fromkeys(version.value.step for version in rungs)) != list(Step):
        reader.fault("ladder", "应由轻到重列出各步", "must list every step, mildest first")
    for step in Step:
        periods = [version.validity for version in rungs if version.value.step is step]
        note_rivals(reader, f"ladder.{step}", periods)
    return Escalation(
        rungs,
        read_figure(reader, "review", _read_review),
        read_figure(reader, "undertaking", _remind_days),
        read_figure(reader, "exposure", _exposure),
        tuple(read_dated(item, _circular) for item in reader.each("circular")),
        tuple(read_dated(item, _archive) for item in reader.each("archive")),
    )


def _rung(reader: Reader) -> Rung:
    reader.only("id", "name_zh", "name_en", "approver", "days", "example", *DATED)
    return Rung(
        step=reader.choice("id", Step),
        name_zh=reader.text("name_zh"),
        name_en=reader.text("name_en"),
        cite=reader.text("cite"),
        approver=reader.choice("approver", Approver).value,
        days=reader.whole("days", least=1),
        example=reader.flag("example", False),
    )


def _read_review(reader: Reader) -> _Review:
    reader.only("days", "at_most_days", "example", *DATED)
    reader.flag("example", False)
    days = reader.whole("days", least=1)
    return _Review(days, reader.whole("at_most_days", least=days))


def _remind_days(reader: Reader) -> int:
    reader.only("remind_days", "example", *DATED)
    reader.flag("example", False)
    return reader.whole("remind_days", least=1)


def _exposure(reader: Reader) -> ExposureRules:
    reader.only("verified_cite", "reviewed_cite", "media", *DATED)
    cites = [reader.text(key) for key in ("verified_cite", "reviewed_cite")]
    for key, cite in zip(("verified_cite", "reviewed_cite"), cites, strict=True):
        if cite and not is_citation(cite):
            reader.fault(key, f"引用不明：{cite}", f"cites no known text: {cite}")
    verified, reviewed = cites
    return ExposureRules(verified, reviewed, dict(map(_medium, reader.each("media"))))


def _medium(reader: Reader) -> tuple[str, str]:
    """One medium: a text names it, or it is an example of what its 等 leaves open."""
    reader.only("zh", "en", "cite", "example")
    named, example = reader.text("cite", ""), reader.flag("example", False)
    if not example and not is_citation(named):
        zh, en = (
            "应引用指名它的条文，或者标明为示例",
            "must cite the text that names it, or be an example",
        )
        reader.fault("cite", zh, en)
    return reader.text("zh"), reader.text("en")


def _circular(reader: Reader) -> CircularRule:
    reader.only("ruleset", "grades", "source", "uses", *DATED)
    name, grades = _graded(reader)
    source, uses = reader.choice("source", CircularSource), dict(map(_use, reader.each("uses")))
    return CircularRule(name, grades, source, reader.text("cite"), uses)


def _use(reader: Reader) -> tuple[str, tuple[str, str]]:
    reader.only("id", "zh", "en")
    return reader.text("id"), (reader.text("zh"), reader.text("en"))


def _archive(reader: Reader) -> _Archive:
    reader.only("ruleset", "grades", "status", *DATED)
    reader.choice("status", TextStatus)
    return _Archive(*_graded(reader))


def _graded(reader: Reader) -> tuple[str, tuple[str, ...]]:
    """A text and some of the grades that it gives."""
    name, grades = reader.text("ruleset"), reader.texts("grades")
    known = {grade.id for grade in load(name).grades} if name in GRADING else set[str]()
    if not known.issuperset(grades) or not known:
        reader.fault("grades", f"{name}没有这些等级", f"{name} has no such grades")
    return name, grades
