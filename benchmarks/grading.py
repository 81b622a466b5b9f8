"""How many dossiers of five records a second each evaluator grades, by the processor's time.

    python -m benchmarks.grading [thousands of subjects] [rounds]

`reasoned` gives a receipt per dossier; `columnar` grades the whole register, laid out in columns
before the clock starts. Both grade the same subjects, and their grades are compared. One core:
Polars is told to use one thread.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # noqa: TID251  read by Polars when imported

from rich.console import Console
from rich.table import Table

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.grading import Receipt, grade
from law.grading.columnar import grade_register
from law.grading.register import register_of
from law.texts_in_force.load import list_rulesets, load
from law.texts_in_force.model import Ruleset

DAY = date(2026, 9, 14)
SECTORS = (Sector.FUEL_STATION, Sector.OPTICAL)  # graded under every text
REASONED = 20_000  # dossiers of the register that the reasoned evaluator grades, too
RECORDS = 5


def dossiers(count: int) -> list[Dossier]:
    """Synthetic subjects, the same in every run."""
    chance = random.Random(1)  # noqa: S311  nothing secret
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


def rate(work: Callable[[], object], count: int, rounds: int) -> float:
    """Dossiers per second of processor time, the median of some rounds."""
    seconds = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        seconds.append(time.process_time() - begun)
    return count / statistics.median(seconds)


def _one_by_one(some: Sequence[Dossier], ruleset: Ruleset) -> list[Receipt]:
    return [grade(dossier, ruleset, DAY) for dossier in some]


def main() -> None:
    """Measures every text and prints a table."""
    thousands, rounds = (int(word) for word in (*sys.argv[1:], "1000", "3")[:2])
    everybody = dossiers(thousands * 1000)
    some, register = everybody[:REASONED], register_of(everybody)
    table = Table("ruleset", "reasoned /s", "columnar /s", "columnar / reasoned", "agree")
    for ruleset in map(load, (one.id for one in list_rulesets())):
        receipts = _one_by_one(some, ruleset)
        columns = grade_register(register, ruleset, DAY)
        agree = [r.grade for r in receipts] == columns["grade"].to_list()[:REASONED]
        reasoned = rate(partial(_one_by_one, some, ruleset), len(some), rounds)
        columnar = rate(partial(grade_register, register, ruleset, DAY), len(everybody), rounds)
        told = (f"{reasoned:,.0f}", f"{columnar:,.0f}", f"{columnar / reasoned:.0f}")
        table.add_row(ruleset.id, *told, str(agree))
    Console().print(table)


if __name__ == "__main__":
    main()
