"""Checks that the figures of a ruleset agree with each other."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from law.evidence import RecordKind
from law.reader.strict_reader import Reader
from law.texts_in_force.model import Band, Edition, Effect, Method

_EFFECTS = {
    Method.POINTS: {Effect.ADDS, Effect.DEDUCTS, Effect.NONE},
    Method.CLASSES: {Effect.ADVERSE, Effect.GOOD, Effect.NONE},
    Method.TRIGGERS: {Effect.ADVERSE, Effect.GOOD, Effect.NONE},
}
_FINDINGS = ("adverse", "clean_and_good", "clean")


def check_kinds_are_all_said(reader: Reader, edition: Edition, start: date) -> None:
    """Records a fault for every kind of record that has no rule in the edition.

    `start` is the first day of the edition, named in the fault.
    """
    for kind in RecordKind:
        if kind not in edition.kinds:
            since = "" if start == date.min else f" from {start}"
            reader.fault(f"kinds.{kind}", "未规定", f"is not said{since}")


def check_edition(
    reader: Reader, edition: Edition, method: Method, grades: tuple[str, ...]
) -> None:
    """Records a fault if an edition lacks a part that its grading method needs.

    An effect of a record kind that belongs to another method is also a fault. `grades` are the ids
    of the grades, best first.
    """
    for rule in edition.kinds.values():
        if rule.effect not in _EFFECTS[method]:
            reader.fault(f"kinds.{rule.kind}.effect", "与方法不符", f"is not of method {method}")
    if method is Method.POINTS:
        _check_points(reader, edition, grades)
    elif method is Method.CLASSES:
        _check_movements(reader, edition, grades)
    else:
        _check_triggers(reader, edition)


def _check_points(reader: Reader, edition: Edition, grades: tuple[str, ...]) -> None:
    if edition.base is None:
        reader.fault("base", "缺少基本分", "is missing")
    for kind in edition.direct:
        if kind in edition.kinds and edition.kinds[kind].effect is not Effect.DEDUCTS:
            reader.fault("direct", f"{kind}不减分", f"{kind} does not deduct here")
    if tuple(band.grade for band in edition.bands) != grades:
        reader.fault("bands", "应从优到劣各列一档", "must list every grade once, best first")
        return
    _check_bands_meet(reader, edition.bands)


def _check_bands_meet(reader: Reader, bands: tuple[Band, ...]) -> None:
    """Notes a fault unless the bands contain every whole number exactly once (C-10)."""
    if bands[0].at_most is not None or bands[-1].at_least is not None:
        reader.fault("bands", "两端应开放", "must be open at both ends", cite="C-10")
    for upper, lower in pairwise(bands):
        if upper.at_least is None or lower.at_most is None:
            reader.fault("bands", "中间不得开放", "must not be open in the middle", cite="C-10")
        elif upper.at_least <= lower.at_most:
            reader.fault("bands", "等级区间重叠", f"overlap at {upper.at_least}", cite="C-10")
        elif upper.at_least > lower.at_most + 1:
            reader.fault("bands", "等级区间有空档", f"gap at {lower.at_most + 1}", cite="C-10")


def _check_movements(reader: Reader, edition: Edition, grades: tuple[str, ...]) -> None:
    """Notes a fault unless each class (and none yet) has one movement for each finding."""
    for grade in (None, *grades):
        for finding in _FINDINGS:
            movements = [
                move
                for move in edition.movements
                if move.finding == finding
                and (grade in move.classes if grade else not move.classes)
            ]
            if len(movements) != 1:
                what = f"{grade or 'first'}/{finding}"
                reader.fault("movements", f"{what}应恰有一条", f"{what} must be said once")
    for move in edition.movements:
        if move.finding not in _FINDINGS:
            reader.fault("movements", "未知情形", f"unknown finding {move.finding}")
    _check_good(reader, edition)


def _check_triggers(reader: Reader, edition: Edition) -> None:
    if not edition.triggers:
        reader.fault("triggers", "缺少", "is missing")
    for trigger in edition.triggers:
        for kind in trigger.kinds:
            rule = edition.kinds.get(kind)
            if rule is not None and rule.effect is not Effect.ADVERSE:
                reader.fault("triggers", f"{kind}不是不良记录", f"{kind} is not adverse here")
    _check_good(reader, edition)


def _check_good(reader: Reader, edition: Edition) -> None:
    if not edition.good:
        reader.fault("good", "缺少", "is missing")
    for kind in edition.good:
        rule = edition.kinds.get(kind)
        if rule is not None and rule.effect is not Effect.GOOD:
            reader.fault("good", f"{kind}不是良好记录", f"{kind} is not a good record here")
