"""The commands by which a unit head keeps institutions and what they are authorised to verify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound
from law.identifiers import check_credit_code
from law.instruments import catalogue, code_of
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from protos.registry.v1 import institutions_pb2 as pb
from services.registry.commands.targets import (
    refuse_any,
    require_bureau_exists,
    require_version,
)
from services.registry.institutions import wire
from services.registry.institutions.access import find
from services.registry.institutions.saving import save_authorisation, save_institution
from services.registry.institutions.tables import Authorisation, Institution
from services.registry.orders.authorised import count_outlasting
from services.registry.validation import reader_of

_TEXTS = ("bureau", "contact", "phone", "email")


async def put_institution(
    change: Change, request: pb.PutInstitutionRequest
) -> pb.PutInstitutionResponse:
    """Creates an institution, or changes its bureau, credit code and contact.

    Raises InvalidInput for a faulty content or another name, NotPermitted outside the caller's
    scope, NotFound for an unknown one, AlreadyExists for a name that another one has, and
    WrongState if the request's version is not the present one.
    """
    message = request.institution
    change.caller.require_bureau(message.bureau)
    await require_bureau_exists(change, message.bureau, "institution.bureau")
    row = await _present_or_new(change, message)
    before = row.model_dump(mode="json") if row.version else None
    require_version(row.version, message.version)
    values = {name: getattr(message, name).strip() for name in _TEXTS}
    row.sqlmodel_update({**values, "credit_code": credit_code_of(message)})
    await save_institution(change, row, before)
    return pb.PutInstitutionResponse(institution=wire.institution(row))


async def put_authorisation(
    change: Change, request: pb.PutAuthorisationRequest
) -> pb.PutAuthorisationResponse:
    """Adds an authorisation to an institution, or changes it; says which orders it cuts off.

    The type is given by its code or name in the catalogue; one that the authorisation has already
    is taken as it is. Raises InvalidInput for another one, a faulty period, an earlier last or a
    later first day without a ground, NotFound for an unknown institution or authorisation, and
    WrongState if the request's version is not the present one.
    """
    message = request.authorisation
    institution = await find(change, message.institution_id)
    row = await _authorisation(change, message, institution)
    before = row.model_dump(mode="json") if row.version else None
    require_version(row.version, message.version)
    content, ground = content_of(message, row.type_code), request.ground.strip()
    which = row.type_code  # before the change
    if row.version:
        _require_ground(row, content, ground)
    row.sqlmodel_update(content)
    await save_authorisation(change, row, institution, before, ground)
    cut_off = await count_outlasting(change.session, institution, which, change.today)
    return pb.PutAuthorisationResponse(
        authorisation=wire.authorisation(row), orders_cut_off=cut_off
    )


def _require_ground(row: Authorisation, content: Mapping[str, Any], ground: str) -> None:
    ends_early = content["valid_until"] < row.valid_until or content["type_code"] != row.type_code
    if ends_early and not ground:
        zh, en = "提前终止授权须写明理由", "an authorisation that ends early needs a ground"
        refuse_any([Fault("ground", zh, en)])
    if content["valid_from"] > row.valid_from and not ground:
        zh = "推迟授权的第一日须写明理由；续期的请另行登记一项授权"
        en = "a later first day needs a ground; a further period is an authorisation of its own"
        refuse_any([Fault("ground", zh, en)])


async def _present_or_new(change: Change, message: pb.Institution) -> Institution:
    name = message.name.strip()
    if message.institution_id:
        row = await find(change, message.institution_id, lock=True)
        if name not in ("", row.name):
            zh = "名称与其证书、账号一致，不能更改；更名后请另行登记"
            en = "the name stays as on its certificates; register the new name as another one"
            raise InvalidInput(faults=[Fault("institution.name", zh, en)])
        return row
    if not name:
        raise InvalidInput(faults=[Fault("institution.name", "必填", "required")])
    same = select(Institution.institution_id).where(Institution.name == name)
    if (await change.session.exec(same)).first():
        zh, en = "已有同名的检定机构", "There is an institution of this name"
        raise AlreadyExists(zh, en, name=name)
    new = uuid4().hex
    return Institution(institution_id=new, name=name, bureau=message.bureau, since=change.today)


async def _authorisation(
    change: Change, message: pb.Authorisation, institution: Institution
) -> Authorisation:
    if not message.authorisation_id:
        return Authorisation(
            authorisation_id=uuid4().hex,
            institution_id=institution.institution_id,
            **content_of(message),
        )
    key = message.authorisation_id
    own = col(Authorisation.institution_id) == institution.institution_id
    row = await find_by_id(change.session, Authorisation, key, own, lock=True)
    if row is None or row.institution_id != institution.institution_id:
        raise NotFound("没有这项授权", "There is no such authorisation", authorisation=key)
    return row


def content_of(message: pb.Authorisation, present_type: str = "") -> dict[str, Any]:
    """Returns the columns of an authorisation; raises InvalidInput for a bad field.

    A type outside the catalogue is taken only if it is `present_type`, which it has already.
    """
    faults: list[Fault] = []
    reader = reader_of(message, "authorisation", faults)
    values: dict[str, Any] = {
        "type_code": code_of(reader.text("type_code").strip()),
        "valid_from": reader.day("valid_from"),
        "valid_until": reader.day("valid_until"),
        "document_no": reader.text("document_no").strip(),
    }
    if values["type_code"] not in (*catalogue(), present_type, ""):
        zh = "目录中没有这种器具，不能新增授权：请填写目录中的代码或名称，如 FUEL、燃油加油机"
        en = "nothing new is authorised outside the catalogue: give a code or name of it, as FUEL"
        reader.fault("type_code", zh, en)
    if values["valid_until"] < values["valid_from"]:
        reader.fault("valid_until", "最后一日不得早于第一日", "must not be before valid_from")
    refuse_any(faults)
    return values


def credit_code_of(message: pb.Institution) -> str:
    """Returns the credit code of an institution; raises InvalidInput for a bad one."""
    given = message.credit_code.strip()
    try:
        return check_credit_code(given) if given else ""
    except InvalidInput as error:
        faults = [
            Fault("institution.credit_code", one.message_zh, one.message_en, cite=one.cite)
            for one in error.faults
        ]
        raise InvalidInput(faults=faults) from error
