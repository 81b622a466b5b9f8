"""`compare` one dossier under several texts; `impact` of a change of text on a register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from law.evidence import Dossier
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.texts_in_force.load import list_rulesets
from law.texts_in_force.model import Ruleset


def compare(
    dossier: Dossier, as_of: date, rulesets: Sequence[Ruleset] | None = None
) -> tuple[Receipt, ...]:
    """Grade one dossier under every text, or under those given, side by side."""
    return tuple(grade(dossier, ruleset, as_of) for ruleset in rulesets or list_rulesets())


@dataclass(frozen=True, slots=True)
class Move:
    """A subject whose grade differs between two texts; None where a text gives none."""

    subject_id: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Impact:
    """Who moves from which grade to which when one text takes the place of another."""

    old_ruleset: str
    new_ruleset: str
    as_of: date
    total: int
    counts: tuple[tuple[str | None, str | None, int], ...]  # old, new, subjects; unmoved too
    moves: tuple[Move, ...]

    def to_json(self) -> dict[str, object]:
        """Write it as JSON."""
        return {
            "old_ruleset": self.old_ruleset,
            "new_ruleset": self.new_ruleset,
            "as_of": self.as_of.isoformat(),
            "total": self.total,
            "moved": len(self.moves),
            "counts": [{"old": old, "new": new, "subjects": n} for old, new, n in self.counts],
            "moves": [
                {"subject": move.subject_id, "old": move.old, "new": move.new}
                for move in self.moves
            ],
        }


def impact(population: Iterable[Dossier], old: Ruleset, new: Ruleset, as_of: date) -> Impact:
    """Grade a register under two texts as of a day and say who moves."""
    graded = (
        Move(
            dossier.subject_id,
            grade(dossier, old, as_of).grade,
            grade(dossier, new, as_of).grade,
        )
        for dossier in population
    )
    return impact_of(graded, old, new, as_of)


def impact_of(graded: Iterable[Move], old: Ruleset, new: Ruleset, as_of: date) -> Impact:
    """Sum up grades under two texts, however they were computed."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    moves: list[Move] = []
    for one in graded:
        counts[one.old, one.new] += 1
        # Grades of different scales differ by name alone; the counts show which became which.
        if one.old != one.new:
            moves.append(one)
    ordered = sorted(counts.items(), key=lambda item: (_name(item[0][0]), _name(item[0][1])))
    return Impact(
        old_ruleset=old.id,
        new_ruleset=new.id,
        as_of=as_of,
        total=counts.total(),
        counts=tuple((was, now, number) for (was, now), number in ordered),
        moves=tuple(moves),
    )


def _name(grade_id: str | None) -> str:
    return grade_id or ""
