"""For the pages of cases: which reconsideration can be lodged, and who took part before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from law.evidence import RecordStatus
from law.objection import (
    OUTCOME_CITE,
    TERM_OF,
    CaseKind,
    CaseState,
    competent_bureau,
    may_reconsider,
    municipal_bureau,
)
from law.separation import parts
from law.terms.data import definition
from plumbing.client import ask
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit

_ENDED = (RecordStatus.WITHDRAWN, RecordStatus.EXPIRED)


@dataclass(frozen=True)
class Review:
    """A reconsideration that can be lodged: the bureau that hears it, and within which term.

    `days` and `cap` are working days from acceptance, without and with extensions.
    """

    bureau: str
    days: int
    cap: int
    cite: str


def review_of(
    visit: Visit,
    answer: pb.GetCaseResponse,
    records: Sequence[registry.Record],
    bureaus: Mapping[str, str],
    day: str,
) -> Review | None:
    """Returns the reconsideration that the visitor can lodge now; None if they can lodge none.

    `answer` is the case, `records` are its records, `bureaus` the names of all bureaus by code, and
    `day` is today. The service decides again.
    """
    case = answer.case
    if not (visit.has(Role.OPERATOR) and case.kind == CaseKind.OBJECTION):
        return None
    settled = case.state != CaseState.DECIDED  # its result is carried out within moments
    held = any(record.status not in _ENDED for record in records)
    if not (settled and held and may_reconsider(CaseState(case.state))) or _again(answer):
        return None
    municipal = municipal_bureau(case.bureau, bureaus)
    code = competent_bureau(CaseKind.RECONSIDERATION, case.bureau, municipal)
    term = definition(TERM_OF[CaseKind.RECONSIDERATION], date.fromisoformat(day))
    cite = f"{OUTCOME_CITE}; {term.cite}"
    return Review(bureaus.get(code, code), term.days, term.cap, cite)


def _again(answer: pb.GetCaseResponse) -> bool:
    """Whether the result of the case is or was reconsidered."""
    later = answer.related[_earlier(answer) :]
    return any(
        one.kind == CaseKind.RECONSIDERATION and one.state != CaseState.WITHDRAWN for one in later
    )


def _earlier(answer: pb.GetCaseResponse) -> int:
    """How many of the related cases, which come in their order, are before the case."""
    ids = [one.case_id for one in answer.related]
    return ids.index(answer.case.follows) + 1 if answer.case.follows else 0


async def took_part_before(visit: Visit, answer: pb.GetCaseResponse) -> set[str]:
    """Returns the accounts that took part in the earlier cases of a matter.

    Empty for an applicant, to whom it makes no difference, and for a first objection.
    """
    if visit.has(Role.OPERATOR):
        return set()
    earlier = answer.related[: _earlier(answer)]
    requests = [pb.GetCaseRequest(case_id=one.case_id) for one in earlier]
    cases = await asyncio.gather(*(ask(visit.services.objection.GetCase(r)) for r in requests))
    return {step.actor for one in cases for step in one.steps if step.step in parts().steps}


async def decided_records(visit: Visit) -> Mapping[str, pb.RelatedCase]:
    """Returns the cases that decided about the firm's records as they are now, by record id.

    No new objection to such a record can be lodged.
    """
    request = pb.CheckObjectionRequest(subject_id=visit.person.subject_id)
    answer = await ask(visit.services.objection.CheckObjection(request))
    return {one.record_id: one.case for one in answer.decided}
