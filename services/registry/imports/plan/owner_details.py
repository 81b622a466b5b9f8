"""Uses the code and the address of the owner that a ledger has beside each instrument.

They complete the owner that is on file without them; they never change what is on file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from law.identity import folded
from plumbing.identity import Role
from services.registry.former_names import keys_of
from services.registry.imports.plan.plan import Context, Kind, Plan, Planned, RegisterRow

DETAILS = ("credit_code", "address", "phone")


def note_deregistered(context: Context, row: int, name: str, subject: RegisterRow) -> None:
    """Warns of a row that names a deregistered subject; `name` is the field that names it."""
    if not (day := subject.get("deregistered_on")):
        return
    zh, en = f"“{subject['name']}”已于 {day} 注销", f"{subject['name']} is deregistered since {day}"
    column = context.file.column(name)
    context.notes.warn(row, "DEREGISTERED", zh, en, column=column, value=subject["name"])


class OwnerDetails:
    """Completes the owners that the rows of a file name, each once; tells what contradicts."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context, self._plan = context, plan
        self._planned: dict[str, Planned] = {}
        self._known: dict[str, dict[str, str]] = {}
        self._noted: set[str] = set()

    def note_name(self, row: int, name: str, owner: RegisterRow) -> None:
        """Warns once of each name that is not the one on file for the row's code."""
        names = {folded(owner["name"]), *keys_of(owner.get("former_names") or ())}
        if name and folded(name) not in names and name not in self._noted:
            self._noted.add(name)
            zh = f"按统一社会信用代码是“{owner['name']}”，名称与登记不同，请核对"
            en = f"by the credit code it is {owner['name']}; the name on file differs: check it"
            column = self._context.file.column("owner")
            self._context.notes.warn(row, "OTHER_NAME", zh, en, column=column, value=name)

    def note_deregistered(self, row: int, owner: RegisterRow) -> None:
        """Warns once of each owner that is deregistered."""
        if owner["subject_id"] not in self._noted:
            self._noted.add(owner["subject_id"])
            note_deregistered(self._context, row, "owner", owner)

    def complete(self, row: int, values: Mapping[str, Any], owner: RegisterRow) -> bool:
        """Completes the row's owner on file; False, and a fault, if it has another code."""
        known = self._known.setdefault(
            owner["subject_id"], {name: owner.get(name) or "" for name in DETAILS}
        )
        code = values.get("credit_code", "")
        if code and known["credit_code"] not in ("", code):
            self._fault(row, code, known["credit_code"])
            return False
        given = {name: values[name] for name in DETAILS if values.get(name) and not known[name]}
        if given and self._may_complete(owner):
            known.update(given)
            self._plan_details(row, given, owner)
        return True

    def _may_complete(self, owner: RegisterRow) -> bool:
        return not (owner["in_review"] or self._context.caller.has(Role.VERIFICATION_INSTITUTION))

    def _plan_details(self, row: int, given: Mapping[str, str], owner: RegisterRow) -> None:
        was = dict.fromkeys(given, "")
        planned = self._planned.get(owner["subject_id"])
        if planned is None:
            planned = Planned(row, owner["subject_id"], {}, new=False)
            self._planned[owner["subject_id"]] = planned
            self._plan.things[Kind.SUBJECT].append(planned)
        planned.values, planned.was = {**planned.values, **given}, {**planned.was, **was}
        if code := given.get("credit_code"):
            zh = f"登记的“{owner['name']}”没有代码，按此行补充；不是同一单位的，请先改名"
            en = f"{owner['name']} is on file without a code, which this row gives it"
            column = self._context.file.column("credit_code")
            self._context.notes.warn(row, "CODE_ADDED", zh, en, column=column, value=code)

    def _fault(self, row: int, code: str, other: str) -> None:
        zh = f"同名使用单位的代码是 {other}，与此不同；不是同一单位的，请先分别登记"
        en = f"the owner of this name has the code {other}; register both if they are two"
        self._context.fault(row, "credit_code", code, "OTHER_CODE", zh, en)
