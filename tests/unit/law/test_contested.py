"""What an objection can be against, and the outcomes that each has."""

from __future__ import annotations

import pytest

from law.contested import (
    CORRECTABLE,
    OF_RECORDS,
    OUTCOMES_OF,
    Target,
    is_partly_granted,
    outcomes_of_all,
    overall,
    wrong_outcome,
)
from law.objection import OUTCOMES, CaseKind, Outcome

DELETE, CORRECT, STOP, UPHOLD = (
    Outcome.DELETE, Outcome.CORRECT, Outcome.STOP_DISCLOSURE, Outcome.UPHOLD
)  # fmt: skip


@pytest.mark.parametrize("target", Target)
def test_everything_can_be_upheld_and_has_outcomes_of_an_objection(target: Target) -> None:
    assert UPHOLD in OUTCOMES_OF[target]
    assert set(OUTCOMES_OF[target]) <= set(OUTCOMES[CaseKind.OBJECTION])
    assert (target in CORRECTABLE) == (target not in OF_RECORDS)
    assert (DELETE in OUTCOMES_OF[target]) == (target is Target.RECORD)


def test_of_several_things_only_the_common_outcomes_hold_for_all() -> None:
    assert outcomes_of_all([Target.RECORD]) == (DELETE, CORRECT, STOP, UPHOLD)
    assert outcomes_of_all([Target.RECORD, Target.INSTRUMENT]) == (CORRECT, UPHOLD)
    assert outcomes_of_all([Target.DISCLOSURE, Target.INSTRUMENT]) == (UPHOLD,)


def test_a_case_has_the_outcome_of_its_items_or_one_by_item() -> None:
    assert overall([DELETE, DELETE]) is DELETE
    assert overall([DELETE, CORRECT]) is Outcome.BY_ITEM
    assert is_partly_granted([DELETE, UPHOLD])
    assert not is_partly_granted([DELETE, CORRECT])
    assert not is_partly_granted([UPHOLD, UPHOLD])


def test_the_fault_of_a_wrong_outcome_names_the_right_ones() -> None:
    fault = wrong_outcome(Target.DISCLOSURE, "items[1]")
    assert (fault.field, fault.cite) == ("items[1]", "S4 五(三)")
    assert "终止披露、维持" in fault.message_zh
    assert "stop_disclosure, uphold" in fault.message_en
