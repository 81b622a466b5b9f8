"""The command that creates or changes a bureau."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from law.errors import NotPermitted
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import save_bureaus
from services.registry.commands.targets import require_version
from services.registry.tables import Bureau

_TEXTS = ("name", "division_code", "department", "phone", "email", "gs1_prefix")
_OF_UNIT_HEADS = ("department", "phone", "email", "streets")


async def put_bureau(change: Change, request: pb.PutBureauRequest) -> pb.PutBureauResponse:
    """Creates a bureau or changes an existing one.

    An administrator may do both in its scope. A unit head may change only the contact data and the
    streets of the own bureau, and gets NotPermitted for anything else. Raises WrongState if the
    request's version is not the present one.
    """
    message = request.bureau
    row = await change.session.get(Bureau, message.code, with_for_update=True)
    values: dict[str, Any] = {name: getattr(message, name).strip() for name in _TEXTS}
    values["streets"] = [*dict.fromkeys(filter(None, map(str.strip, message.streets)))] or None
    before = row.model_dump(mode="json") if row else None
    _require_right(change, row, message.code, values)
    if row is None:
        row = Bureau(code=message.code, **values)
    elif not row.removed and values.items() <= row.model_dump().items():
        return pb.PutBureauResponse(bureau=wire.bureau(row))
    require_version(row.version, message.version)
    row.sqlmodel_update({**values, "removed": False})
    await save_bureaus(change, [row])
    change.audit(
        "put_bureau", f"bureau/{row.code}", before=before, after=row.model_dump(mode="json")
    )
    return pb.PutBureauResponse(bureau=wire.bureau(row))


def _require_right(
    change: Change, row: Bureau | None, code: str, values: Mapping[str, Any]
) -> None:
    caller = change.caller
    caller.require_bureau(code)
    if caller.is_service or caller.has(Role.ADMINISTRATOR):
        return
    others = [name for name in values if name not in _OF_UNIT_HEADS]
    if row is None or any(getattr(row, name) != values[name] for name in others):
        raise NotPermitted(
            "单位负责人只能修改本单位的联系方式和街道名",
            "A unit head may only change where the bureau is reached, and its streets",
        )
