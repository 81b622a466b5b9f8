"""The command by which a bureau keeps the authorities that it tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import uuid4

from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound, WrongState
from law.escalation import CircularSource, circular_rules, circular_uses
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import circulars_pb2 as pb
from services.alerts.circulars import wire
from services.alerts.circulars.tables import Authority, Circular
from services.alerts.tables import Bureau

CITE = "S1 12(三)"
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+")
_TEXTS = ("name", "address", "contact", "email", "feed_account")


async def put_authority(change: Change, request: pb.PutAuthorityRequest) -> pb.PutAuthorityResponse:
    """Enters an authority in a bureau's list, or changes or retires it.

    Raises InvalidInput with every fault of its content, NotPermitted outside the caller's scope,
    NotFound for an unknown authority or bureau, AlreadyExists for a name that stands in the list,
    and WrongState if the request's version is not the present one.
    """
    message = request.authority
    change.caller.require_bureau(message.bureau)
    row = await _present_or_new(change, message)
    before = row.model_dump(mode="json") if row.version else None
    values = {name: getattr(message, name).strip() for name in _TEXTS}
    _require_content(change, values, message)
    await _require_other_name(change, row, values["name"])
    uses = [use for use in circular_uses(change.today) if use in message.uses]
    row.sqlmodel_update({**values, "uses": uses, "retired": message.retired})
    row.version += 1
    row.changed_by, row.changed_at = change.on_behalf_of, change.at
    change.session.add(row)
    object_ = f"authority/{row.authority_id}"
    after = row.model_dump(mode="json")
    change.audit(
        "put_authority", object_, before=before, after=after, ground=CITE, bureau=row.bureau
    )
    return pb.PutAuthorityResponse(authority=wire.authority(row))


async def _present_or_new(change: Change, message: pb.Authority) -> Authority:
    if not message.authority_id:
        if await change.session.get(Bureau, message.bureau) is None:
            raise NotFound("没有这个机关", "There is no such bureau", bureau=message.bureau)
        return Authority(
            authority_id=uuid4().hex,
            bureau=message.bureau,
            name="",
            address="",
            contact="",
            email="",
            uses=[],
            feed_account="",
            retired=False,
            version=0,
            changed_by="",
            changed_at=change.at,
        )
    row = await find_by_id(change.session, Authority, message.authority_id, lock=True)
    if row is None:
        zh, en = "没有这个通报对象", "There is no such authority"
        raise NotFound(zh, en, authority=message.authority_id)
    change.caller.require_bureau(row.bureau)
    if row.bureau != message.bureau:
        zh, en = "通报对象不能改属其他机关", "An authority stays in the list of its bureau"
        raise InvalidInput(faults=[Fault("authority.bureau", zh, en)])
    if row.version != message.version:
        zh = "这个通报对象已被他人更改，请重新查看"
        en = "This authority was changed meanwhile; look at it again"
        raise WrongState(zh, en, authority=row.authority_id, version=str(row.version))
    return row


def _require_content(change: Change, values: dict[str, str], message: pb.Authority) -> None:
    faults, uses = list[Fault](), circular_uses(change.today)
    if not values["name"]:
        faults.append(Fault("authority.name", "须写明", "This text is required"))
    if not values["address"] and not values["email"]:
        zh, en = "地址和电子邮箱至少写一项", "an address or an e-mail address is needed"
        faults.append(Fault("authority.address", zh, en))
    if values["email"] and not _EMAIL.fullmatch(values["email"]):
        zh, en = "须为一个电子邮箱地址，例如 jsj@example.com", "must be one e-mail address"
        faults.append(Fault("authority.email", zh, en))
    if not message.uses or not uses.keys() >= set(message.uses):
        zh = f"请写明供其考虑的事项：{'、'.join(zh for zh, _ in uses.values())}"
        en = f"must be of {', '.join(uses)}"
        faults.append(Fault("authority.uses", zh, en, cite=CITE))
    if faults:
        raise InvalidInput(faults=faults)


async def _require_other_name(change: Change, row: Authority, name: str) -> None:
    same = select(Authority.authority_id).where(
        col(Authority.bureau) == row.bureau,
        col(Authority.name) == name,
        col(Authority.authority_id) != row.authority_id,
    )
    if (await change.session.exec(same)).first():
        zh, en = "本机关已登记同名的通报对象", "An authority of this name stands in the list"
        raise AlreadyExists(zh, en, name=name)


def uses_of(
    change: Change, row: Circular, authorities: Sequence[Authority]
) -> dict[str, list[str]]:
    """Returns what each authority considers a circular for, of what its article provides for.

    Raises InvalidInput for one that considers nothing of it: S1 12(三) and S4 四(五)E3 name others.
    """
    source = CircularSource.EXPOSURE_LIST if row.list_id else CircularSource.GRADE
    provided = {use for rule in circular_rules(source, change.today) for use in rule.uses}
    found = {one.authority_id: [use for use in one.uses if use in provided] for one in authorities}
    names = circular_uses(change.today)
    zh = "、".join(names[use][0] for use in names if use in provided)
    faults = [
        Fault(
            f"authority_ids[{place}]",
            f"{one.name}：没有登记{zh}中的任何一项",
            f"{one.name}: is not told for {', '.join(sorted(provided))}",
            cite=row.cite,
        )
        for place, one in enumerate(authorities)
        if not found[one.authority_id]
    ]
    if faults:
        raise InvalidInput(faults=faults)
    return found
