"""An objection from lodging to letter, on real processes, through crashes and a moving clock."""

from __future__ import annotations

import pytest

from tests.integration.objection.stage import Cast

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_granted_objection_corrects_the_register_and_restores_the_grade(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.lodge(record)
    assert (case.state, case.number) == ("lodged", "异议〔2026〕330106-0001号")
    accepted = await cast.accept(case)
    assert accepted.term.target_on == "2026-09-20"
    extended = await cast.extend(case, 15)
    assert (extended.term.target_on, extended.term.budget_days) == ("2026-10-16", 20)
    await cast.decide(case, "delete")
    read = await cast.closed(case)
