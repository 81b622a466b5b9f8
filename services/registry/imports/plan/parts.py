"""Plans the parts of instruments in a file of instruments: a row for each nozzle, channel or phase.

Such rows are about one instrument. What only one of them tells holds for all, as in a ledger whose
first row has the model and the others leave it blank. The state of a row is that of its part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any, NamedTuple

from law.colours.parts import Parts, with_state
from law.colours.rule import InstrumentState
from law.identity import folded, letters, serial_key
from services.registry.imports.plan.plan import Context, Kind, Plan, Planned, RegisterRow
from services.registry.imports.rows.reader import Item

# An instrument is in use if any of its parts is; otherwise as the first of these that one has.
_FIRST_OF = (
    *(InstrumentState.IN_USE, InstrumentState.SPARE),
    *(InstrumentState.STOPPED, InstrumentState.SCRAPPED),
)
OF_THE_PART = frozenset({"part", "state"})


class _PartRow(NamedTuple):
    row: int
    name: str
    state: InstrumentState | None


def complete_rows_of_parts(items: MutableSequence[Item]) -> None:
    """Gives each row about a part what the other rows of its instrument tell, unless they differ.

    So neither the order of the rows nor cells that were left blank decide anything. A row that gets
    something is replaced in the list: the rows of the file are those of every attempt to plan it.
    """
    rows: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        if item.values.get("part") and serial_key(item.values["serial_no"]):
            rows[_about(item.values)].append(place)
    for alike in rows.values():
        told: dict[str, Any] = {}
        for values in (items[place].values for place in alike):
            for name in values.keys() - OF_THE_PART - {"serial_no"}:
                told.setdefault(name, values[name])
        models = {letters(items[place].values.get("model", "")) for place in alike} - {""}
        if len(models) <= 1:
            for place in alike:
                items[place] = Item(items[place].row, {**told, **items[place].values})


def _about(values: Mapping[str, Any]) -> tuple[Any, ...]:
    owner = folded(values.get("owner", "")), values.get("credit_code", "")
    return *owner, values["type_code"], serial_key(values["serial_no"])


class PlannedParts:
    """The parts that the rows of a file name, by instrument."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context, self._plan = context, plan
        self._rows: dict[str, list[_PartRow]] = defaultdict(list)
        self._present: dict[str, RegisterRow | None] = {}

    def add(self, item: Item, instrument_id: str, known: Sequence[RegisterRow]) -> None:
        """Adds a row about a part of the instrument with this id, one of `known` or a new one."""
        own = (row for row in known if row["instrument_id"] == instrument_id)
        self._present.setdefault(instrument_id, next(own, None))
        row = _PartRow(item.row, item.values["part"], item.values.get("state"))
        self._rows[instrument_id].append(row)

    def plan(self) -> None:
        """Plans the parts of each instrument, and the state that follows from theirs."""
        planned = {one.thing_id: one for one in self._plan.things[Kind.INSTRUMENT]}
        for instrument_id, rows in self._rows.items():
            good = [one for one in rows if one.row not in self._context.notes.bad_rows]
            if good:
                self._plan_one(instrument_id, good, planned.get(instrument_id))

    def _plan_one(
        self, instrument_id: str, rows: Sequence[_PartRow], planned: Planned | None
    ) -> None:
        present = self._present[instrument_id]
        before = present["parts"] if present else None
        after = _with_rows(before, rows)
        values: dict[str, Any] = {"parts": after}
        if any(one.state for one in rows):
            states = {part["state"] for part in after}
            values["state"] = next(state for state in _FIRST_OF if state in states)
            if present and self._leaves_scrap(present, values["state"], rows):
                return
        known = {part["name"]: part["state"] for part in before or ()}
        for one in rows:
            told = one.state or known.get(one.name)
            self._count(one.row, changes=one.name not in known or known[one.name] != told)
        if planned is not None and planned.new:
            planned.values.update(values)
        elif present is not None:
            self._alter(instrument_id, rows[0].row, values, present, planned)

    def _count(self, row: int, *, changes: bool) -> None:
        """Counts a row that tells of a part as changed or unchanged; it tells nothing twice."""
        self._plan.merged.discard(row)
        if changes:
            self._plan.unchanged.discard(row)

    def _leaves_scrap(
        self, present: RegisterRow, state: InstrumentState, rows: Sequence[_PartRow]
    ) -> bool:
        scrapped = InstrumentState.SCRAPPED
        if present["state"] != scrapped or state == scrapped:
            return False
        for one in rows:
            zh, en = "该器具已报废", "the instrument is scrapped"
            self._context.fault(one.row, "state", state.value, "SCRAPPED", zh, en)
        return True

    def _alter(
        self,
        instrument_id: str,
        row: int,
        values: dict[str, Any],
        present: RegisterRow,
        planned: Planned | None,
    ) -> None:
        different = {name: value for name, value in values.items() if present[name] != value}
        if planned is not None:
            planned.values.update(different)
            planned.was = {**planned.was, **{name: present[name] for name in different}}
        elif different:
            self._plan.alter(Kind.INSTRUMENT, row, instrument_id, different, present)


def _with_rows(before: Parts, rows: Sequence[_PartRow]) -> list[dict[str, str]]:
    """The registered parts, with those of the rows; a part without a state is in use."""
    after = [dict(part) for part in before or ()]
    for one in rows:
        known = {part["name"]: InstrumentState(part["state"]) for part in after}
        state = one.state or known.get(one.name, InstrumentState.IN_USE)
        after = with_state(after, one.name, state)
    return after
