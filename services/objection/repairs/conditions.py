"""The conditions of a repair, checked by the law: which are met, what is missing, from when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from law.errors import WrongState
from law.repair import rule as law
from services.objection.repairs.facts import Archive, law_record
from services.objection.repairs.file import Condition, RepairFile, names_en, names_zh

NO_APPLICATION = "no_application"


def checked(file: RepairFile, record_ids: Iterable[str], archive: Archive, on: date) -> RepairFile:
    """The file with every condition as it stands, for an application of that day.

    S3 21; S4 四(四). What only a person can tell counts as far as it was established.
    """
    now = _answer(file, record_ids, archive, on, file.confirmed)
    told = _answer(file, record_ids, archive, on, frozenset(one.id for one in now))
    conditions = [
        Condition(
            id=one.id,
            met=one.met,
            cite=one.cite,
            zh=one.zh,
            en=one.en,
            met_from=one.met_from,
            in_the_way=list(one.in_the_way),
            to_confirm=one.id in file.confirmations or (said.met and not one.met),
        )
        for one, said in zip(now, told, strict=True)
    ]
    return file.model_copy(update={"conditions": conditions})


def _answer(
    file: RepairFile,
    record_ids: Iterable[str],
    archive: Archive,
    on: date,
    confirmed: frozenset[str],
) -> Sequence[law.Condition]:
    records = {said.record_id: law_record(said) for said in archive}
    application = law.Application(
        grade=file.grade,
        on=on,
        spell_began_on=file.spell_began_on,
        to_repair=tuple(records[one] for one in record_ids if one in records),
        archive=tuple(records.values()),
        confirmed=confirmed,
    )
    return law.check(file.ruleset_id, application).conditions


@dataclass(frozen=True)
class Door:
    """Whether an application can be lodged on a day, and if only time is missing, from when."""

    open: bool
    opens_on: date | None


def door(file: RepairFile, on: date) -> Door:
    """An application is turned away only where no person's judgment could change the answer.

    That is where the text knows no application, and before the day from which it may be made;
    everything else is heard and answered with reasons.
    """
    if any(one.id == NO_APPLICATION for one in file.conditions):
        return Door(False, None)
    opens_on = max((one.met_from for one in file.conditions if one.met_from), default=on)
    return Door(opens_on <= on, max(opens_on, on))


def require_open(file: RepairFile, on: date) -> None:
    """Raises WrongState where the application cannot be lodged, with the first day it can."""
    answer = door(file, on)
    if answer.open:
        return
    cite = "; ".join(one.cite for one in file.unmet if not one.to_confirm)
    if answer.opens_on is None:
        [never] = file.conditions
        raise WrongState(never.zh, never.en, cite=cite)
    day = answer.opens_on.isoformat()
    raise WrongState(
        f"尚不可申请信用修复，自{day}起可以申请",
        f"Repair cannot be applied for yet; it can from {day}",
        cite=cite,
        met_from=day,
    )


def require_all_met(file: RepairFile) -> None:
    """Raises WrongState naming every condition that is not met."""
    if unmet := file.unmet:
        raise WrongState(
            f"尚有条件未满足，不能确认修复：{names_zh(unmet)}",
            f"The repair cannot be confirmed; not met: {names_en(unmet)}",
            cite="; ".join(one.cite for one in unmet),
            conditions=",".join(one.id for one in unmet),
        )


def require_some_unmet(file: RepairFile) -> None:
    """Raises WrongState where nothing is left on which a refusal could rest."""
    if not file.unmet:
        raise WrongState(
            "各项条件均已满足，不能不予修复",
            "Every condition is met; the repair cannot be refused",
            cite="; ".join(one.cite for one in file.conditions),
        )
