"""What a batch would set off, before it is applied: alerts newly raised, and grades that fall.

Nothing here is law: the shares are settings of the deployment. Colours are computed here with the
law's own rule from what the register holds; about grades, which rest on evidence in force at
grading, grading is asked. A first load (`baseline`) alarms nobody and is not estimated.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import col

from law.colours.basis import colour_basis
from law.colours.rule import Colour, InstrumentState, VerificationFact, VerificationResult
from plumbing.settings import Settings
from protos.grading.v1 import assessments_pb2 as grading
from services.registry.imports.plan.plan import (
    Context,
    Held,
    Kind,
    Plan,
    everything,
    fetch,
    standing,
)
from services.registry.tables import Instrument, Verification

OF_THE_GRADE = ("kind", "sector", "bureau")
Alarm = tuple[int, str, Colour]  # spell, governing verification, colour: an alert's own key


@dataclass(frozen=True)
class Shares:
    """The settings: what a batch may set off without anybody having looked at it."""

    alerts: float
    drops: float
    least: int

    @classmethod
    def of(cls, settings: Settings) -> Shares:
        """Those of a deployment."""
        return cls(
            settings.import_alert_share, settings.import_drop_share, settings.import_burst_least
        )


@dataclass(frozen=True)
class Question:
    """What grading is to be asked about a plan; equal questions have equal digests."""

    bureau: str
    subjects: Sequence[grading.SupposedSubject]

    @property
    def digest(self) -> str:
        """Names the question."""
        said = hashlib.sha256(self.bureau.encode())
        for one in self.subjects:
            said.update(one.SerializeToString(deterministic=True))
        return said.hexdigest()


@dataclass(frozen=True)
class Drops:
    """What grading answered to a question; `unknown` where it could not answer."""

    question: str = ""
    fallen: int = 0
    graded: int = 0
    unknown: bool = False


class Unforeseen(Exception):
    """A plan about which grading must be asked first; the transaction ends without effect."""

    def __init__(self, question: Question, *, only_checks: bool) -> None:
        super().__init__("grading has not been asked")
        self.question, self.only_checks = question, only_checks


@dataclass(frozen=True)
class Estimate:
    """What a batch would set off. `digest` names it together with everything planned."""

    alerts: int
    instruments: int
    drops: int
    graded: int
    alert_share: float
    drop_share: float
    least: int
    digest: str = ""

    @property
    def is_burst(self) -> bool:
        """Whether somebody has to look at it first."""
        alarming = self.alerts >= self.least and self.alerts > self.alert_share * self.instruments
        falling = self.drops >= self.least and self.drops > self.drop_share * self.graded
        return alarming or falling


async def estimate(context: Context, plan: Plan, shares: Shares, known: Drops) -> Estimate:
    """Estimates a plan. Raises Unforeseen where grading must be asked and `known` is no answer.

    So few subjects that even all of them are no burst are not asked about.
    """
    question = Question(context.header.bureau or context.caller.bureau, _supposed(plan))
    if len(question.subjects) < shares.least:
        known = Drops()
    elif known.question != question.digest:
        raise Unforeseen(question, only_checks=context.header.mode == "check")
    alerts, told = await _alarmed(context, plan)
    measure = (shares.alerts, shares.drops, shares.least)
    found = Estimate(alerts, told, known.fallen, known.graded, *measure)
    return replace(found, digest=_sha256([plan.digest(), found.alerts, found.drops]))


def _supposed(plan: Plan) -> list[grading.SupposedSubject]:
    told: dict[str, grading.SupposedSubject] = {}
    for one in plan.things[Kind.SUBJECT]:
        changed = {name: one.values[name] for name in OF_THE_GRADE if name in one.values}
        if not one.new and changed:
            told[one.thing_id] = grading.SupposedSubject(subject_id=one.thing_id, **changed)
    for one in plan.things[Kind.RECORD]:
        subject_id = one.values["subject_id"]
        if one.new:
            subject = told.setdefault(subject_id, grading.SupposedSubject(subject_id=subject_id))
            subject.records.append(_record(one.values))
    return [told[subject_id] for subject_id in sorted(told)]


def _record(values: Mapping[str, Any]) -> grading.SupposedRecord:
    said: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if name in grading.SupposedRecord.DESCRIPTOR.fields_by_name and value is not None
    }
    return grading.SupposedRecord(**said)


@dataclass
class _Told:
    """An instrument that a plan tells of: as the register holds it, and as it would be."""

    before: Held | None
    after: dict[str, Any]
    added: list[VerificationFact]
    altered: dict[str, Mapping[str, Any]]


async def _alarmed(context: Context, plan: Plan) -> tuple[int, int]:
    """How many instruments would newly be alarmed, of how many the plan tells of."""
    told = await _told(context, plan)
    held: dict[str, list[Held]] = defaultdict(list)
    known = [instrument_id for instrument_id, one in told.items() if one.before is not None]
    column = col(Verification.instrument_id)
    for row in await fetch(context.session, standing(Verification), column, known):
        held[row["instrument_id"]].append(row)
    today = context.change.today
    alarmed = sum(
        _is_newly_alarmed(one, held[instrument_id], today) for instrument_id, one in told.items()
    )
    return alarmed, len(told)


async def _told(context: Context, plan: Plan) -> dict[str, _Told]:
    instruments = {one.thing_id: one for one in plan.things[Kind.INSTRUMENT]}
    verifications = plan.things[Kind.VERIFICATION]
    altered = {one.thing_id: one.values for one in verifications if not one.new}
    of_altered = await fetch(
        context.session, everything(Verification), col(Verification.verification_id), altered
    )
    ids = {one.thing_id for one in instruments.values()}
    ids |= {one.values["instrument_id"] for one in verifications if one.new}
    ids |= {row["instrument_id"] for row in of_altered}
    rows = await fetch(context.session, everything(Instrument), col(Instrument.instrument_id), ids)
    found = {row["instrument_id"]: row for row in rows}
    told = {}
    for one in ids:
        values = instruments[one].values if one in instruments else {}
        told[one] = _Told(found.get(one), _as_planned(found.get(one), values), [], {})
    for planned in verifications:
        if planned.new:
            fact = _fact(f"row {planned.row}", planned.values)
            told[planned.values["instrument_id"]].added.append(fact)
    for row in of_altered:
        told[row["instrument_id"]].altered[row["verification_id"]] = altered[row["verification_id"]]
    return told


def _as_planned(held: Held | None, values: Mapping[str, Any]) -> dict[str, Any]:
    blank = {"state": InstrumentState.SPARE, "spell": 0, "rotate_on": None, "in_review": False}
    after = {**blank, **(held or {}), **values}
    was = held["state"] if held else InstrumentState.SPARE
    comes_into_use = after["state"] == InstrumentState.IN_USE and was != InstrumentState.IN_USE
    return after | {"spell": after["spell"] + comes_into_use}


def _is_newly_alarmed(told: _Told, held: Iterable[Held], today: date) -> bool:
    in_order = sorted(held, key=lambda row: row["verified_on"])
    facts = [_fact(row["verification_id"], row) for row in in_order]
    before = _alarm(told.before, facts, today) if told.before is not None else None
    then = [
        _fact(row["verification_id"], {**row, **told.altered.get(row["verification_id"], {})})
        for row in in_order
    ]
    after = _alarm(told.after, [*then, *told.added], today)
    if after is None or before is None:
        return after is not None
    return after[:2] != before[:2] or after[2].severity > before[2].severity


def _alarm(
    instrument: Mapping[str, Any], facts: Sequence[VerificationFact], today: date
) -> Alarm | None:
    """What an instrument is alarmed of; None where it has no colour or is not watched."""
    if instrument["in_review"]:
        return None
    state = InstrumentState(instrument["state"])
    basis = colour_basis(instrument["type_code"], state, instrument["rotate_on"], facts)
    colour = basis.colour(today)
    if colour is Colour.NONE:
        return None
    return instrument["spell"], basis.governing_id, colour


def _fact(identity: str, said: Mapping[str, Any]) -> VerificationFact:
    result = VerificationResult(said["result"])
    return VerificationFact(identity, result, said["verified_on"], said.get("valid_until"))


def _sha256(said: object) -> str:
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()
