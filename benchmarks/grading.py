"""Measures how many dossiers of five records are graded per second of processor time, by text.

python -m benchmarks.grading [thousands of subjects] [rounds]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.grading import grade
from law.texts_in_force.load import list_rulesets
from law.texts_in_force.model import Ruleset

DAY = date(2026, 9, 14)
SECTORS = (Sector.FUEL_STATION, Sector.OPTICAL)  # graded under every text
RECORDS = 5


def dossiers(count: int) -> list[Dossier]:
    """Synthetic subjects, the same in every run."""
    chance = random.Random(1)  # noqa: S311  not a secret
    kinds = list(RecordKind)

    def record(number: int) -> Record:
        on = DAY - timedelta(days=chance.randrange(6 * 365))
        return Record(f"r{number}", chance.choice(kinds), on, on, final=chance.random() < 0.5)

    return [
        Dossier(
            f"s{n}",
            chance.choice(SECTORS),
            SubjectKind.ORGANISATION,
            tuple(record(n * RECORDS + k) for k in range(RECORDS)),
        )
        for n in range(count)
    ]


def rate(subjects: Sequence[Dossier], ruleset: Ruleset, rounds: int) -> float:
    """How many dossiers are graded per second of processor time, as the median of the rounds."""
    seconds = []
    for _ in range(rounds):
        started = time.process_time()
        for dossier in subjects:
            grade(dossier, ruleset, DAY)
        seconds.append(time.process_time() - started)
    return len(subjects) / statistics.median(seconds)


def main() -> None:
    """Measures every text and prints a table."""
    thousands, rounds = (int(argument) for argument in (*sys.argv[1:], "20", "3")[:2])
    subjects = dossiers(thousands * 1000)
    table = Table("ruleset", "dossiers /s")
    for ruleset in list_rulesets():
        table.add_row(ruleset.id, f"{rate(subjects, ruleset, rounds):,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
