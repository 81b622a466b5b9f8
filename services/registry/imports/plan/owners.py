"""Whom a cell means: an owner by credit code, number or exact name, or one to be filed along."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col

from law.errors import InvalidInput
from law.evidence import Sector, SubjectKind
from law.identifiers import check_credit_code
from plumbing.identity import scope_prefix
from services.registry.imports.plan.plan import Context, Held, Kind, Plan, fetch, standing
from services.registry.tables import Subject

SUBJECT = standing(Subject)
WITH_CODE = SUBJECT.where(sa.text("credit_code <> ''"))
# Owner names that evidently stand for nobody, in their plain form; header.placeholder_owners adds.
EVIDENT_PLACEHOLDERS = (
    "不详", "未知", "无", "未填写", "空白", "暂无", "待补", "其他", "个人", "用户", "使用单位",
    "na", "none", "null", "unknown", "n/a", "owner", "test", "测试",
)  # fmt: skip
BLANK = "空白"


def plain(name: str) -> str:
    """A name without case, quotes, blanks and punctuation: alike in near-identical spellings."""
    wide = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in wide if letter.isalnum())


class Owners:
    """The owners a file names."""

    def __init__(self, context: Context, plan: Plan, found: Iterable[Held]) -> None:
        self._context, self._plan = context, plan
        self._by: dict[tuple[str, str], list[Held]] = defaultdict(list)
        for held in {held["subject_id"]: held for held in found}.values():
            for name in ("credit_code", "external_ref", "name"):
                if held[name]:
                    self._by[name, held[name]].append(held)
        given = context.header.placeholder_owners
        self._placeholders = {plain(name): name.strip() for name in (*EVIDENT_PLACEHOLDERS, *given)}
        self._placeholders[""] = BLANK
        self._new: dict[str, Held] = {}
        self._matched: dict[str, list[Held]] = {}

    @classmethod
    async def named(cls, context: Context, plan: Plan, names: Iterable[str]) -> Owners:
        """Looks up every owner of a file at once."""
        listed = set(names)
        codes = {code for name in listed if (code := _code(name))}
        if context.header.file_missing:
            listed |= {_placeholder_subject(name) for name in _placeholder_names(context)}
        session = context.session
        found = await fetch(session, WITH_CODE, col(Subject.credit_code), codes)
        found += await fetch(session, SUBJECT, col(Subject.external_ref), listed - {""})
        found += await fetch(session, SUBJECT, col(Subject.name), listed - {""})
        return cls(context, plan, found)

    def find(self, row: int, name: str) -> Held | None:
        """The owner a row names; None, and a fault noted, where there is none."""
        found = self._matches(name)
        within = [held for held in found if self._context.covers(held["bureau"])]
        if len(within) == 1:
            return within[0]
        if len(within) > 1:
            zh, en = (
                "有多个主体与之相符，请用统一社会信用代码",
                "several subjects match; use the code",
            )
            self._fault(row, name, "AMBIGUOUS_OWNER", zh, en)
        elif found:
            self._context.in_scope(row, "owner", name, found[0]["bureau"])
        else:
            self._fault(row, name, "UNKNOWN_OWNER", "没有该使用单位", "there is no such subject")
        return None

    def find_or_file(self, row: int, name: str, sector: Sector | None) -> Held | None:
        """The owner a row names; a new one, or the bureau's subject in review for a placeholder."""
        placeholder = self._placeholders.get(plain(name))
        if placeholder is not None:
            self._plan.in_review.add(row)
            name = _placeholder_subject(placeholder)
        elif self._matches(name):
            return self.find(row, name)
        return self._filed(name, in_review=placeholder is not None, sector=sector)

    def placeholder(self, name: str) -> bool:
        """Whether a name stands for nobody."""
        return plain(name) in self._placeholders

    @property
    def filed(self) -> Mapping[str, Held]:
        """Subjects that are not in the register yet, by id."""
        return {held["subject_id"]: held for held in self._new.values()}

    def _filed(self, name: str, *, in_review: bool, sector: Sector | None) -> Held:
        bureau = self._context.header.bureau
        known = [held for held in self._by["name", name] if held["bureau"] == bureau]
        if known:
            return known[0]
        if name not in self._new:
            self._new[name] = {
                "subject_id": uuid4().hex,
                "kind": SubjectKind.ORGANISATION,
                "name": name,
                "credit_code": _code(name),
                "bureau": bureau,
                "sector": sector or Sector.OTHER,
                "in_review": in_review,
            }
        return self._new[name]

    def _matches(self, name: str) -> list[Held]:
        if name not in self._matched:
            self._matched[name] = self._search(name)
        return self._matched[name]

    def _search(self, name: str) -> list[Held]:
        code = _code(name)
        if code and (found := self._by.get(("credit_code", code))):
            return found
        for key in ("external_ref", "name"):
            if (found := self._by.get((key, name))) and (near := self._near(found)):
                return near
        return []

    def _near(self, found: list[Held]) -> list[Held]:
        """Those of the file's own bureau, or else of those it covers; all where none is given."""
        bureau = self._context.header.bureau
        if not bureau:
            return found
        own = [held for held in found if held["bureau"] == bureau]
        if own or self._context.header.file_missing:
            return own
        return [held for held in found if held["bureau"].startswith(scope_prefix(bureau))]

    def _fault(self, row: int, name: str, reason: str, zh: str, en: str) -> None:
        self._context.fault(row, "owner", name, reason, zh, en)


def plan_filed(owners: Owners, plan: Plan, wanted: Mapping[str, int]) -> None:
    """Plans the new subjects that something refers to, `wanted` by id with the first row."""
    for subject_id, held in owners.filed.items():
        if subject_id in wanted:
            values = {name: value for name, value in held.items() if name != "subject_id"}
            plan.make(Kind.SUBJECT, wanted[subject_id], values, subject_id)


def warn_near_spellings(context: Context, names: Mapping[str, int], held: Iterable[str]) -> None:
    """Warns once of each group of names that differ in case, quotes, blanks or punctuation only.

    `names` are those of the file with their first rows, `held` those of the register.
    """
    groups: dict[str, set[str]] = defaultdict(set)
    for name in (*names, *held):
        groups[plain(name)].add(name)
    for bare, group in groups.items():
        rows = [names[name] for name in group if name in names]
        if bare and len(group) > 1 and rows:
            listed = " / ".join(sorted(group))
            zh, en = f"疑似同一使用单位：{listed}", f"possible duplicate owner: {listed}"
            column = context.read.column("owner")
            first = min(rows)
            said = next(name for name in group if names.get(name) == first)
            context.notes.warn(first, "POSSIBLE_DUPLICATE_OWNER", zh, en, column=column, value=said)


def _placeholder_names(context: Context) -> list[str]:
    return [*EVIDENT_PLACEHOLDERS, BLANK, *map(str.strip, context.header.placeholder_owners)]


def _placeholder_subject(name: str) -> str:
    return f"待核实（占位名：{name}）"


def _code(name: str) -> str:
    try:
        return check_credit_code(name)
    except InvalidInput:
        return ""
