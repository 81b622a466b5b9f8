"""Finds the subject that a cell names as the owner: by credit code, number or name in any writing.

On request, an owner that is not in the register becomes a new subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col

from law.evidence import Sector, SubjectKind
from law.identity import folded, letters
from law.identity.subjects import code_key, placeholders
from plumbing.identity import scope_prefix
from services.registry.former_names import keys_of
from services.registry.imports.plan.former_codes import replace_former_codes
from services.registry.imports.plan.owner_details import DETAILS, OwnerDetails
from services.registry.imports.plan.plan import (
    Context,
    Kind,
    Plan,
    RegisterRow,
    fetch,
)
from services.registry.imports.plan.subject_names import SUBJECTS, subjects_named
from services.registry.imports.rows.reader import Item
from services.registry.tables import Subject

WITH_CODE = SUBJECTS.where(sa.text("credit_code <> ''"))


class Owners:
    """Finds the subjects that the rows of a file name as owners."""

    def __init__(self, context: Context, plan: Plan, rows: Iterable[RegisterRow]) -> None:
        self._context, self._plan = context, plan
        self._by: dict[tuple[str, str], list[RegisterRow]] = defaultdict(list)
        for row in {row["subject_id"]: row for row in rows}.values():
            for name in ("credit_code", "external_ref"):
                if row[name]:
                    self._by[name, row[name]].append(row)
            self._by["name", folded(row["name"])].append(row)
            for key in keys_of(row["former_names"] or ()):
                self._by["former", key].append(row)
        self._placeholders = placeholders(context.header.placeholder_owners)
        self._new: dict[str, dict[str, Any]] = {}
        self._filed_now: dict[str, dict[str, Any]] = {}
        self._noted: set[str] = set()
        self._matched: dict[str, list[RegisterRow]] = {}
        self._found: dict[str, RegisterRow] = {}  # by the name alone
        self._details = OwnerDetails(context, plan)

    @classmethod
    async def of(cls, context: Context, plan: Plan, names: Iterable[str]) -> Owners:
        """Reads the subjects that have one of these names, credit codes or numbers, all at once."""
        await replace_former_codes(context, "credit_code", "owner")
        searched = {*names, *context.all_named("owner"), *context.all_named("credit_code")}
        codes = {code for name in searched if (code := code_key(name, digit=False))}
        if context.header.file_missing:
            searched |= {_placeholder_subject(name) for name in _placeholder_names(context)}
        searched.discard("")
        session = context.session
        rows = await fetch(session, WITH_CODE, col(Subject.credit_code), codes)
        rows += await fetch(session, SUBJECTS, col(Subject.external_ref), searched)
        rows += await subjects_named(context, searched)
        return cls(context, plan, rows)

    def owner_of(self, item: Item, *, file_missing: bool = False) -> RegisterRow | None:
        """Returns the owner that a row names by credit code or name, and completes it.

        With `file_missing`, it is a new one if the register has none. Returns None, and adds a
        fault for the row, as `find` does, and if the owner on file has another code.
        """
        values = item.values
        name, code = values.get("owner", ""), values.get("credit_code", "")
        named_alone = not (file_missing or any(map(values.get, DETAILS)))
        if named_alone and name in self._found:
            return self._found[name]
        if code and self._matches(code):
            owner = self.find(item.row, code)
            if owner:
                self._details.note_name(item.row, name, owner)
        elif file_missing:
            owner = self.find_or_file(item.row, name or code, values.get("sector"))
        else:
            owner = self.find(item.row, name or code)
        if owner is None:
            return None
        self._details.note_deregistered(item.row, owner)
        if new := self._filed_now.get(owner["subject_id"]):
            return self._described(item, new)
        if named_alone:
            self._found[name] = owner
        return owner if self._details.complete(item.row, values, owner) else None

    def _described(self, item: Item, owner: dict[str, Any]) -> RegisterRow | None:
        """A new owner with the code and the address that the row gives it."""
        code = item.values.get("credit_code", "")
        if owner["in_review"]:
            return owner
        if code and owner["credit_code"] not in ("", code):
            self._details.complete(item.row, item.values, owner)  # tells of the other code
            return None
        owner["credit_code"] = owner["credit_code"] or code
        for name in ("address", "phone"):
            if given := item.values.get(name):
                owner.setdefault(name, given)
        return owner

    def find(self, row: int, name: str) -> RegisterRow | None:
        """Returns the registered owner that a row names.

        Returns None, and adds a fault for the row, unless exactly one owner matches within the
        scope.
        """
        matches = self._matches(name)
        in_scope = [match for match in matches if self._context.covers(match["bureau"])]
        if len(in_scope) == 1:
            self._note_writing(row, name, in_scope[0])
            return in_scope[0]
        if len(in_scope) > 1:
            zh, en = (
                "有多个主体与之相符，请用统一社会信用代码",
                "several subjects match; use the code",
            )
            self._fault(row, name, "AMBIGUOUS_OWNER", zh, en)
        elif matches:
            self._context.in_scope(row, "owner", name, matches[0]["bureau"])
        else:
            self._fault(row, name, "UNKNOWN_OWNER", "没有该使用单位", "there is no such subject")
        return None

    def find_or_file(self, row: int, name: str, sector: Sector | None) -> RegisterRow | None:
        """Returns the registered owner that a row names, or a new subject if there is none.

        For a placeholder name (such as 不详) it is a subject in review, one for each such name and
        bureau. Returns None, and adds a fault for the row, if several owners match or the owner is
        out of scope.
        """
        placeholder = self._placeholders.get(letters(name))
        if placeholder is not None:
            self._plan.in_review.add(row)
            name = _placeholder_subject(placeholder)
        elif self._matches(name):
            return self.find(row, name)
        return self._filed(row, name, in_review=placeholder is not None, sector=sector)

    def knows(self, name: str) -> bool:
        """Returns whether the register has a subject with this credit code, number or name."""
        return bool(self._matches(name))

    def is_placeholder(self, name: str) -> bool:
        """Returns whether a name stands for no real owner, such as 不详."""
        return letters(name) in self._placeholders

    @property
    def filed(self) -> Mapping[str, RegisterRow]:
        """The new subjects by id, with the values they would have in the register."""
        return self._filed_now

    def _filed(self, row: int, name: str, *, in_review: bool, sector: Sector | None) -> RegisterRow:
        bureau = self._context.header.bureau
        key = folded(name)
        known = [one for one in self._by["name", key] if one["bureau"] == bureau]
        if known:
            return known[0]
        if key in self._new:
            self._note_writing(row, name, self._new[key])
        else:
            self._new[key] = {
                "subject_id": uuid4().hex,
                "kind": SubjectKind.ORGANISATION,
                "name": name,
                "credit_code": code_key(name),
                "bureau": bureau,
                "sector": sector or Sector.OTHER,
                "in_review": in_review,
            }
            self._filed_now[self._new[key]["subject_id"]] = self._new[key]
        return self._new[key]

    def _matches(self, name: str) -> list[RegisterRow]:
        if name not in self._matched:
            self._matched[name] = self._search(name)
        return self._matched[name]

    def _search(self, name: str) -> list[RegisterRow]:
        code = code_key(name, digit=False)
        if code and (rows := self._by.get(("credit_code", code))):
            return rows
        written = folded(name)
        for key in (("external_ref", name), ("name", written), ("former", written)):
            if (rows := self._by.get(key)) and (nearest := self._nearest(rows)):
                return nearest
        return []

    def _nearest(self, rows: list[RegisterRow]) -> list[RegisterRow]:
        """The subjects of the file's own bureau, or else of the bureaus below it.

        All of them where the file has no bureau.
        """
        bureau = self._context.header.bureau
        if not bureau:
            return rows
        own = [row for row in rows if row["bureau"] == bureau]
        if own or self._context.header.file_missing:
            return own
        return [row for row in rows if row["bureau"].startswith(scope_prefix(bureau))]

    def _note_writing(self, row: int, written: str, owner: RegisterRow) -> None:
        """Warns once of each name that is taken for another writing, or a former name, on file."""
        on_file = owner["name"]
        if written == on_file or written in self._noted:
            return
        self._noted.add(written)
        if folded(written) == folded(on_file):
            zh, en = f"与“{on_file}”视为同一使用单位", f"taken for the owner {on_file}"
            self._warn(row, "OTHER_WRITING", zh, en, written)
        elif folded(written) in keys_of(owner.get("former_names") or ()):
            zh, en = f"“{on_file}”的曾用名", f"a former name of the owner {on_file}"
            self._warn(row, "FORMER_NAME", zh, en, written)

    def _warn(self, row: int, reason: str, zh: str, en: str, written: str) -> None:
        column = self._context.file.column("owner")
        self._context.notes.warn(row, reason, zh, en, column=column, value=written)

    def _fault(self, row: int, name: str, reason: str, zh: str, en: str) -> None:
        self._context.fault(row, "owner", name, reason, zh, en)


def plan_new_owners(owners: Owners, plan: Plan, first_rows: Mapping[str, int]) -> None:
    """Plans to create the new owners whose ids are in `first_rows`, each for its first row."""
    for subject_id, subject in owners.filed.items():
        if subject_id in first_rows:
            values = {name: value for name, value in subject.items() if name != "subject_id"}
            plan.make(Kind.SUBJECT, first_rows[subject_id], values, subject_id)


def warn_near_spellings(context: Context, names: Mapping[str, int], known: Iterable[str]) -> None:
    """Warns once of each group of owner names that differ only in details of spelling.

    The details are quotes and punctuation; names that differ in less are one. `names` are the
    file's owner names with the first row of each, `known` the names in the register.
    """
    groups: dict[str, set[str]] = defaultdict(set)
    for name in (*names, *known):
        groups[letters(name)].add(name)
    for bare, group in groups.items():
        rows = [names[name] for name in group if name in names]
        if bare and rows and len({folded(name) for name in group}) > 1:
            listed = " / ".join(sorted(group))
            zh, en = f"疑似同一使用单位：{listed}", f"possible duplicate owner: {listed}"
            column = context.file.column("owner")
            first = min(rows)
            value = next(name for name in group if names.get(name) == first)
            reason = "POSSIBLE_DUPLICATE_OWNER"
            context.notes.warn(first, reason, zh, en, column=column, value=value)


def _placeholder_names(context: Context) -> list[str]:
    return [*placeholders(context.header.placeholder_owners).values()]


def _placeholder_subject(name: str) -> str:
    return f"待核实（占位名：{name}）"
