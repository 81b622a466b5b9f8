"""Who hears a case: the role for its kind, the city for a reconsideration, nobody twice (S3 27).

The texts have the city's bureau reconsider, and are silent where that bureau made the record
itself. Then another unit of it hears the case (C-14), as far as the accounts belong to units; in
any case nobody does who took part before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotPermitted, WrongState
from law.objection import OBJECTION_CITE, CaseKind, Permission, may_decide
from law.separation import Part, parts, recusal
from plumbing.change import Change
from plumbing.identity import Caller, Role
from services.objection.steps import case_in_scope
from services.objection.tables import WAITS, Case, CaseStep, Recusal

HEARS = {
    CaseKind.OBJECTION: Role.CASEWORKER,
    CaseKind.RECONSIDERATION: Role.MUNICIPAL_REVIEWER,
}
_DIGITS = 6  # of a bureau's code; a unit of a bureau has letters behind them
_UNIT = "-"


async def heard_case(change: Change, case_id: str) -> Case:
    """Returns an objection or reconsideration that the caller may hear, locked until the commit.

    Raises NotFound if there is no such case. Raises NotPermitted if it is outside the caller's
    bureau, if callers of this role do not hear it, or if the caller or, in a city that reconsiders
    its own decision, the caller's unit took part in the matter before.
    """
    case = await case_in_scope(change, case_id, *HEARS)
    _require_hearer(change.caller, case)
    await require_apart(change, case)
    return case


async def case_for_staff(change: Change, case_id: str, *kinds: CaseKind) -> Case:
    """Returns a case for an official of its bureau who does not stand back from it, locked.

    Raises NotFound and NotPermitted as `case_in_scope`, and NotPermitted as `require_apart`.
    """
    case = await case_in_scope(change, case_id, *kinds)
    await require_apart(change, case)
    return case


async def require_answered(change: Change, case: Case, step: Part) -> None:
    """Raises WrongState for a final step of a person whose recusal was asked for and not answered.

    Every other step goes on meanwhile (C-35).
    """
    if step not in recusal().waits:
        return
    asked = select(Recusal.recusal_id).where(
        Recusal.case_id == case.case_id,
        Recusal.person == change.on_behalf_of,
        sa.text(WAITS),
    )
    if (await change.session.exec(asked.limit(1))).first() is not None:
        raise WrongState(
            "您的回避尚待单位负责人决定，决定之前不得作出处理决定",
            "Your recusal waits for the unit head; until then you take no decision in the case",
            cite=recusal().cite,
            case=case.case_id,
        )


async def require_apart(change: Change, case: Case) -> None:
    """Raises NotPermitted if the caller took part in a case that this one follows (S3 27).

    It is also raised if it was decided that the caller stands back from this one (C-35).
    In a city that reconsiders its own decision the caller's unit must not have taken part either.
    """
    apart = await ties_of(change.session, case)
    apart.permission(change.on_behalf_of, change.caller.bureau).require()


@dataclass(frozen=True)
class Ties:
    """Who stands back from a case: persons of an earlier case, units, authors, the applicant."""

    took_part: Collection[str]
    units: Collection[str]
    authors: Collection[str] = ()
    applicant: str = ""
    recused: Collection[str] = ()

    def permission(self, account_id: str, bureau: str) -> Permission:
        """Returns whether a person of a bureau or unit may hear the case."""
        return may_decide(
            account_id,
            self.authors,
            took_part=self.took_part,
            applicant=self.applicant,
            decider_unit=bureau,
            excluded_units=self.units,
            recused=self.recused,
        )


async def ties_of(session: AsyncSession, case: Case) -> Ties:
    """Returns who stands back from a case: by its earlier cases, and by decisions on recusal."""
    earlier = await earlier_cases(session, case)
    again = case.kind is CaseKind.RECONSIDERATION
    units = {one.bureau for one in earlier if again and _UNIT in one.bureau}
    query = select(Recusal.person).where(
        Recusal.case_id == case.case_id, col(Recusal.approved).is_(True)
    )
    recused = set((await session.exec(query)).all())
    return Ties(await _people(session, earlier), units, recused=recused)


async def recusal_note(change: Change, case: Case) -> str:
    """Returns what the file of a case says about recusal when somebody takes it up (C-14).

    The result is empty for a case that follows none.
    """
    earlier = await earlier_cases(change.session, case)
    if not earlier:
        return ""
    numbers = "、".join(one.number for one in earlier)
    own = "所涉记录由本局作出；" if is_own_decision(case, earlier[0]) else ""
    return f"{own}办理人未参加{numbers}的任何环节"


def is_own_decision(case: Case, objection: Case) -> bool:
    """Returns whether a bureau reconsiders what it decided itself (C-14)."""
    of_city = case.bureau[:_DIGITS] == objection.bureau[:_DIGITS]
    return case.kind is CaseKind.RECONSIDERATION and of_city


async def earlier_cases(session: AsyncSession, case: Case) -> list[Case]:
    """Returns the cases that a case follows, the latest first."""
    earlier: list[Case] = []
    while case.follows:
        case = await session.get_one(Case, case.follows)
        earlier.append(case)
    return earlier


def _require_hearer(caller: Caller, case: Case) -> None:
    if not caller.has(HEARS[case.kind]):
        raise NotPermitted(
            "异议由原办机关的办案人员办理，复核由市局的复核人员办理",
            "A caseworker of the first bureau hears an objection, a reviewer of the city's bureau"
            " its reconsideration",
            cite=OBJECTION_CITE,
        )
    if case.kind is CaseKind.RECONSIDERATION and caller.bureau[:_DIGITS] != case.bureau[:_DIGITS]:
        raise NotPermitted(
            f"复核由 {case.bureau} 办理",
            f"Bureau {case.bureau} hears this reconsideration",
            cite=OBJECTION_CITE,
            bureau=case.bureau,
        )


async def _people(session: AsyncSession, cases: Sequence[Case]) -> set[str]:
    """Everybody who took part in one of the cases, by a step that `separation.yaml` names."""
    if not cases:
        return set()
    steps = select(CaseStep.actor).where(
        col(CaseStep.case_id).in_([case.case_id for case in cases]),
        col(CaseStep.step).in_(parts().steps),
    )
    return {actor for actor in await session.exec(steps) if actor}
