"""The data of a repair beside its case: the application, and the state of its conditions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, Field

from protos.objection.v1 import objection_pb2 as pb


class Confirmation(BaseModel):
    """A caseworker's answer to whether a condition of fact is met, with the ground."""

    met: bool
    ground: str
    by: str


class Condition(BaseModel):
    """A condition of the rule text for a repair, with the result of its last check.

    `to_confirm` marks a condition of fact, which a caseworker confirms. `in_the_way` lists the
    records that prevent it from being met; `met_from` is the first day on which it is met. `paper`
    is what has to be on file for it, or empty.
    """

    id: str
    met: bool
    cite: str
    zh: str
    en: str
    met_from: date | None = None
    in_the_way: list[str] = Field(default_factory=list)
    to_confirm: bool = False
    paper: str = ""


class RepairFile(BaseModel):
    """The data of an application for repair.

    Rule text, grade and first day of the grade are those on the day of application. `whole_spell`
    is true if the subject named no records: the subject then applies for all records that caused
    its grade. `papers` are on file.
    """

    ruleset_id: str
    grade: str
    spell_began_on: date | None
    whole_spell: bool
    promise: str = ""
    conditions: list[Condition] = Field(default_factory=list)
    confirmations: dict[str, Confirmation] = Field(default_factory=dict)
    supplement_requested: str = ""
    papers: list[str] = Field(default_factory=list)

    def with_paper(self, paper: str) -> RepairFile:
        """Returns the data with a further paper on file, and its condition met."""
        conditions = [
            one.model_copy(update={"met": True}) if one.paper == paper else one
            for one in self.conditions
        ]
        papers = sorted({*self.papers, paper})
        return self.model_copy(update={"conditions": conditions, "papers": papers})

    @property
    def unmet(self) -> list[Condition]:
        """The conditions of the repair that are not met."""
        return [condition for condition in self.conditions if not condition.met]

    @property
    def confirmed(self) -> frozenset[str]:
        """The ids of the conditions of fact that a caseworker confirmed as met."""
        return frozenset(name for name, answer in self.confirmations.items() if answer.met)

    def message(self) -> pb.Repair:
        """Returns the protobuf message of this application for repair."""
        return pb.Repair(
            ruleset_id=self.ruleset_id,
            grade=self.grade,
            spell_began_on=self.spell_began_on.isoformat() if self.spell_began_on else "",
            whole_spell=self.whole_spell,
            promise=self.promise,
            conditions=map(self._condition, self.conditions),
            supplement_requested=self.supplement_requested,
            papers=self.papers,
        )

    def _condition(self, condition: Condition) -> pb.Condition:
        confirmation = self.confirmations.get(condition.id)
        return pb.Condition(
            id=condition.id,
            met=condition.met,
            cite=condition.cite,
            text_zh=condition.zh,
            text_en=condition.en,
            met_from=condition.met_from.isoformat() if condition.met_from else "",
            in_the_way=condition.in_the_way,
            to_confirm=condition.to_confirm,
            confirmed_by=confirmation.by if confirmation else "",
            ground=confirmation.ground if confirmation else "",
            paper=condition.paper,
        )


def names_zh(conditions: Iterable[Condition]) -> str:
    """Returns the conditions with their articles as one Chinese phrase."""
    return "；".join(f"{condition.zh}（{condition.cite}）" for condition in conditions)


def names_en(conditions: Iterable[Condition]) -> str:
    """Returns the conditions with their articles as one English phrase."""
    return "; ".join(f"{condition.en} ({condition.cite})" for condition in conditions)
