"""Who acts in a case for another, and what it is shown of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from law.errors import NotPermitted
from law.objection import CaseKind, CaseState
from plumbing.clock import SHANGHAI
from plumbing.identity import Caller, Role
from protos.objection.v1 import objection_pb2 as pb
from services.objection.mandates import has_lapsed, has_lodged, last_day, require_applicant
from services.objection.tables import Case
from services.objection.wire import case_message, shown_to

LAST, AFTER = date(2026, 9, 16), date(2026, 9, 17)


def of(subject_id: str) -> Caller:
    return Caller("a", "a", frozenset({Role.OPERATOR}), subject_id=subject_id)


def acted_in(subject_id: str) -> Case:
    """A case of a subject, in which `agent` acts."""
    agent = {
        "account_id": "a", "subject_id": "agent", "name": "测试代理人", "mandate_id": "file",
        "scope": ["objection"], "until": LAST.isoformat(), "checked_by": "b",
    }  # fmt: skip
    return Case(
        case_id="c", number="号", subject_id=subject_id, bureau="330106", record_ids=[],
        records_as_lodged=[], state=CaseState.ACCEPTED, grounds="", evidence=[], lodged_by="a",
        lodged_at=datetime(2026, 9, 14, 10, tzinfo=SHANGHAI), agent=agent,
        agent_subject_id="agent", agent_until=LAST,
    )  # fmt: skip


def test_who_acts_for_another_needs_a_mandate_in_force() -> None:
    case, agent = acted_in("firm"), of("agent")
    assert (has_lodged(agent, case, LAST), has_lapsed(agent, case, LAST)) == (True, False)
    assert (has_lodged(agent, case, AFTER), has_lapsed(agent, case, AFTER)) == (False, True)
    with pytest.raises(NotPermitted):
        require_applicant(agent, case, AFTER)


def test_a_firm_that_its_agent_was_joined_to_needs_no_mandate() -> None:
    case, firm = acted_in("agent"), of("agent")
    assert not has_lodged(firm, case, LAST)
    assert not has_lapsed(firm, case, AFTER)
    require_applicant(firm, case, AFTER)
    message = case_message(case, AFTER)
    assert shown_to(firm, case, message, AFTER) == message


@pytest.mark.parametrize("until", ["", "20270101", "2027-W01-1", "9999-12-31"])
def test_a_mandate_ends_on_a_day_after_which_days_are_still_counted(until: str) -> None:
    mandate = pb.Mandate(until=until, scope=["repair"])
    last, faults = last_day(mandate, CaseKind.OBJECTION, LAST)
    assert last is None
    assert [fault.field for fault in faults] == ["mandate.scope", "mandate.until"]


def test_the_last_day_that_may_be_named_is_one() -> None:
    mandate = pb.Mandate(until="2999-12-31", scope=["objection"])
    assert last_day(mandate, CaseKind.OBJECTION, LAST) == (date(2999, 12, 31), [])
