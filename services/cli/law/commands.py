"""`quanheng law …`: offline commands about grades, for anyone who wants to check a grade."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from law import grading
from law.errors import Fault, InvalidInput
from law.evidence import Dossier
from law.grading import Outlook, Receipt
from law.indices.data import TABLES, Table, table
from law.reader.packaged import read
from law.texts_in_force.load import GRADING, list_rulesets, load
from law.texts_in_force.model import Ruleset
from services.cli.law.offline import (
    answered,
    at_option,
    read_day,
    read_day_or_none,
    read_json,
    read_text,
    show,
    together,
)
from services.cli.output.options import AsJson

_DISAGREES = 1

# Required ones have no value where they are left out: `offline` lists them with the other faults.
RulesetId = Annotated[
    str | None, typer.Option("--ruleset", help="规则集（必填）| ruleset, required")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="评价日（必填）| day of grading, required"),
]
DossierFile = Annotated[
    Path | None, typer.Argument(metavar="DOSSIER.json", help="信用档案 | dossier")
]
_DOSSIER, _RECEIPT, _RULESET = "DOSSIER.json", "RECEIPT.json", "RULESET"


def list_(as_json: AsJson = False) -> None:
    """列出全部规则集。

    Lists the rulesets with id, version, status and hash.
    """
    found = answered(lambda: [*map(_ruleset, list_rulesets()), *map(_table, map(table, TABLES))])
    show(found, lambda: [_listed(one) for one in found], as_json)


def show_(
    ruleset: Annotated[
        str | None, typer.Argument(metavar=_RULESET, help="规则集 | ruleset")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """显示一个规则集的全部数据和出处。

    Shows all data of a ruleset, with the citations.
    """
    found = answered(lambda: _whole(read_text(_RULESET, ruleset)))
    show(found, lambda: [f"{key}：{value}" for key, value in found.items()], as_json)


def grade(
    dossier: DossierFile = None,
    ruleset: RulesetId = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """评定等级，输出完整凭据。

    Grades a dossier (a subject and its credit records) and prints the receipt.
    """

    def receipt() -> Receipt:
        text, day, read = _inputs(ruleset, as_of, dossier)
        return grading.grade(read, text, day)

    found = answered(receipt)
    show(found.to_json(), lambda: grading.explain(found, "zh"), as_json)


def compare(dossier: DossierFile = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """同一档案在各文件下的等级对照。

    Grades one dossier under every ruleset, side by side.
    """

    def receipts() -> tuple[Receipt, ...]:
        day, read = together(lambda: read_day("--as-of", as_of), lambda: _dossier(dossier))
        return grading.compare(read, day)

    found = answered(receipts)
    document = {
        "subject": found[0].subject_id,
        "as_of": found[0].as_of.isoformat(),
        "receipts": [one.to_json() for one in found],
    }
    show(document, lambda: grading.tell_apart(found, "zh"), as_json)


def outlook(
    dossier: DossierFile = None,
    ruleset: RulesetId = None,
    as_of: AsOf = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="展望到哪一日 | look ahead up to this day")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """今后等级何时变化，以及如何提升。

    Reports when the grade will change by itself, and what would raise it.
    """

    def ahead() -> Outlook:
        (text, day, read), horizon = together(
            lambda: _inputs(ruleset, as_of, dossier), lambda: read_day_or_none("--until", until)
        )
        return grading.outlook(read, text, day, horizon)

    found = answered(ahead)
    show(found.to_json(), lambda: grading.foretell(found, "zh"), as_json)


def verify(
    receipt: Annotated[Path | None, typer.Argument(metavar=_RECEIPT, help="凭据 | receipt")] = None,
    as_json: AsJson = False,
) -> None:
    """重新计算凭据，核对是否一致；不一致的列出差异并以1退出。

    Recomputes a receipt; lists the differences and exits with 1 if the result is different.
    """
    found = answered(lambda: grading.verify_document(read_json(_RECEIPT, receipt)))
    document = {"agrees": not found, "differences": found}
    show(document, lambda: found or ["凭据与重新计算的结果一致。"], as_json)
    if found:
        raise typer.Exit(_DISAGREES)


def _inputs(
    ruleset: str | None, as_of: str | None, path: Path | None
) -> tuple[Ruleset, date, Dossier]:
    return together(
        lambda: _text(ruleset), lambda: read_day("--as-of", as_of), lambda: _dossier(path)
    )


def _dossier(path: Path | None) -> Dossier:
    return Dossier.from_json(read_json(_DOSSIER, path))


def _text(ruleset: str | None) -> Ruleset:
    name = read_text("--ruleset", ruleset)
    return at_option("--ruleset", lambda: load(name))


def _ruleset(ruleset: Ruleset) -> dict[str, object]:
    return {
        "id": ruleset.id,
        "version": ruleset.version,
        "status": ruleset.status.value,
        "hash": ruleset.hash,
        "example_values": ruleset.example_valued,
        "title_zh": ruleset.title_zh,
        "title_en": ruleset.title_en,
        "valid_from": ruleset.valid_from.isoformat() if ruleset.valid_from else None,
        "valid_to": ruleset.valid_to.isoformat() if ruleset.valid_to else None,
    }


def _table(found: Table) -> dict[str, object]:
    return {
        "id": found.id,
        "version": found.version,
        "status": found.status,
        "hash": found.content_hash,
        "example_values": False,
        "title_zh": found.name_zh,
        "title_en": found.name_en,
        "valid_from": None,
        "valid_to": None,
    }


def _whole(ruleset_id: str) -> dict[str, object]:
    if ruleset_id in GRADING:
        head = _ruleset(load(ruleset_id))
    elif ruleset_id in TABLES:
        head = _table(table(ruleset_id))
    else:
        zh, en = f"没有规则集{ruleset_id}", f"There is no ruleset {ruleset_id}."
        raise InvalidInput(faults=[Fault(_RULESET, zh, en)])
    return {**head, "content": _plain(read(ruleset_id))}


def _plain(value: object) -> object:
    """Renders days of YAML as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _listed(one: dict[str, object]) -> str:
    example = "  示例分值" if one["example_values"] else ""
    return f"{one['id']:<20} v{one['version']}  {one['status']:<7} {one['title_zh']}{example}"
