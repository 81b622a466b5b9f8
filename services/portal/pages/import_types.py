"""The page on which a person says which types the unknown names of instruments in a file mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from starlette.responses import Response

from law.instruments import catalogue
from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as pb
from services.portal.pages.forms import told
from services.portal.visit import Visit
from services.portal.wording import N_

_TYPE = "type-"
UNKNOWN = "UNKNOWN_TYPE"  # the reason of the rows that are rejected for it


async def types(visit: Visit) -> Response:
    """Shows the names that the catalogue does not have; the form names their types and checks.

    The names that are left can be confirmed to be taken as verified periodically.
    """
    names = await _unknown(visit)
    if visit.request.method == "GET":
        return _page(visit, names)
    chosen = {name: visit.field(f"{_TYPE}{n}") for n, name in enumerate(names)}
    chosen = {name: code for name, code in chosen.items() if code}
    errors = {}
    if not chosen and not visit.field("unknown_types"):
        errors["type-0"] = visit.say(N_("请至少为一个名称选择类型，或者确认其余按周期检定登记"))
    if chosen and not visit.field("reasons"):
        errors["reasons"] = visit.say(N_("请写明理由"))
    if errors:
        return _page(visit, names, 422, errors=errors)
    try:
        await _name(visit, chosen)
        await _check_again(visit)
    except Refusal as refusal:
        return _page(visit, names, 422, **told(visit, refusal))
    return visit.redirect(f"/imports/{visit.path('batch_id')}")


async def _unknown(visit: Visit) -> Sequence[str]:
    """The unknown names of the file, each once."""
    request = pb.ListFaultsRequest(
        batch_id=visit.path("batch_id"), reason=UNKNOWN, only_errors=True, page_size=1000
    )
    faults = (await ask(visit.services.imports.ListFaults(request))).faults
    return [*dict.fromkeys(one.value for one in faults)]


async def _name(visit: Visit, chosen: dict[str, str]) -> None:
    for written, code in chosen.items():
        request = pb.NameTypeRequest(
            request_id=_derived(visit, written),
            written=written,
            type_code=code,
            ground=visit.field("reasons"),
        )
        await ask(visit.services.imports.NameType(request))


async def _check_again(visit: Visit) -> None:
    """Has the file checked again, with the columns that were confirmed."""
    request = pb.GetColumnsRequest(batch_id=visit.path("batch_id"))
    shown = await ask(visit.services.imports.GetColumns(request))
    again = pb.ConfirmColumnsRequest(
        request_id=_derived(visit, ""),
        batch_id=shown.batch.batch_id,
        seen=shown.batch.sha256,
        matches=[
            pb.ColumnMatch(column=one.number, field=one.field) for one in shown.columns if one.field
        ],
        mode="check",
        hidden_rows=shown.with_hidden_rows,
        unknown_types=shown.with_unknown_types or visit.field("unknown_types") == "yes",
    )
    await ask(visit.services.imports.ConfirmColumns(again))


def _derived(visit: Visit, part: str) -> str:
    """A request id of its own for each call that one sending of the form makes."""
    return str(uuid5(NAMESPACE_OID, f"{visit.request_id()} {part}"))


def _page(visit: Visit, names: Sequence[str], status: int = 200, **values: Any) -> Response:
    return visit.page(
        "imports/types.html",
        status=status,
        batch_id=visit.path("batch_id"),
        names=names,
        types=catalogue().values(),
        form=visit.form,
        **values,
    )
