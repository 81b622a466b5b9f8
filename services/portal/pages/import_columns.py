"""The page on which the sender of a file sees which column has which field, and confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as pb
from services.portal.pages.forms import told
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_

_COLUMN = "column-"
_MODES = {"check": "check", "import": "all_or_nothing", "sheet": "check"}


async def columns(visit: Visit) -> Response:
    """Shows the columns of a file with their fields; the form has them checked or imported."""
    if visit.request.method == "GET":
        return await _page(visit)
    request = pb.ConfirmColumnsRequest(
        request_id=visit.request_id(),
        batch_id=visit.path("batch_id"),
        seen=visit.field("seen"),
        matches=[
            pb.ColumnMatch(column=n, field=name) for n, name in _chosen(visit).items() if name
        ],
        mode=_MODES.get(visit.field("act"), ""),
        hidden_rows=visit.field("hidden_rows") == "yes",
        unknown_types=visit.field("unknown_types") == "yes",
        sheet=visit.field("sheet") if visit.field("act") == "sheet" else "",
    )
    try:
        await ask(visit.services.imports.ConfirmColumns(request))
    except Refusal as refusal:
        return await _page(visit, 422, **_told(visit, refusal))
    return visit.redirect(f"/imports/{visit.path('batch_id')}")


async def confirmed(visit: Visit, batch: pb.Batch) -> Mapping[str, str]:
    """Returns what was confirmed for a batch that was checked, as fields of the form."""
    if batch.state != "checked" or not batch.open_until:
        return {}
    shown = await _read(visit, batch.batch_id)
    fields = {f"{_COLUMN}{one.number}": one.field for one in shown.columns}
    further = {"hidden_rows": shown.with_hidden_rows, "unknown_types": shown.with_unknown_types}
    return fields | {name: "yes" for name, is_so in further.items() if is_so}


async def _read(visit: Visit, batch_id: str) -> pb.GetColumnsResponse:
    request = pb.GetColumnsRequest(batch_id=batch_id)
    answer: pb.GetColumnsResponse = await ask(visit.services.imports.GetColumns(request))
    return answer


def _chosen(visit: Visit) -> dict[int, str]:
    """The field chosen for each column, by the number of the column; empty for one not used."""
    numbers = {name: whole_number(name.removeprefix(_COLUMN)) for name in visit.form}
    return {
        number: visit.field(name)
        for name, number in numbers.items()
        if name.startswith(_COLUMN) and number
    }


def _told(visit: Visit, refusal: Refusal) -> dict[str, Any]:
    """What the page says about a refusal; each fault leads to the column that it is about."""
    values = told(visit, refusal)
    values["errors"] = {
        _place(path): zh if visit.language == "zh-CN" else en for path, zh, en in refusal.faults
    }
    return values


def _place(path: str) -> str:
    kind, _, of = path.partition(".")
    return f"{_COLUMN}{of}" if kind == "matches" and of else path.replace(".", "-")


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    shown = await _read(visit, visit.path("batch_id"))
    fields = {one.name: _label(visit, one) for one in shown.fields}
    return visit.page(
        "imports/columns.html",
        status=status,
        shown=shown,
        labels=fields,
        missing=[fields[name] for name in shown.missing],
        blank=shown.header_row - 1 - len(shown.skipped),
        own=shown.batch.imported_by == visit.person.account_id,
        chosen=_chosen(visit) or {one.number: one.field for one in shown.columns},
        with_hidden=visit.field("hidden_rows") or shown.with_hidden_rows,
        **values,
    )


def _label(visit: Visit, field: pb.ColumnField) -> str:
    label = field.label_zh if visit.language == "zh-CN" else field.label_en
    return visit.say(N_("{field}（必填）")).format(field=label) if field.required else label
