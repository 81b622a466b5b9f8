"""The commands by which an institution says where it verifies and how much it completes a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, NotFound
from law.instruments import catalogue, code_of
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.short_ids import find_by_id
from protos.registry.v1 import institutions_pb2 as pb
from services.registry.commands.targets import refuse_any, require_version
from services.registry.institutions import wire
from services.registry.institutions.access import find
from services.registry.institutions.tables import Authorisation, Capacity, Institution, Site
from services.registry.validation import reader_of

# A first day that is later than this is a typing error.
_FARTHEST = timedelta(days=366)
Row = TypeVar("Row", Site, Capacity)


async def put_site(change: Change, request: pb.PutSiteRequest) -> pb.PutSiteResponse:
    """Adds a place where an institution verifies, or changes it.

    What the public sees is what the institution itself released: once a unit head changed a site,
    it is hidden until the institution releases it again (S1 20).

    Raises InvalidInput for faulty content, NotFound for an unknown institution or site,
    AlreadyExists for a name that another site of the institution has, and WrongState if the
    request's version is not the present one.
    """
    message = request.site
    institution = await find(change, message.institution_id, lock=True)
    row = await _present(change, Site, message.site_id, institution)
    require_version(row.version if row else 0, message.version)
    faults: list[Fault] = []
    content: dict[str, Any] = {
        "name": message.name.strip(),
        "address": message.address.strip(),
        "type_codes": await _types(change, institution, "site", message.type_codes, faults),
        "at_owner": message.at_owner,
        "closed": message.closed,
    }
    refuse_any(faults + _faults_of_site(message))
    before = row.model_dump(mode="json") if row else None
    row = row or Site(site_id=uuid4().hex, institution_id=institution.institution_id, **content)
    await _require_other_name(change, row, message.name.strip())
    own = change.caller.has(Role.VERIFICATION_INSTITUTION)
    unchanged = before is not None and row.model_dump(include=set(content)) == content
    released = message.released if own else row.released and unchanged
    row.sqlmodel_update({**content, "released": released})
    _save(change, row, institution, "put_site", f"site/{row.site_id}", before)
    return pb.PutSiteResponse(site=wire.site(row))


async def put_capacity(change: Change, request: pb.PutCapacityRequest) -> pb.PutCapacityResponse:
    """States how many instruments an institution completes on a working day, from a day on.

    Nobody else states it, and nothing stands in for a figure that is not stated.

    Raises InvalidInput for a type that the institution may not verify, a second figure for a type
    from the same day, or a day more than a year ahead; NotFound for an unknown institution or
    figure, and WrongState if the request's version is not the present one.
    """
    message = request.capacity
    institution = await find(change, message.institution_id, lock=True)
    row = await _present(change, Capacity, message.capacity_id, institution)
    require_version(row.version if row else 0, message.version)
    content = await _content_of_capacity(change, institution, message, row)
    before = row.model_dump(mode="json") if row else None
    row = row or Capacity(
        capacity_id=uuid4().hex, institution_id=institution.institution_id, **content
    )
    row.sqlmodel_update(content)
    _save(change, row, institution, "put_capacity", f"capacity/{row.capacity_id}", before)
    return pb.PutCapacityResponse(capacity=wire.capacity(row))


async def _present(
    change: Change, table: type[Row], key: str, institution: Institution
) -> Row | None:
    """The row that the request changes; None for a new one."""
    if not key:
        return None
    own = col(table.institution_id) == institution.institution_id
    row = await find_by_id(change.session, table, key, own, lock=True)
    if row is None or row.institution_id != institution.institution_id:
        raise NotFound("没有这项登记", "There is no such entry", id=key)
    return row


def _faults_of_site(message: pb.Site) -> list[Fault]:
    faults = []
    if not message.name.strip():
        faults.append(Fault("site.name", "请填写检定地点的名称", "name the site"))
    if not message.address.strip() and not message.at_owner:
        zh = "请填写地址；只上门检定的可以不填"
        en = "needs an address, unless the institution comes to the owner"
        faults.append(Fault("site.address", zh, en))
    return faults


async def _require_other_name(change: Change, row: Site, name: str) -> None:
    same = select(Site.site_id).where(
        Site.institution_id == row.institution_id,
        Site.name == name,
        col(Site.site_id) != row.site_id,
    )
    if (await change.session.exec(same)).first():
        zh, en = "这家机构已有同名的检定地点", "The institution has a site of this name"
        raise AlreadyExists(zh, en, name=name)


async def _content_of_capacity(
    change: Change, institution: Institution, message: pb.Capacity, row: Capacity | None
) -> dict[str, Any]:
    faults: list[Fault] = []
    reader = reader_of(message, "capacity", faults)
    types = await _types(change, institution, "capacity", message.type_codes, faults)
    from_on = reader.day("from_on")
    if from_on > change.today + _FARTHEST:
        reader.fault("from_on", "不得晚于一年以后", "must not be more than a year ahead")
    own_key = row.capacity_id if row else ""
    for taken in await _stated_from(change, institution, from_on, own_key):
        if both := sorted({*taken.type_codes} & {*types}):
            named_zh, named_en = _named(both)
            zh = f"“{named_zh}”已有自这一日起的能力，请变更那一项"
            en = f"there is a figure for {named_en} from this day: change that one"
            reader.fault("from_on", zh, en)
    refuse_any(faults)
    return {"type_codes": types, "per_day": message.per_day, "from_on": from_on}


async def _stated_from(
    change: Change, institution: Institution, from_on: date, but: str
) -> Sequence[Capacity]:
    rows = select(Capacity).where(
        Capacity.institution_id == institution.institution_id,
        Capacity.from_on == from_on,
        col(Capacity.capacity_id) != but,
    )
    return (await change.session.exec(rows)).all()


async def _types(
    change: Change,
    institution: Institution,
    path: str,
    given: Sequence[str],
    faults: list[Fault],
) -> list[str]:
    """The codes of the types; notes a fault for each that the institution was never authorised."""
    own = select(Authorisation.type_code).where(
        Authorisation.institution_id == institution.institution_id
    )
    authorised = set((await change.session.exec(own)).all())
    codes = [code_of(one.strip()) for one in given]
    for number, code in enumerate(codes):
        if code not in authorised:
            named_zh, named_en = _named([code])
            zh = f"没有登记“{named_zh}”的检定授权"
            en = f"no authorisation for {named_en} is on file"
            faults.append(Fault(f"{path}.type_codes[{number}]", zh, en))
    return sorted(set(codes))


def _named(codes: Sequence[str]) -> tuple[str, str]:
    known = [catalogue().get(code) for code in codes]
    zh = (one.name_zh if one else code for one, code in zip(known, codes, strict=True))
    en = (one.name_en if one else code for one, code in zip(known, codes, strict=True))
    return "、".join(zh), ", ".join(en)


def _save(
    change: Change,
    row: Site | Capacity,
    institution: Institution,
    action: str,
    object_: str,
    before: dict[str, Any] | None,
) -> None:
    row.version += 1
    change.session.add(row)
    after = row.model_dump(mode="json")
    change.audit(action, object_, before=before, after=after, bureau=institution.bureau)
