"""Uses what a file of verifications says of each instrument besides: number, range and class.

They complete the instrument that is on file without them; they never change what is on file.
"""

from __future__ import annotations

from law.identity import same_detail
from services.registry.imports.plan.instrument_finder import InstrumentFinder
from services.registry.imports.plan.plan import Context, Kind, Plan, RegisterRow
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.imports.rows.reader import Item

DETAILS = ("owner_no", "measuring_range", "accuracy_class")


class InstrumentDetails:
    """Completes the instruments that the rows of a file are about; tells what contradicts."""

    def __init__(self, context: Context, finder: InstrumentFinder) -> None:
        """Begins with the models that `finder` found for instruments on file that have none."""
        self._context, self._finder = context, finder
        self._new = {one["instrument_id"]: one for one in finder.filed()}
        self._known: dict[str, dict[str, str]] = {}
        self._rows = {key: row for key, (row, _) in finder.completed.items()}
        self._given = {key: {"model": model} for key, (_, model) in finder.completed.items()}

    def add(self, item: Item, instrument: RegisterRow) -> None:
        """Takes what a row says of its instrument; warns where something else is on file."""
        said = {name: value for name in DETAILS if (value := item.values.get(name))}
        if not said:
            return
        own = instrument["instrument_id"]
        known = self._known.setdefault(own, {name: instrument.get(name, "") for name in DETAILS})
        for name, value in said.items():
            if not known[name]:
                known[name] = value
                self._take(item.row, own, name, value)
            elif not same_detail(name, value, known[name]):
                self._warn(item.row, name, value, known[name])

    def _take(self, row: int, own: str, name: str, value: str) -> None:
        if own in self._new:
            self._new[own][name] = value
            return
        self._rows.setdefault(own, row)
        self._given.setdefault(own, {})[name] = value

    def _warn(self, row: int, name: str, value: str, on_file: str) -> None:
        header = FAMILIES[FamilyName.VERIFICATIONS].fields[name].header
        zh = f"登记的{header}是“{on_file}”，与此不同；登记没有更改，请核对"
        en = f"on file it is {on_file}, which stays as it is: check which one is right"
        column = self._context.file.column(name)
        self._context.notes.warn(row, "OTHER_DETAIL", zh, en, column=column, value=value)

    def plan(self, plan: Plan) -> None:
        """Plans what completes instruments on file, for each with the first row that does."""
        for own, values in self._given.items():
            present = {**self._finder.found[own], **dict.fromkeys(values, "")}
            plan.alter(Kind.INSTRUMENT, self._rows[own], own, values, present)
            plan.unchanged.discard(self._rows[own])
