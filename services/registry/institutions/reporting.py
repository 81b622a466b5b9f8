"""A verification institution reports only results that it issued itself (S4 二(四)).

It reports types of instruments for which it is authorised on the day of the verification, under
certificate numbers that no other institution has used.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, NotPermitted
from law.identity import document_key, folded
from law.instruments import catalogue
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows.families import FamilyName
from services.registry.institutions.tables import Authorisation, Institution
from services.registry.laboratories.tables import Laboratory
from services.registry.tables import Account, Verification

# Roles that report the verifications of every institution.
_OF_EVERY_INSTITUTION = (Role.CASEWORKER, Role.INTEGRATOR, Role.ADMINISTRATOR, Role.SERVICE)
NOT_OWN_ZH = "只能报送本机构（{name}）出具的检定结果"
NOT_OWN_EN = "only results that {name} issued itself can be reported"
IDS_IN_QUERY = 1000


@dataclass(frozen=True)
class Reporter:
    """An institution that reports: its name, its authorisations, and others' certificate numbers.

    `taken` are the numbers, among those it reports now, that another institution has used.
    """

    name: str
    authorised: Collection[Authorisation]
    taken: Collection[str]
    laboratories: Collection[Laboratory] = ()

    def faults(
        self, type_code: str, verified_on: date, certificate_no: str, laboratory: str = ""
    ) -> list[tuple[str, Fault]]:
        """Returns what forbids reporting one verification: code of the reason, and fault."""
        found = self._of_laboratory(laboratory, verified_on) if laboratory else []
        if not self._may_verify(type_code, verified_on):
            found.append(_unauthorised(self.name, type_code, verified_on))
        if document_key(certificate_no) in self.taken:
            zh = "这一证书编号是其他检定机构的"
            en = "another institution has used this certificate number"
            fault = Fault("certificate_no", zh, en)
            found.append(("CERTIFICATE_OF_ANOTHER_INSTITUTION", fault))
        return found

    def _of_laboratory(self, name: str, on: date) -> list[tuple[str, Fault]]:
        own = next((one for one in self.laboratories if one.name == name), None)
        if own is None:
            names = "、".join(one.name for one in self.laboratories) or "无"
            zh = f"本机构没有登记这间实验室；已登记的：{names}"
            en = f"no laboratory of this name is on file; there are: {names}"
            return [("UNKNOWN_LABORATORY", Fault("laboratory", zh, en))]
        if own.valid_from <= on <= own.valid_until:
            return []
        zh = f"这间实验室的授权自 {own.valid_from} 至 {own.valid_until}，检定日期不在其中"
        en = f"this laboratory is authorised from {own.valid_from} to {own.valid_until} only"
        return [("LABORATORY_NOT_AUTHORISED", Fault("laboratory", zh, en))]

    def _may_verify(self, type_code: str, on: date) -> bool:
        return any(
            one.type_code == type_code and one.valid_from <= on <= one.valid_until
            for one in self.authorised
        )


def _unauthorised(name: str, type_code: str, on: date) -> tuple[str, Fault]:
    known = catalogue().get(type_code)
    type_zh, type_en = (known.name_zh, known.name_en) if known else (type_code, type_code)
    zh = f"{name}在 {on} 没有“{type_zh}”的检定授权，请监管机关核实登记"
    en = f"{name} is not authorised to verify {type_en} on {on}; ask the bureau"
    return "NOT_AUTHORISED", Fault("verified_on", zh, en)


async def reporter(
    session: AsyncSession, caller: Caller, numbers: Collection[str]
) -> Reporter | None:
    """Returns the institution that reports these certificate numbers.

    None for a caller that reports the verifications of every institution. Institutions take turns,
    until the end of the transaction: of two with the same number at the same instant, the second
    finds that it is taken. Raises NotPermitted if the caller's account names no institution that is
    on file.
    """
    if not is_institution(caller):
        return None
    await require_named(session, caller)
    await exclusively(session, "certificate_numbers")
    name = await own_institution(session, caller)
    authorised = select(Authorisation).join(Institution).where(Institution.name == name)
    rows = (await session.exec(authorised)).all()
    kept = select(Laboratory).join(Institution).where(Institution.name == name)
    laboratories = (await session.exec(kept.order_by(col(Laboratory.name)))).all()
    return Reporter(name, rows, await _taken(session, name, {*numbers} - {""}), laboratories)


async def proposer(
    session: AsyncSession, account_id: str, numbers: Collection[str]
) -> Reporter | None:
    """Returns the institution for which an account proposed certificate numbers, as `reporter`."""
    return await reporter(session, await sender(session, account_id), numbers)


async def sender(session: AsyncSession, account_id: str) -> Caller:
    """Returns who proposed something, with the present roles; none if there is no account."""
    account = await session.get(Account, account_id)
    if account is None:
        return Caller(account_id, "", frozenset())
    roles = frozenset(map(Role, account.roles))
    return Caller(account.account_id, account.name, roles, account.bureau)


async def _taken(session: AsyncSession, name: str, numbers: Collection[str]) -> set[str]:
    """The numbers, as they are compared, under which another institution has a certificate."""
    taken: set[str] = set()
    keys = {key for number in numbers if (key := document_key(number))}
    for some in chunks(sorted(keys), IDS_IN_QUERY):
        others = select(Verification.certificate_key, Verification.institution).where(
            col(Verification.certificate_key).in_(some), sa.not_(col(Verification.removed))
        )
        rows = (await session.exec(others)).all()
        taken |= {key for key, institution in rows if folded(institution) != folded(name)}
    return taken


async def own_institution(session: AsyncSession, caller: Caller) -> str:
    """Returns the only institution whose verifications the caller may report.

    Empty if the caller may report those of every institution, or if the administrator has not named
    an institution in the account.
    """
    if not is_institution(caller):
        return ""
    account = await session.get(Account, caller.account_id)
    return account.institution if account else ""


def require_own_field(caller: Caller, header: pb.ImportHeader) -> None:
    """Raises NotPermitted if an institution sends anything but verifications.

    They must be of instruments that the register knows, and not a first load.
    """
    verifications = header.family == FamilyName.VERIFICATIONS and not header.file_missing
    if is_institution(caller) and not (verifications and not header.baseline):
        zh = "检定机构只能报送已登记器具的检定结果"
        raise NotPermitted(zh, "An institution uploads verifications of known instruments")


async def require_named(session: AsyncSession, caller: Caller) -> None:
    """Raises NotPermitted if an institution's account does not name an institution on file."""
    if not is_institution(caller):
        return
    name = await own_institution(session, caller)
    if not name:
        raise NotPermitted(
            "您的账号没有登记机构名称，请平台管理员登记后再上传",
            "Your account names no institution; the administrator has to name it first",
        )
    if not (await session.exec(select(Institution).where(Institution.name == name))).first():
        raise NotPermitted(
            f"{name}还没有登记为检定机构，请监管机关的单位负责人登记",
            f"{name} is not on file; the bureau's unit head has to register it first",
        )


async def issued_by_own(session: AsyncSession, caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition for the verifications that a caller may see as their issuer.

    It selects all of them for a caller that is no institution.
    """
    if not is_institution(caller):
        return sa.true()
    own = await own_institution(session, caller)
    return col(Verification.institution) == own if own else sa.false()


async def require_issued(session: AsyncSession, caller: Caller, institution: str) -> None:
    """Raises NotPermitted for an institution that did not issue the verification itself."""
    if is_institution(caller) and institution != await own_institution(session, caller):
        zh, en = "只能办理本机构出具的检定", "This was verified by another institution"
        raise NotPermitted(zh, en)


def is_institution(caller: Caller) -> bool:
    """Returns whether a caller speaks for one institution alone."""
    return caller.has(Role.VERIFICATION_INSTITUTION) and not caller.has(*_OF_EVERY_INSTITUTION)
