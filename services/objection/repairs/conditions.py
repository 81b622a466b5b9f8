"""The conditions of a repair under the law: which are met, which are not, and from which day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from law.errors import WrongState
from law.repair import rule as law
from law.repair.data import Paper
from services.objection.repairs.facts import Archive, law_record
from services.objection.repairs.repair_file import Condition, RepairFile, names_en, names_zh

NO_APPLICATION = "no_application"


def checked(file: RepairFile, record_ids: Iterable[str], archive: Archive, on: date) -> RepairFile:
    """Returns `file` with every condition checked for an application on the day `on`.

    See S3 21 and S4 四(四). A condition of fact counts as met if a caseworker confirmed it.
    """
    now = _answer(file, record_ids, archive, on, file.confirmed)
    # Checked again as if every fact were confirmed: what then becomes met is a condition of fact.
    all_confirmed = frozenset(condition.id for condition in now)
    at_best = _answer(file, record_ids, archive, on, all_confirmed)
    conditions = [
        Condition(
            id=condition.id,
            met=condition.met,
            cite=condition.cite,
            zh=condition.zh,
            en=condition.en,
            met_from=condition.met_from,
            in_the_way=list(condition.in_the_way),
            to_confirm=condition.id in file.confirmations or (best.met and not condition.met),
            paper=condition.paper or "",
        )
        for condition, best in zip(now, at_best, strict=True)
    ]
    return file.model_copy(update={"conditions": conditions})


def _answer(
    file: RepairFile,
    record_ids: Iterable[str],
    archive: Archive,
    on: date,
    confirmed: frozenset[str],
) -> Sequence[law.Condition]:
    records = {record.record_id: law_record(record) for record in archive}
    application = law.Application(
        grade=file.grade,
        on=on,
        spell_began_on=file.spell_began_on,
        to_repair=tuple(records[record_id] for record_id in record_ids if record_id in records),
        archive=tuple(records.values()),
        confirmed=confirmed,
        papers=frozenset(map(Paper, file.papers)),
    )
    return law.check(file.ruleset_id, application).conditions


@dataclass(frozen=True)
class Admission:
    """Whether an application may be lodged, and the first day on which it may be lodged.

    `allowed_from` is None if the rule text allows no application at all.
    """

    allowed: bool
    allowed_from: date | None


def admission(file: RepairFile, on: date) -> Admission:
    """Returns whether an application may be lodged on the day `on`, and the first possible day.

    It may not be lodged if the rule text provides no application, or before the day from which the
    text allows it. Every other application is admitted and decided with reasons.
    """
    if any(condition.id == NO_APPLICATION for condition in file.conditions):
        return Admission(False, None)
    days = (condition.met_from for condition in file.conditions if condition.met_from)
    first = max(days, default=on)
    return Admission(first <= on, max(first, on))


def require_admission(file: RepairFile, on: date) -> None:
    """Raises WrongState if the application may not be lodged on the day `on`.

    The error names the first possible day; if the rule text allows no application, it says so.
    """
    answer = admission(file, on)
    if answer.allowed:
        return
    if answer.allowed_from is None:
        [never] = file.conditions
        raise WrongState(never.zh, never.en, cite=never.cite)
    waiting = [condition for condition in file.unmet if condition.met_from]
    day = answer.allowed_from.isoformat()
    why_zh, why_en = "；".join(one.zh for one in waiting), "; ".join(one.en for one in waiting)
    raise WrongState(
        f"尚不可申请信用修复，自{day}起可以申请：{why_zh}",
        f"Repair cannot be applied for yet; it can from {day}: {why_en}",
        cite="; ".join(condition.cite for condition in waiting),
        met_from=day,
    )


def require_all_met(file: RepairFile) -> None:
    """Raises WrongState, with the names of the unmet conditions, unless every condition is met."""
    if unmet := file.unmet:
        raise WrongState(
            f"尚有条件未满足，不能确认修复：{names_zh(unmet)}",
            f"The repair cannot be confirmed; not met: {names_en(unmet)}",
            cite="; ".join(condition.cite for condition in unmet),
            conditions=",".join(condition.id for condition in unmet),
        )


def require_any_unmet(file: RepairFile) -> None:
    """Raises WrongState if every condition is met, because a refusal would then have no ground."""
    if not file.unmet:
        raise WrongState(
            "各项条件均已满足，不能不予修复",
            "Every condition is met; the repair cannot be refused",
            cite="; ".join(condition.cite for condition in file.conditions),
        )
