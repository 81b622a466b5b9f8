"""Ledgers of statutory terms: budget, extensions and pauses, from which the last day is computed.

Days are local days in Asia/Shanghai: a term whose last day is D is overdue at 00:00 of D + 1. The
day of the event is not counted; the day after it is day 1. The day on which a term is suspended
still counts; after the term is resumed, counting continues with the next day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from law.errors import Fault, InvalidInput, WrongState
from law.periods import local_day, start_of
from law.reader.texts import is_citation
from law.terms.data import Definition, ReminderPoint, Told, definition
from law.terms.workdays import (
    DueDate,
    Edition,
    next_working_day,
    nth_last_working_day,
    nth_working_day,
    working_days_between,
)

_DAY = timedelta(days=1)
_ARTICLE = re.compile(r"第[0-9〇零一二三四五六七八九十百]+条")


@dataclass(frozen=True)
class Reminder:
    """One moment at which a reminder (`remind`) or an escalation (`escalate`) is due.

    `tells` is whom it is addressed to.
    """

    id: str
    at: datetime
    kind: str
    tells: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Extension:
    """One extension of a term: the working days added, the approver, the reason and the day."""

    days: int
    approved_by: str
    ground: str
    on: date

    def faults(self) -> tuple[Fault, ...]:
        """Returns the faults of the extension: fewer than one day, no approver, or no reason."""
        checks = (
            (self.days >= 1, Fault("days", "延长天数至少为1", "an extension is at least a day")),
            (self.approved_by.strip(), Fault("approved_by", "延长须经批准", "needs an approver")),
            (self.ground.strip(), Fault("ground", "延长须说明理由", "needs a ground")),
        )
        return tuple(fault for met, fault in checks if not met)

    def to_json(self) -> dict[str, Any]:
        """Returns the extension as JSON values."""
        return vars(self) | {"on": self.on.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Extension:
        """Reads an extension from the JSON that `to_json` returned."""
        return cls(**{**data, "on": date.fromisoformat(data["on"])})


@dataclass(frozen=True)
class Pause:
    """One suspension of a term, from the day `on` until the day `until`; None while it lasts.

    `ground_cite` is the article that permits the suspension.
    """

    on: date
    ground_cite: str
    until: date | None = None

    def faults(self) -> tuple[Fault, ...]:
        """Returns a fault unless the ground cites a known text or names an article as 第…条."""
        if is_citation(self.ground_cite) or _ARTICLE.search(self.ground_cite):
            return ()
        return (Fault("ground_cite", "中止须注明所依据的条文", "a pause needs its article"),)

    def to_json(self) -> dict[str, Any]:
        """Returns the suspension as JSON values."""
        until = self.until.isoformat() if self.until else None
        return {"on": self.on.isoformat(), "ground_cite": self.ground_cite, "until": until}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pause:
        """Reads a suspension from the JSON that `to_json` returned."""
        until = date.fromisoformat(data["until"]) if data["until"] else None
        return cls(date.fromisoformat(data["on"]), data["ground_cite"], until)


@dataclass(frozen=True)
class Term:
    """The ledger of one term. Every change returns a new ledger.

    `budget` and `cap` are the working days as they were at the start, so a later change of the law
    does not change a running term. `edition` is the number of the calendar in force at the start;
    dates are computed with the edition that the caller passes.
    """

    definition_id: str
    event_on: date
    budget: int
    cap: int
    edition: int
    extensions: tuple[Extension, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def cite(self) -> str:
        """The article on which the term is based."""
        return self._definition.cite

    @property
    def total(self) -> int:
        """The working days granted: the budget and every approved extension."""
        return self.budget + sum(e.days for e in self.extensions)

    @property
    def is_paused(self) -> bool:
        """True while the term is suspended."""
        return bool(self.pauses) and self.pauses[-1].until is None

    @property
    def running_since(self) -> date | None:
        """The day of the event or of the last resumption; None while the term is suspended."""
        if self.is_paused:
            return None
        return self.pauses[-1].until if self.pauses else self.event_on

    @property
    def last_entry_on(self) -> date:
        """The day of the latest entry in the ledger; no new entry may have an earlier day."""
        marks = [self.event_on, *(e.on for e in self.extensions), *(p.on for p in self.pauses)]
        return max([*marks, *(p.until for p in self.pauses if p.until)])

    def target(self, edition: Edition) -> DueDate:
        """Returns the last day of the term, inclusive, with the extensions granted so far.

        Raises WrongState while the term is suspended; see `target_if_resumed`.
        """
        return self._due(self.total, edition)

    def latest(self, edition: Edition) -> DueDate:
        """Returns the last day of the term, inclusive, if every allowed extension were granted.

        Raises WrongState while the term is suspended.
        """
        return self._due(self.cap, edition)

    def target_if_resumed(self, on: date, edition: Edition) -> DueDate:
        """Returns the last day that a suspended term would have if it were resumed on the day `on`.

        For a term that is not suspended, returns its last day.
        """
        return (self.resume(on) if self.is_paused else self).target(edition)

    def _due(self, days: int, edition: Edition) -> DueDate:
        since = self.running_since
        if since is None:
            raise WrongState(
                "期限中止期间没有到期日", "a suspended term has no last day", cite=self.cite
            )
        left = days - self.consumed(since, edition)
        if left:
            return nth_working_day(since, left, edition)
        # It was suspended on its last day: the first working day after that is the last one.
        return next_working_day(since, edition)

    def _segments(self, on: date) -> tuple[tuple[date, date], ...]:
        """The stretches of days, up to `on`, in which the term ran, each without its first day."""
        starts = [self.event_on, *(p.until for p in self.pauses if p.until)]
        ends = [*(p.on for p in self.pauses), on]
        return tuple((s, min(e, on)) for s, e in zip(starts, ends, strict=False))

    def consumed(self, on: date, edition: Edition) -> int:
        """Returns the working days used up at the end of a day; suspended days are not used up.

        The number is never more than the days granted until then. So where a term was suspended on
        its last day, the day of resumption does not use up a later extension.
        """
        used = 0
        for after, end in self._segments(on):
            used += working_days_between(after, end, edition)
            used = min(used, self._granted_by(end))
        return used

    def _granted_by(self, on: date) -> int:
        return self.budget + sum(e.days for e in self.extensions if e.on <= on)

    def remaining(self, on: date, edition: Edition) -> int:
        """Returns the working days left on the morning of a day, both ends included.

        The count includes the day `on` and the last day of the term. It is at least 1 while the
        term runs and at least 0 while it is suspended. Once the term is overdue, the number is
        negative: the working days since the last day, at least one.
        """
        left = self.total - self.consumed(on - _DAY, edition)
        if self.is_paused:
            return left
        if on > (last := self.target(edition).date):
            return -max(1, working_days_between(last, on, edition))
        return max(1, left)

    def overdue_at(self, edition: Edition) -> datetime:
        """Returns the moment at which the term becomes overdue: 00:00 of the day after the last.

        Raises WrongState while the term is suspended.
        """
        return start_of(self.target(edition).date + _DAY)

    def is_overdue(self, moment: datetime, edition: Edition) -> bool:
        """Returns whether the term is overdue at a moment; never while it is suspended.

        Raises ValueError for a moment without a time zone.
        """
        return not self.is_paused and local_day(moment) > self.target(edition).date

    def reminders(self, edition: Edition) -> tuple[Reminder, ...]:
        """Returns the reminders of the term, earliest first; none while it is suspended."""
        since = self.running_since
        if since is None:
            return ()
        target, points = self.target(edition).date, self._definition.reminders
        return tuple(r for r in reminders_of(target, points, edition) if local_day(r.at) > since)

    @property
    def _definition(self) -> Definition:
        return definition(self.definition_id, self.event_on)

    def extend(
        self, days: int, approved_by: str, ground: str, on: date, *, edition: Edition
    ) -> Term:
        """Returns the ledger with an extension by working days, approved on the day `on`.

        Raises InvalidInput with every fault; WrongState where budget and extensions would exceed
        the cap, or where the last day is over.
        """
        added = Extension(days, approved_by, ground, on)
        _refuse_faults(added.faults(), self.cite)
        self._check_order(on)
        if not self.is_paused and on > self.target(edition).date:
            raise self._too_late()
        if self.total + days > self.cap:
            raise WrongState(
                f"延长后共{self.total + days}个工作日，超过累计上限{self.cap}个工作日",
                f"{self.total + days} working days in all exceed the cap of {self.cap}",
                cite=self.cite,
            )
        return replace(self, extensions=(*self.extensions, added))

    def pause(self, on: date, ground_cite: str, *, edition: Edition) -> Term:
        """Returns the ledger with a suspension from the day `on`; that day still counts.

        Raises InvalidInput for a ground without an article, WrongState where the term is suspended
        already or its last day is over.
        """
        begun = Pause(on, ground_cite)
        _refuse_faults(begun.faults(), self.cite)
        self._check_order(on)
        if self.is_paused:
            raise WrongState("期限已经中止", "the term is suspended already", cite=self.cite)
        if on > self.target(edition).date:
            raise self._too_late()
        return replace(self, pauses=(*self.pauses, begun))

    def resume(self, on: date) -> Term:
        """Returns the ledger with the suspension ended; the day after `on` is the next one counted.

        Raises WrongState where the term is not suspended, InvalidInput for a day before the
        suspension.
        """
        if not self.is_paused:
            raise WrongState("期限没有中止", "the term is not suspended", cite=self.cite)
        self._check_order(on)
        return replace(self, pauses=(*self.pauses[:-1], replace(self.pauses[-1], until=on)))

    def _check_order(self, on: date) -> None:
        if on < self.last_entry_on:
            zh = f"日期{on}早于上一事项{self.last_entry_on}"
            en = f"{on} lies before the latest entry of {self.last_entry_on}"
            raise InvalidInput(zh, en, faults=(Fault("on", zh, en),))

    def _too_late(self) -> WrongState:
        return WrongState("期限已经届满", "the term has run out", cite=self.cite)

    def to_json(self) -> dict[str, Any]:
        """Returns the ledger as JSON values."""
        return {
            "definition_id": self.definition_id,
            "event_on": self.event_on.isoformat(),
            "budget": self.budget,
            "cap": self.cap,
            "edition": self.edition,
            "extensions": [e.to_json() for e in self.extensions],
            "pauses": [p.to_json() for p in self.pauses],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Term:
        """Reads a ledger from the JSON that `to_json` returned."""
        return cls(
            definition_id=data["definition_id"],
            event_on=date.fromisoformat(data["event_on"]),
            budget=data["budget"],
            cap=data["cap"],
            edition=data["edition"],
            extensions=tuple(map(Extension.from_json, data["extensions"])),
            pauses=tuple(map(Pause.from_json, data["pauses"])),
        )


def start(definition_id: str, event_on: date, edition: Edition) -> Term:
    """Starts the ledger of a statutory term with the event of the day `event_on`.

    Raises NotFound for an unknown term, NotInForce for a day on which the term is not in force.
    """
    term = definition(definition_id, event_on)
    return Term(term.id, event_on, term.days, term.cap, edition.number)


def reminders_of(
    last: date, points: Iterable[ReminderPoint], edition: Edition
) -> tuple[Reminder, ...]:
    """Returns the reminders of a last day at these points, earliest first."""
    days = ((point, _reminder_day(point, last, edition)) for point in points)
    found = [Reminder(p.id, start_of(day, p.local_hour), p.kind, p.tells) for p, day in days]
    return tuple(sorted(found, key=lambda reminder: reminder.at))


def _reminder_day(point: ReminderPoint, target: date, edition: Edition) -> date:
    if point.overdue:
        return nth_working_day(target, point.working_days, edition).date
    return nth_last_working_day(target, point.working_days, edition)


def _refuse_faults(faults: tuple[Fault, ...], cite: str) -> None:
    if faults:
        zh = "；".join(f.message_zh for f in faults)
        raise InvalidInput(zh, "; ".join(f.message_en for f in faults), cite=cite, faults=faults)
