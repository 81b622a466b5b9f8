"""The second evaluator: a whole register at once, in columns, by the same rulesets.

It gives grades and scores without reasons and must agree with `engine.grade` on every subject.
A kind of record is a small number, so what a ruleset says of kinds becomes tables looked up by
it. Polars is needed here and nowhere else in the law.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from law.evidence import RecordKind, RecordStatus, SubjectKind
from law.grading.comparison import Impact, Move, impact_of
from law.grading.counting import window_on
from law.grading.receipt_parts import Span
from law.grading.register import Register
from law.texts_in_force.model import (
    DirectRule,
    Edition,
    Effect,
    KindRule,
    Method,
    Requirement,
    Ruleset,
    Trigger,
)

_KIND = pl.col("kind").to_physical()
_FINDINGS = ("clean", "clean_and_good", "adverse")


def grade_register(register: Register, ruleset: Ruleset, as_of: date) -> pl.DataFrame:
    """Grade every subject: columns subject, grade, score, prospective, in the register's order.

    `grade` is null where the text does not reach the subject, `score` where it has no points,
    `prospective` where it has no classes; all three on a day on which the text does not hold.
    """
    if not ruleset.holds(as_of):
        return _nobody(register)
    method = {Method.POINTS: _by_points, Method.CLASSES: _by_classes, Method.TRIGGERS: _by_triggers}
    found = method[ruleset.method](register, ruleset, as_of)
    reached = _reached(register, ruleset)
    return register.subjects.select("subject").with_columns(
        pl.when(reached).then(column).alias(column.name) for column in found
    )


def impact_on_register(register: Register, old: Ruleset, new: Ruleset, as_of: date) -> Impact:
    """Grade a whole register under two texts and say who moves (the fast `impact`)."""
    before, after = (grade_register(register, ruleset, as_of) for ruleset in (old, new))
    names, was, now = before["subject"], before["grade"], after["grade"]
    graded = (Move(*one) for one in zip(names, was, now, strict=True))
    return impact_of(graded, old, new, as_of)


def _nobody(register: Register) -> pl.DataFrame:
    empty = {"grade": pl.String(), "score": pl.Int64(), "prospective": pl.String()}
    return register.subjects.select("subject").with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in empty.items()
    )


def _reached(register: Register, ruleset: Ruleset) -> pl.Series:
    kinds = [kind.value for kind in SubjectKind if kind in ruleset.subject_kinds]
    reached = pl.col("kind").is_in(kinds)
    if ruleset.sectors:
        reached &= pl.col("sector").is_in([sector.value for sector in ruleset.sectors])
    return register.subjects.select(reached).to_series()


def _table(of_kind: Callable[[KindRule], object], edition: Edition, dtype: pl.DataType) -> pl.Expr:
    """Look up, by the kind of a record, what an edition says of it."""
    values = [of_kind(edition.kinds[kind]) for kind in RecordKind]
    return pl.lit(pl.Series(values, dtype=dtype)).gather(_KIND)


def _counts(edition: Edition, span: Span) -> pl.Expr:
    """Tell which records count in a window (the columnar twin of `sift.why_unused`)."""
    origin = pl.col(edition.window.origin.value)
    active = pl.col("status") == RecordStatus.ACTIVE.value
    stands = active | (pl.col("status_on") > span.last).fill_null(False)
    counts = origin.is_between(span.first, span.last) & stands
    counts &= _table(lambda rule: rule.effect is not Effect.NONE, edition, pl.Boolean())
    for requirement in Requirement:
        if any(requirement in rule.requires for rule in edition.kinds.values()):
            free = _table(_free_of(requirement), edition, pl.Boolean())
            counts &= free | pl.col(requirement.value)
    return counts


def _free_of(requirement: Requirement) -> Callable[[KindRule], bool]:
    return lambda rule: requirement not in rule.requires


def _by_points(register: Register, ruleset: Ruleset, as_of: date) -> list[pl.Series]:
    edition = ruleset.at(as_of)
    base = edition.base.points if edition.base else 0
    default = _table(lambda rule: rule.points, edition, pl.Int64())
    magnitude = pl.col("points").fill_null(default)
    sign = _table(lambda rule: rule.sign, edition, pl.Int64())
    sums = (
        register.records.lazy()
        .filter(_counts(edition, window_on(edition, as_of)))
        .select("row", points=magnitude * sign, direct=_direct_rank(ruleset, edition, magnitude))
        .group_by("row")
        .agg(pl.col("points").sum(), pl.col("direct").max())
        .collect()
    )
    score = _spread(register, sums, "points", pl.Int64()) + base
    direct = _spread(register, sums, "direct", pl.UInt8())
    rank = pl.select(pl.max_horizontal(_band_rank(edition, score), direct)).to_series()
    return [_named(ruleset, rank, "grade"), score.alias("score"), _nothing(score)]


def _direct_rank(ruleset: Ruleset, edition: Edition, magnitude: pl.Expr) -> pl.Expr:
    """Give the rank of the worst direct judgment of a record, 0 without any."""
    found = pl.lit(0, dtype=pl.UInt8)
    for rules in edition.direct.values():
        for rule in rules:
            rank = pl.lit(ruleset.rank(rule.grade), dtype=pl.UInt8)
            judged = pl.when(_applies(rule, magnitude)).then(rank).otherwise(found)
            found = pl.max_horizontal(found, judged)
    return found


def _applies(rule: DirectRule, magnitude: pl.Expr) -> pl.Expr:
    applies = pl.col("kind") == rule.kind.value
    if rule.points_at_least is not None:
        applies &= magnitude >= rule.points_at_least
    if rule.final:
        applies &= pl.col("final")
    if rule.severity is not None:
        applies &= (pl.col("severity") == rule.severity.value).fill_null(False)
    return applies


def _band_rank(edition: Edition, score: pl.Series) -> pl.Series:
    """Count the bands whose lower end lies above the score: the place of its own band."""
    above = [
        (score < band.at_least).cast(pl.UInt8)
        for band in edition.bands
        if band.at_least is not None
    ]
    return pl.select(pl.sum_horizontal(above).cast(pl.UInt8)).to_series()


def _by_triggers(register: Register, ruleset: Ruleset, as_of: date) -> list[pl.Series]:
    edition = ruleset.at(as_of)
    counted = register.records.lazy().filter(_counts(edition, window_on(edition, as_of)))
    numbers = [trigger for trigger in edition.triggers if trigger.within_years is None]
    aggregates = [
        _member(trigger.kinds).sum().cast(pl.UInt32).alias(str(place))
        for place, trigger in enumerate(numbers)
    ]
    shown = [(pl.col("kind") == kind.value).any() for kind in edition.good]
    found = (
        counted.group_by("row").agg(*aggregates, pl.all_horizontal(shown).alias("good")).collect()
    )
    good = _spread(register, found, "good", pl.Boolean())
    rank = (~good).cast(pl.UInt8)  # the best grade is 0, the one for want of good records 1
    for place, trigger in enumerate(numbers):
        met = _spread(register, found, str(place), pl.UInt32()) >= trigger.at_least
        rank = _at_least(rank, met, ruleset.rank(trigger.grade))
    for trigger in edition.triggers:
        if trigger.within_years is not None:
            close = _close_together(counted, edition, trigger)
            met = _spread(register, close, "met", pl.Boolean())
            rank = _at_least(rank, met, ruleset.rank(trigger.grade))
    return [_named(ruleset, rank, "grade"), _nothing(rank, "score"), _nothing(rank)]


def _member(kinds: frozenset[RecordKind]) -> pl.Expr:
    return pl.col("kind").is_in([kind.value for kind in kinds])


def _close_together(counted: pl.LazyFrame, edition: Edition, trigger: Trigger) -> pl.DataFrame:
    """Find the rows with enough records of a trigger close enough together."""
    day = pl.col(edition.window.origin.value)
    first = day.shift(trigger.at_least - 1).over("row")
    return (
        counted.filter(_member(trigger.kinds))
        .sort("row", edition.window.origin.value)
        .filter(day <= first.dt.offset_by(f"{trigger.within_years}y"))
        .select("row", met=pl.lit(True))
        .unique()
        .collect()
    )


def _by_classes(register: Register, ruleset: Ruleset, as_of: date) -> list[pl.Series]:
    given, since = _starting_points(register, ruleset, as_of.year)
    state = pl.zeros(register.subjects.height, dtype=pl.UInt8, eager=True)
    for year in range(_first_year(since, as_of.year), as_of.year):
        state = pl.select(pl.when(since == year).then(given).otherwise(state)).to_series()
        # A subject is moved before its first year too, and starts anew in it.
        state = _moved(register, ruleset, state, date(year, 12, 31))
    state = pl.select(pl.when(since == as_of.year).then(given).otherwise(state)).to_series()
    prospective = _moved(register, ruleset, state, as_of)
    return [
        _named(ruleset, state - 1, "grade"),
        _nothing(state, "score"),
        _named(ruleset, prospective - 1, "prospective"),
    ]


def _first_year(since: pl.Series, year: int) -> int:
    first = since.min()
    return first if isinstance(first, int) else year


def _starting_points(
    register: Register, ruleset: Ruleset, year: int
) -> tuple[pl.Series, pl.Series]:
    """Give each subject its starting class (0 for none, else 1 + rank) and year (C-17)."""
    origin = ruleset.looking_back(date(year, 1, 1)).window.origin.value
    places = {known.id: place + 1 for place, known in enumerate(ruleset.grades)}
    oldest = register.records.lazy().group_by("row").agg(pl.col(origin).min()).collect()
    before = oldest.select("row", since=pl.col(origin).dt.year().cast(pl.Int32) - 1)
    latest = (
        register.previous.with_columns(
            since=pl.col("year").fill_null(year - 1),
            given=pl.col("class").replace_strict(places, return_dtype=pl.UInt8),
        )
        .filter(pl.col("since") <= year)
        .sort("row", "since", "class")
        .unique("row", keep="last", maintain_order=True)
    )
    since = pl.select(pl.repeat(year - 1, register.subjects.height, dtype=pl.Int32)).to_series()
    before = before.filter(pl.col("since") < year - 1)
    since = since.scatter(before["row"], before["since"]).scatter(latest["row"], latest["since"])
    return _spread(register, latest, "given", pl.UInt8()), since


def _moved(register: Register, ruleset: Ruleset, state: pl.Series, day: date) -> pl.Series:
    """Move each subject's class by what a year's evidence shows on a day."""
    edition = ruleset.looking_back(day)
    goods = {kind: 2 << place for place, kind in enumerate(edition.good)}
    flag = _table(
        lambda rule: goods.get(rule.kind, int(not rule.kind.positive)), edition, pl.UInt8()
    )
    flags = (
        register.records.lazy()
        .filter(_counts(edition, window_on(edition, day)))
        .select("row", flag=flag)
        .group_by("row")
        .agg(pl.col("flag").bitwise_or())
        .collect()
    )
    found = _spread(register, flags, "flag", pl.UInt8())
    all_good = sum(goods.values())
    finding = (
        pl.when(found & 1 == 1).then(2).when(found & all_good == all_good).then(1).otherwise(0)
    )
    index = pl.select(state.cast(pl.UInt32) * len(_FINDINGS) + finding.cast(pl.UInt32)).to_series()
    return pl.Series(_movement_table(ruleset, edition), dtype=pl.UInt8).gather(index)


def _movement_table(ruleset: Ruleset, edition: Edition) -> list[int]:
    """Lay the movements out by class (0 for none yet) and finding."""
    return [
        1 + ruleset.rank(move.to)
        for known in (None, *(grade.id for grade in ruleset.grades))
        for finding in _FINDINGS
        for move in edition.movements
        if move.finding == finding and (known in move.classes if known else not move.classes)
    ]


def _at_least(rank: pl.Series, met: pl.Series, worse: int) -> pl.Series:
    return pl.select(pl.max_horizontal(rank, met.cast(pl.UInt8) * worse).cast(pl.UInt8)).to_series()


def _spread(register: Register, found: pl.DataFrame, column: str, dtype: pl.DataType) -> pl.Series:
    """Spread values found for some rows over all subjects; zero or false for the others."""
    whole = pl.zeros(register.subjects.height, dtype=dtype, eager=True)
    return whole.scatter(found["row"], found[column].cast(dtype)).alias(column)


def _named(ruleset: Ruleset, rank: pl.Series, name: str) -> pl.Series:
    grades = pl.Series([grade.id for grade in ruleset.grades], dtype=pl.String)
    return grades.gather(rank.cast(pl.UInt32)).alias(name)


def _nothing(like: pl.Series, name: str = "prospective") -> pl.Series:
    dtype: Sequence[pl.DataType] = (pl.Int64(), pl.String())
    return pl.Series(name, [None], dtype=dtype[name == "prospective"]).new_from_index(0, len(like))
