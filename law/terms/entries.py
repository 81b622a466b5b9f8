"""The entries of a term's ledger: extensions, suspensions, and the reminders derived from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from law.errors import Fault
from law.reader.texts import is_citation

_ARTICLE = re.compile(r"第[0-9〇零一二三四五六七八九十百]+条")


@dataclass(frozen=True)
class Reminder:
    """One moment at which a reminder (`remind`) or an escalation (`escalate`) is due."""

    id: str
    at: datetime
    kind: str


@dataclass(frozen=True)
class Extension:
    """Working days added, who approved them, why and when."""

    days: int
    approved_by: str
    ground: str
    on: date

    def faults(self) -> tuple[Fault, ...]:
        """What is missing: at least one day, an approver and a ground."""
        checks = (
            (self.days >= 1, Fault("days", "延长天数至少为1", "an extension is at least a day")),
            (self.approved_by.strip(), Fault("approved_by", "延长须经批准", "needs an approver")),
            (self.ground.strip(), Fault("ground", "延长须说明理由", "needs a ground")),
        )
        return tuple(fault for met, fault in checks if not met)

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return vars(self) | {"on": self.on.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Extension:
        """The entry that `to_json` wrote."""
        return cls(**{**data, "on": date.fromisoformat(data["on"])})


@dataclass(frozen=True)
class Pause:
    """A suspension from `on`, by the article cited, until `until` (None while it lasts)."""

    on: date
    ground_cite: str
    until: date | None = None

    def faults(self) -> tuple[Fault, ...]:
        """A ground without an article is none: a known citation, or one spelled 第…条."""
        if is_citation(self.ground_cite) or _ARTICLE.search(self.ground_cite):
            return ()
        return (Fault("ground_cite", "中止须注明所依据的条文", "a pause needs its article"),)

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        until = self.until.isoformat() if self.until else None
        return {"on": self.on.isoformat(), "ground_cite": self.ground_cite, "until": until}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pause:
        """The entry that `to_json` wrote."""
        until = date.fromisoformat(data["until"]) if data["until"] else None
        return cls(date.fromisoformat(data["on"]), data["ground_cite"], until)
