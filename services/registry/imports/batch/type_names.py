"""Names that a bureau's files use for types of instruments, beside those of the catalogue.

A person says which type of the catalogue a name means; it holds for the bureau and those below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput
from law.identity import folded
from law.instruments import catalogue, code_of
from plumbing.change import Change
from plumbing.identity import scope_prefix
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.tables import TypeName


async def names_for(session: AsyncSession, bureau: str) -> Mapping[str, str]:
    """Returns the code for each name, as names are compared, that holds for a bureau.

    A name of the bureau itself comes before one of a bureau above it.
    """
    return {row.name: row.type_code for row in await _holding(session, bureau)}


async def resolved(session: AsyncSession, bureau: str, written: str) -> str:
    """Returns the code of the type that a name means in a bureau, in whatever writing.

    What neither the catalogue nor the bureau knows is returned as it was written.
    """
    code = code_of(written)
    if code in catalogue():
        return code
    return (await names_for(session, bureau)).get(folded(written), code)


async def _holding(session: AsyncSession, bureau: str) -> Sequence[TypeName]:
    """The names that hold for a bureau, those of the bureau itself last."""
    above = {bureau[:length].ljust(6, "0") for length in (0, 2, 4, 6)} | {bureau}
    rows = select(TypeName).where(col(TypeName.bureau).in_(above)).order_by(col(TypeName.name))
    holding = [row for row in await session.exec(rows) if bureau.startswith(_prefix(row))]
    return sorted(holding, key=lambda row: len(_prefix(row)))


def _prefix(row: TypeName) -> str:
    return scope_prefix(row.bureau)


async def get_type_names(view: View, request: pb.GetTypeNamesRequest) -> pb.GetTypeNamesResponse:
    """Returns the names that hold for a bureau. Raises NotPermitted outside the caller's scope."""
    bureau = request.bureau or view.caller.bureau
    view.caller.require_bureau(bureau)
    return pb.GetTypeNamesResponse(names=map(_message, await _holding(view.session, bureau)))


async def name_type(change: Change, request: pb.NameTypeRequest) -> pb.NameTypeResponse:
    """Says which type of the catalogue a name in files means; without a type, it is forgotten.

    Raises NotPermitted outside the caller's scope, and InvalidInput for a type that the catalogue
    does not have, or a name that it has already.
    """
    bureau = request.bureau or change.caller.bureau
    change.caller.require_bureau(bureau)
    _check(request)
    row = await change.session.get(TypeName, (bureau, folded(request.written)))
    before = {"type_code": row.type_code} if row else None
    named = TypeName(
        bureau=bureau,
        name=folded(request.written),
        written=request.written,
        type_code=request.type_code,
        ground=request.ground,
        named_by=change.on_behalf_of,
        named_at=change.at,
    )
    if request.type_code:
        await change.session.merge(named)
    elif row:
        await change.session.delete(row)
    after = {"name": request.written, "type_code": request.type_code}
    change.audit("name_type", f"bureau/{bureau}", before=before, after=after, ground=request.ground)
    return pb.NameTypeResponse(name=_message(named))


def _check(request: pb.NameTypeRequest) -> None:
    faults = []
    if request.type_code and request.type_code not in catalogue():
        zh, en = "目录中没有这种器具", "the catalogue has no such type"
        faults.append(Fault("type_code", zh, en))
    if code_of(request.written) in catalogue():
        zh, en = "目录中已有这个名称", "the catalogue has this name already"
        faults.append(Fault("written", zh, en))
    if faults:
        raise InvalidInput(faults=faults)


def _message(row: TypeName) -> pb.TypeName:
    message = pb.TypeName(**row.model_dump(exclude={"name", "named_at"}))
    message.named_at.FromDatetime(row.named_at)
    return message
