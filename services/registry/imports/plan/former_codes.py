"""Replaces credit codes that subjects had before by those that they have, in the rows of a file.

Whoever has a code now is meant by it before whoever had it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlmodel import col

from law.identity import folded
from law.identity.subjects import code_key
from services.registry.former_names import keys_of
from services.registry.imports.plan.plan import Context, RegisterRow, fetch
from services.registry.imports.plan.subject_names import SUBJECTS
from services.registry.imports.rows.reader import Item
from services.registry.sameness import aliases
from services.registry.tables import Subject

WITH_CODE = SUBJECTS.where(sa.text("credit_code <> ''"))


async def replace_former_codes(context: Context, *fields: str, named: bool = False) -> None:
    """Puts the present codes of subjects into these fields of a file, and warns of each row.

    With `named`, a row is left as it is unless it has a present or former name of the subject: it
    may be about another one, which got the code.
    """
    written = {
        code
        for name in fields
        for one in context.all_named(name)
        if (code := code_key(one, digit=False))
    }
    present = await _present(context, written)
    for items in (context.file.items, context.file.bad) if present else ():
        for place, item in enumerate(items):
            codes = {
                name: subject["credit_code"]
                for name in fields
                if (subject := present.get(_written(item, name)))
                and (not named or _is_named(item.values, subject))
            }
            for name in codes:
                _warn(context, item, name, present[_written(item, name)])
            if codes:  # the row as it was read stays, for another attempt to plan
                items[place] = Item(item.row, {**item.values, **codes})


def _warn(context: Context, item: Item, name: str, subject: RegisterRow) -> None:
    context.notes.warn(
        *(item.row, "FORMER_CODE"),
        f"“{subject['name']}”的原代码，现为 {subject['credit_code']}",
        f"a former code of {subject['name']}, which has {subject['credit_code']} now",
        column=context.file.column(name),
        value=str(item.values[name]),
    )


async def _present(context: Context, written: Collection[str]) -> dict[str, RegisterRow]:
    """The subjects that had codes which nobody has now, by the code."""
    led = await aliases.present_ids(context.session, written)
    held = await fetch(context.session, WITH_CODE, col(Subject.credit_code), led.keys())
    for row in held:
        del led[row["credit_code"]]
    rows = await fetch(context.session, WITH_CODE, col(Subject.subject_id), set(led.values()))
    by_id = {row["subject_id"]: row for row in rows}
    return {code: by_id[one] for code, one in led.items() if one in by_id}


def _is_named(values: Mapping[str, object], subject: RegisterRow) -> bool:
    names = {folded(subject["name"]), *keys_of(subject["former_names"] or ())}
    return folded(str(values.get("name", ""))) in names


def _written(item: Item, name: str) -> str:
    return code_key(str(item.values.get(name) or ""), digit=False)
