"""What is particular to a repair and kept with its case: the conditions and where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, Field

from protos.objection.v1 import objection_pb2 as pb


class Confirmation(BaseModel):
    """What a caseworker established about a condition of fact."""

    met: bool
    ground: str
    by: str


class Condition(BaseModel):
    """A condition of the text as it was last checked; `to_confirm` where it is one of fact."""

    id: str
    met: bool
    cite: str
    zh: str
    en: str
    met_from: date | None = None
    in_the_way: list[str] = Field(default_factory=list)
    to_confirm: bool = False


class RepairFile(BaseModel):
    """A repair. Text, grade and spell are those of the day it was applied for."""

    ruleset_id: str
    grade: str
    spell_began_on: date | None
    whole_spell: bool
    promise: str = ""
    conditions: list[Condition] = Field(default_factory=list)
    confirmations: dict[str, Confirmation] = Field(default_factory=dict)
    supplement_requested: str = ""

    @property
    def unmet(self) -> list[Condition]:
        """The conditions that are not met."""
        return [condition for condition in self.conditions if not condition.met]

    @property
    def confirmed(self) -> frozenset[str]:
        """The conditions of fact that were established."""
        return frozenset(name for name, said in self.confirmations.items() if said.met)

    def message(self) -> pb.Repair:
        """As it travels."""
        return pb.Repair(
            ruleset_id=self.ruleset_id,
            grade=self.grade,
            spell_began_on=self.spell_began_on.isoformat() if self.spell_began_on else "",
            whole_spell=self.whole_spell,
            promise=self.promise,
            conditions=map(self._condition, self.conditions),
            supplement_requested=self.supplement_requested,
        )

    def _condition(self, one: Condition) -> pb.Condition:
        said = self.confirmations.get(one.id)
        return pb.Condition(
            id=one.id,
            met=one.met,
            cite=one.cite,
            text_zh=one.zh,
            text_en=one.en,
            met_from=one.met_from.isoformat() if one.met_from else "",
            in_the_way=one.in_the_way,
            to_confirm=one.to_confirm,
            confirmed_by=said.by if said else "",
            ground=said.ground if said else "",
        )


def names_zh(conditions: Iterable[Condition]) -> str:
    """Conditions in a sentence, in Chinese."""
    return "；".join(f"{one.zh}（{one.cite}）" for one in conditions)


def names_en(conditions: Iterable[Condition]) -> str:
    """Conditions in a sentence, in English."""
    return "; ".join(f"{one.en} ({one.cite})" for one in conditions)
