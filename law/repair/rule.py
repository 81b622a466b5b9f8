"""Checks which conditions for a credit repair on application are met.

S3 20-21; S4 四(四) with ZJ-REPAIR 5; and beside them the national measures of 2026 (C-37). Tianjin
and the national guide provide no application for repair. The term of 15 working days is `repair` in
law.terms.ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from law.errors import Fault, InvalidInput, NotInForce
from law.evidence import Record
from law.figures import Version, in_force, not_in_force, stretches, validities
from law.measures.data import of_text
from law.periods import add_months, add_years
from law.repair.data import (
    Barring,
    Demand,
    DemandType,
    Paper,
    ShortestPublication,
    repair_rules,
)

_WHAT = ("修复条件", "the conditions of repair")


@dataclass(frozen=True, slots=True)
class Application:
    """The facts of an application for a credit repair.

    `on` is the day for which the conditions are checked. `spell_began_on` is the first day since
    which the subject has had the grade without a break (C-13), `to_repair` are the adverse records
    concerned, `archive` all records of the subject. `confirmed` names the facts that the bureau has
    confirmed: duties_performed, impact_removed, corrected. `papers` are on file with it.
    """

    grade: str
    on: date
    spell_began_on: date | None
    to_repair: tuple[Record, ...]
    archive: tuple[Record, ...] = ()
    confirmed: frozenset[str] = frozenset()
    papers: frozenset[Paper] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition for a repair, and whether it is met.

    `met_from` is the first day on which it is met, None where time does not decide. `in_the_way`
    are the ids of the records that prevent it. `paper` is what has to be on file for it.
    """

    id: str
    met: bool
    cite: str
    zh: str
    en: str
    met_from: date | None = None
    in_the_way: tuple[str, ...] = ()  # ids of records that prevent it
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class RepairAnswer:
    """Whether a repair may be confirmed, with the state of every condition.

    `met_from` is the first day on which it may be confirmed if nothing else happens; None where
    time alone is not enough.
    """

    permitted: bool
    conditions: tuple[Condition, ...]
    met_from: date | None


def check(ruleset_id: str, application: Application) -> RepairAnswer:
    """Checks the conditions of a legal text for an application for repair.

    S3 21 and ZJ-REPAIR 5 for grade E; S3 20 and S4 四(四) for any other adverse record. Raises
    NotFound for an unknown text, InvalidInput if `spell_began_on` is needed and missing, and
    NotInForce for a day on which no condition of the text holds.
    """
    rules = of_text(repair_rules(), ruleset_id)
    if rules.refusal:
        refusal = in_force(rules.refusal, application.on, *_WHAT)
        never = Condition("no_application", False, refusal.cite, refusal.zh, refusal.en)
        return RepairAnswer(False, (never,), None)
    own = rules.grades.get(application.grade, rules.any_adverse)
    conditions = _conditions(own, rules.national, application)
    permitted = all(condition.met for condition in conditions)
    return RepairAnswer(permitted, conditions, _permitted_from(own, rules.national, application))


def _conditions(
    own: Sequence[Version[Demand]], national: Sequence[Version[Demand]], application: Application
) -> tuple[Condition, ...]:
    """The conditions as they hold on the day of the application, those of the text first.

    A national condition that the text itself asks is not asked twice.
    """
    on = application.on
    holding = [demand for demand in own if demand.validity.holds(on)]
    if not holding:
        raise not_in_force(on, *_WHAT, (demand.cite for demand in own))
    asked = {demand.value.id for demand in holding}
    holding += [one for one in national if one.validity.holds(on) and one.value.id not in asked]
    demands = (*own, *national)
    return tuple(_condition_of(demand.value, demands, application) for demand in holding)


def _condition_of(
    demand: Demand, demands: Sequence[Version[Demand]], application: Application
) -> Condition:
    condition = _CHECKS[demand.type](demand, application)
    if condition.met or not demand.waits:
        return condition
    versions = [version for version in demands if version.value.id == demand.id]
    return replace(condition, met_from=_waited_from(versions, application))


def _waited_from(versions: Sequence[Version[Demand]], application: Application) -> date | None:
    """The first later day on which the wait is over by the figure of that day."""
    days = (
        (max(_due(version.value, application), version.validity.valid_from or date.min), version)
        for version in versions
    )
    coming = [day for day, version in days if version.validity.holds(day) and day > application.on]
    return min(coming, default=None)


def _permitted_from(
    own: Sequence[Version[Demand]], national: Sequence[Version[Demand]], application: Application
) -> date | None:
    """The first day from the application on with all conditions met, if nothing else happens.

    Conditions change only where a version begins or ends, or where a wait is over.
    """
    demands = (*own, *national)
    days = {first for first, _ in stretches(*validities(demands))}
    days |= {_due(demand.value, application) for demand in demands if demand.value.waits}
    for day in sorted({application.on, *(day for day in days if day > application.on)}):
        try:
            conditions = _conditions(own, national, replace(application, on=day))
        except NotInForce:
            continue
        if all(condition.met for condition in conditions):
            return day
    return None


def _began(application: Application) -> date:
    if application.spell_began_on is None:
        zh, en = "缺少本次等级的起始日", "the first day of the present spell is missing"
        raise InvalidInput(zh, en, faults=(Fault("spell_began_on", zh, en),))
    return application.spell_began_on


def _due(demand: Demand, application: Application) -> date:
    """The first day on which the wait is over, by the figure of this version."""
    if demand.publication is None:
        return add_years(_began(application), demand.years)
    days = (_published_until(demand.publication, record) for record in application.to_repair)
    return max(days, default=application.on)


def _published_until(shortest: ShortestPublication, record: Record) -> date:
    """The day on which the shortest publication of a record is over: as in C-13, its own day."""
    return add_months(record.determined_on, shortest.of(record.severity))


def _waited(demand: Demand, application: Application) -> Condition:
    due = _due(demand, application)
    return _condition(demand, application.on >= due, met_from=due)


def _published(demand: Demand, application: Application) -> Condition:
    """Every record was public for its shortest time; names those that were not (C-37)."""
    shortest = demand.publication
    short = tuple(
        record.id
        for record in application.to_repair
        if shortest is not None and application.on < _published_until(shortest, record)
    )
    return _condition(demand, not short, met_from=_due(demand, application), in_the_way=short)


def _handed_in(demand: Demand, application: Application) -> Condition:
    return _condition(demand, demand.paper in application.papers)


def _established(demand: Demand, application: Application) -> Condition:
    return _condition(demand, demand.id in application.confirmed)


def _nothing_new(demand: Demand, application: Application) -> Condition:
    """No new record was determined since the subject has had the grade (S3 21(三), R-124).

    The records to be repaired do not count, even if they are new.
    """
    began, own = _began(application), {record.id for record in application.to_repair}
    new = tuple(
        r.id
        for r in application.archive
        if r.id not in own
        and began < r.determined_on <= application.on
        and not r.kind.positive
        and r.stands_on(application.on)
        and _blocks(demand, r, application)
    )
    return _condition(demand, not new, in_the_way=new)


def _blocks(demand: Demand, record: Record, application: Application) -> bool:
    if demand.same_kind:
        return record.kind in {r.kind for r in application.to_repair}
    return any(_matches(listed, record) for listed in demand.barring)


def _matches(listed: Barring, record: Record) -> bool:
    if listed.kind is not record.kind or (listed.final and not record.final):
        return False
    return listed.severity in (None, record.severity)


def _condition(
    demand: Demand,
    met: bool,
    *,
    met_from: date | None = None,
    in_the_way: tuple[str, ...] = (),
) -> Condition:
    return Condition(
        demand.id, met, demand.cite, demand.zh, demand.en, met_from, in_the_way, demand.paper
    )


_CHECKS: dict[DemandType, Callable[[Demand, Application], Condition]] = {
    DemandType.AFTER_YEARS: _waited,
    DemandType.AFTER_PUBLICATION: _published,
    DemandType.FILE: _handed_in,
    DemandType.FACT: _established,
    DemandType.NO_NEW: _nothing_new,
}
