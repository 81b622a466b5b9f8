"""Every case has one outcome and every step one effect, whatever is killed meanwhile.

The small edition walks each path once. `make soak CASES=2000` walks as many as it is told,
and kills twenty times; `--chaos-seed` repeats its choices.
"""

from __future__ import annotations

import secrets
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.chaos import soak_invariants
from tests.chaos.campaign import campaign
from tests.chaos.case_paths import PATHS
from tests.chaos.invariants import Books
from tests.chaos.soak import CASES_OF_A_FIRM, Soak, shared_out

SMALL, SMALL_KILLS = len(PATHS), 2


@pytest.mark.parametrize("cases", [SMALL, 2000])
def test_every_path_is_walked_by_many_firms(cases: int) -> None:
    given = shared_out(cases)
    rounds, firms = cases // len(PATHS), {firm for _, firm in given}
    for path in PATHS:
        assert len({firm for one, firm in given if one is path}) == min(rounds, len(firms))
    assert max(Counter(firm for _, firm in given).values()) <= 2 * max(CASES_OF_A_FIRM, len(PATHS))


@pytest.mark.long
async def test_cases_end_once_through_kills(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = request.config.getoption("--soak-cases") or SMALL
    kills = request.config.getoption("--soak-kills") if cases > SMALL else SMALL_KILLS
    seed = request.config.getoption("--chaos-seed") or secrets.randbelow(10**6)
    async with campaign(tmp_path, seed) as under_way:
        random = Random(seed)  # noqa: S311 - it decides what happens, and keeps no secret
        soak = Soak(under_way, cases, kills, random)
        await soak.run()
        client = await under_way.settle()
        found = await under_way.faults_found(client)
        books = Books(under_way.stage.data)
        ended = [one for each in soak.ended for one in each]
        found += [*soak.faults, *soak_invariants.broken(books, under_way.ledger, ended)]
        report = f"seed: {seed}\npaths: {soak.figures()}\nseconds: {soak.seconds:.0f}\n"
        report += under_way.report()
    with capsys.disabled():
        print(f"\n{report}")  # noqa: T201 - what a soak is for
    assert not found, "\n".join([report, *found])
    assert len(soak.ended) == cases
