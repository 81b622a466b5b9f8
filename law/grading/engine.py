"""Grades a dossier under a legal text on a day, and checks a receipt by grading it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from law.errors import Fault, NotFound
from law.evidence import Dossier, RecordKind, read_dossier
from law.grading.classes import by_classes, evidence_day, telling_next_year
from law.grading.counting import lines_of, not_graded_lines, window_on
from law.grading.points import Outcome, by_points
from law.grading.receipt import Receipt
from law.grading.receipt_parts import Line, Reason, Span
from law.grading.triggers import by_triggers
from law.measures.data import MeasureVersions
from law.measures.rule import measure_versions
from law.reader.strict_reader import Reader, refuse
from law.texts_in_force.load import list_rulesets, load, not_holding, outside
from law.texts_in_force.model import Method, NotGraded, Reading, Ruleset

_KIND_FACT = {kind: f"kind:{kind}" for kind in RecordKind}
_UNUSED_FACT = {reason: f"unused:{reason}" for reason in Reason}


def grade(dossier: Dossier, ruleset: Ruleset, as_of: date) -> Receipt:
    """Grades a dossier under a ruleset as of a day, with the reason for every record (D-08).

    `as_of` is a local day. If the text does not apply to the subject or does not hold on that day,
    the receipt contains the reason instead of a grade. Where classes hold for a year, the evidence
    is that of the end of the year before (C-17).
    """
    early_or_late = not_holding(ruleset, as_of)
    if early_or_late is not None:
        return _without_grade(dossier, ruleset, as_of, None, early_or_late)
    closing = evidence_day(ruleset, as_of)
    edition = ruleset.looking_back(closing)
    span = window_on(edition, closing)
    beyond = outside(ruleset, dossier.subject_kind, dossier.sector)
    if beyond is not None:
        return _without_grade(dossier, ruleset, as_of, span, beyond)
    lines = lines_of(dossier, ruleset, edition, span)
    if ruleset.method is Method.POINTS:
        outcome = by_points(dossier, ruleset, edition, lines)
    elif ruleset.method is Method.CLASSES:
        outcome = by_classes(dossier, ruleset, as_of)
        lines = telling_next_year(lines, dossier, edition, as_of)
    else:
        outcome = by_triggers(dossier, ruleset, edition, lines)
    return _receipt(dossier, ruleset, as_of, span, lines, outcome)


def compare(
    dossier: Dossier, as_of: date, rulesets: Sequence[Ruleset] | None = None
) -> tuple[Receipt, ...]:
    """Grades one dossier under each of the rulesets, in their order.

    Without `rulesets`, uses every packaged ruleset.
    """
    return tuple(grade(dossier, ruleset, as_of) for ruleset in rulesets or list_rulesets())


def _receipt(
    dossier: Dossier,
    ruleset: Ruleset,
    as_of: date,
    span: Span,
    lines: tuple[Line, ...],
    outcome: Outcome,
) -> Receipt:
    return Receipt(
        subject_id=dossier.subject_id,
        ruleset_id=ruleset.id,
        ruleset_version=ruleset.version,
        ruleset_hash=ruleset.hash,
        as_of=as_of,
        grade=outcome.grade,
        score=outcome.score,
        lines=lines,
        overrides=outcome.overrides,
        window=span,
        ambiguities=_touched(ruleset, _facts(lines, outcome)),
        example_values=ruleset.example_valued,
        no_record=not any(line.counted for line in lines),
        contested_records=_contested(dossier, lines),
        in_force=ruleset.in_force(as_of),
        inputs=dossier,
        prospective=outcome.prospective,
        measures=_measures(ruleset.id, outcome.grade, as_of),
    )


def _without_grade(
    dossier: Dossier, ruleset: Ruleset, as_of: date, span: Span | None, beyond: NotGraded
) -> Receipt:
    return Receipt(
        subject_id=dossier.subject_id,
        ruleset_id=ruleset.id,
        ruleset_version=ruleset.version,
        ruleset_hash=ruleset.hash,
        as_of=as_of,
        grade=None,
        score=None,
        lines=not_graded_lines(dossier.records, beyond.cite),
        overrides=(),
        window=span,
        ambiguities=_touched(ruleset, {"not_graded"}),
        example_values=ruleset.example_valued,
        no_record=not dossier.records,
        contested_records=(),
        in_force=ruleset.in_force(as_of),
        inputs=dossier,
        not_graded=beyond,
    )


def _measures(ruleset_id: str, grade: str, as_of: date) -> tuple[str, ...]:
    """The measures of a grade on a day; they inform, and none takes effect by itself (C-23)."""
    versions = _dated_measures(ruleset_id, grade)
    return tuple(version.value.id for version in versions if version.validity.holds(as_of))


def _dated_measures(ruleset_id: str, grade: str) -> MeasureVersions:
    try:
        return measure_versions(ruleset_id, grade)
    except NotFound:
        return ()  # a ruleset under trial has no measures yet


def _contested(dossier: Dossier, lines: tuple[Line, ...]) -> tuple[str, ...]:
    """The counted records under objection, which still count until it is decided."""
    pairs = zip(dossier.records, lines, strict=True)
    return tuple(record.id for record, line in pairs if record.contested and line.counted)


def _facts(lines: tuple[Line, ...], outcome: Outcome) -> set[str]:
    """The facts of this grading in the words that rulesets use in `touched_by`."""
    facts = {f"grade:{outcome.grade}", *outcome.facts}
    for line in lines:
        if line.counted:
            facts.add(_KIND_FACT[line.kind])
            facts.add("positive" if line.kind.positive else "adverse")
        else:
            facts.add(_UNUSED_FACT[line.reason])
    facts.add("counted" if "positive" in facts or "adverse" in facts else "no_record")
    return facts


def _touched(ruleset: Ruleset, facts: set[str]) -> tuple[Reading, ...]:
    return tuple(
        ambiguity.reading
        for ambiguity in ruleset.ambiguities
        if not ambiguity.touched_by.isdisjoint(facts)
    )


def verify(receipt: Receipt) -> list[str]:
    """Grades the dossier of a receipt again and lists the differences; empty if there are none."""
    return verify_document(receipt.to_json())


def verify_document(document: object) -> list[str]:
    """Grades the dossier in a receipt in JSON again, and lists every field that differs.

    Raises InvalidInput where the id of the ruleset, the day or the dossier (`inputs`) cannot be
    read; all other fields are only compared.
    """
    faults: list[Fault] = []
    reader = Reader(document, "", faults)
    ruleset_id, as_of = reader.text("ruleset"), reader.day("as_of")
    inputs = read_dossier(reader.below("inputs"))
    refuse(faults, "评价凭据不符合要求", "The receipt is not valid.")
    try:
        ruleset = load(ruleset_id)
    except NotFound as error:
        return [f"ruleset: {error.en}"]
    return list(_differences("", document, grade(inputs, ruleset, as_of).to_json()))


def _differences(path: str, stated: object, recomputed: object) -> Iterator[str]:
    if isinstance(stated, Mapping) and isinstance(recomputed, Mapping):
        for key in dict.fromkeys((*stated, *recomputed)):
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(below, stated.get(key), recomputed.get(key))
    elif (
        isinstance(stated, list) and isinstance(recomputed, list) and len(stated) == len(recomputed)
    ):
        for index, (left, right) in enumerate(zip(stated, recomputed, strict=True)):
            yield from _differences(f"{path}[{index}]", left, right)
    elif stated != recomputed or type(stated) is not type(recomputed):
        yield f"{path}: stated {stated!r}, recomputed {recomputed!r}"
