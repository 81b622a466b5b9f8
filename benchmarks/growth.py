"""`python -m benchmarks.growth [INSTRUMENTS] [BUREAUS]`: what a region of that size asks of a part.

Nothing of the platform runs. Costs are those that other benchmarks measured and docs/performance.md
tells, of two shared cores; how much happens is what a district's year was measured to bring
(`benchmarks.year`), and where nothing was measured an assumption that the output names. Pages of
the busiest hour are simulated: visitors come at random, and each page takes its turn at a core.
"""

from __future__ import annotations

import heapq
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

WORKING_DAYS, DAY_SECONDS = 250, 86_400
# Of a year with 5,000 instruments (docs/performance.md, A year), for one instrument.
VERIFICATIONS, ALERTS, NOTICES, RECORDS = 1.0, 11_765 / 5_000, 10_619 / 5_000, 364 / 5_000
DATABASE_BYTES = 59_800_000 / 5_000  # of all databases, after pruning, without events
STREAM_BYTES, TEMPORAL_BYTES = 12_200_000 / 5_000, 151_900_000 / 5_000
AUDIT_ENTRIES = 36_411 / 5_000
# Seconds of processor time.
IMPORTED_ROW, ENTERED_RECORD, ALERTED, CASE = 274e-6, 8.3e-3, 0.3 / 9_009, 0.562
CHECKED_ROW = 6.2 / 114_000  # time elapsed, of `quanheng check`
COUNTED_COLOUR = 13 / 1_000_000  # the first reading of the board on a day
PAGES = (263, 105, 79, 122, 317, 110, 190, 160, 111, 86, 50, 79, 76)  # ms, docs/performance.md
HANDLED = 502  # events a second, one consumer that works off what waits, on PostgreSQL
# Assumed: nothing measured says so.
SUBJECTS, CASES_OF_A_SUBJECT, STAFF_OF_A_BUREAU, PAGES_OF_A_MINUTE = 0.1, 0.02, 30, 1.0


@dataclass(frozen=True)
class Region:
    """The size of what is supervised."""

    instruments: int
    bureaus: int

    @property
    def subjects(self) -> float:
        """Firms and shops, at ten instruments each."""
        return self.instruments * SUBJECTS

    @property
    def pages_of_a_second(self) -> float:
        """What all staff open in the busiest hour."""
        return self.bureaus * STAFF_OF_A_BUREAU * PAGES_OF_A_MINUTE / 60


def rows(region: Region) -> Iterator[tuple[str, float, str]]:
    """What happens and what it costs: name, figure, unit."""
    daily = region.instruments / WORKING_DAYS
    yield "verifications a working day", daily * VERIFICATIONS, ""
    yield "  import of them, registry", daily * VERIFICATIONS * IMPORTED_ROW, "s of one core"
    yield "alerts a day", region.instruments * ALERTS / 365, ""
    yield (
        "  the nights of all bureaus",
        region.instruments * ALERTS / 365 * ALERTED,
        "s of one core",
    )
    yield "notices a second, over the day", region.instruments * NOTICES / 365 / DAY_SECONDS, ""
    yield "records entered a working day", daily * RECORDS, ""
    yield "  registry", daily * RECORDS * ENTERED_RECORD, "s of one core"
    cases = region.subjects * CASES_OF_A_SUBJECT / WORKING_DAYS
    yield "cases a working day (assumed)", cases, ""
    yield "  all services, Temporal and NATS", cases * CASE, "s of one core"
    events = daily * VERIFICATIONS + region.instruments * (ALERTS + RECORDS) / 365
    yield "events a day, each alone", events, ""
    yield "  handled by one consumer, were they to wait", events / HANDLED, "s"
    yield "databases, growth of a year", region.instruments * DATABASE_BYTES / 1e9, "GB"
    yield "NATS, three copies of 90 days", 3 * region.instruments * STREAM_BYTES / 1e9, "GB"
    yield "Temporal", region.instruments * TEMPORAL_BYTES / 1e9, "GB"
    yield "first load of the register, registry", 2 * region.instruments * IMPORTED_ROW / 60, "min"
    yield "first reading of the region's board", region.instruments * COUNTED_COLOUR, "s"
    yield "quanheng check", 2.1 * region.instruments * CHECKED_ROW / 60, "min"
    yield "audit entries a year", region.instruments * AUDIT_ENTRIES, ""
    yield "pages a second in the busiest hour (assumed)", region.pages_of_a_second, ""


def waits(rate: float, cores: int, seconds: float = 900.0, seed: int = 7) -> tuple[float, float]:
    """Returns median and slowest hundredth, in seconds, of pages that come at a rate and queue."""
    chance, free = random.Random(seed), [0.0] * cores  # noqa: S311 - a simulation, no secret
    took, now = [], 0.0
    while now < seconds:
        now += chance.expovariate(rate)
        began = max(now, heapq.heappop(free))
        ended = began + chance.choice(PAGES) / 1000
        heapq.heappush(free, ended)
        took.append(ended - now)
    took.sort()
    return took[len(took) // 2], took[len(took) * 99 // 100]


def main() -> None:
    """Prints the arithmetic and the simulation."""
    sizes = [int(word) for word in sys.argv[1:]]
    region = Region(*(sizes + [10_000_000, 100][len(sizes) :]))
    print(f"{region.instruments:,} instruments, {region.bureaus} bureaus")  # noqa: T201
    for name, figure, unit in rows(region):
        print(f"{name:46} {figure:14,.1f} {unit}")  # noqa: T201
    for cores in (2, 4, 6, 8, 10, 16):
        median, slow = waits(region.pages_of_a_second, cores)
        print(f"pages on {cores:2} cores: p50 {median:8.2f} s, p99 {slow:8.2f} s")  # noqa: T201


if __name__ == "__main__":
    main()
