"""A verification institution reports only results that it issued itself (S4 二(四))."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotPermitted
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows.families import FamilyName
from services.registry.tables import Account, Verification

# Roles that report the verifications of every institution.
_OF_EVERY_INSTITUTION = (Role.CASEWORKER, Role.INTEGRATOR, Role.ADMINISTRATOR, Role.SERVICE)
NOT_OWN_ZH = "只能报送本机构（{name}）出具的检定结果"
NOT_OWN_EN = "only results that {name} issued itself can be reported"


async def own_institution(session: AsyncSession, caller: Caller) -> str:
    """Returns the only institution whose verifications the caller may report.

    Empty if the caller may report those of every institution, or if the administrator has not named
    an institution in the account.
    """
    if not _is_institution(caller):
        return ""
    account = await session.get(Account, caller.account_id)
    return account.institution if account else ""


def require_own_field(caller: Caller, header: pb.ImportHeader) -> None:
    """Raises NotPermitted if an institution sends anything but verifications.

    They must be of instruments that the register knows, and not a first load.
    """
    verifications = header.family == FamilyName.VERIFICATIONS and not header.file_missing
    if _is_institution(caller) and not (verifications and not header.baseline):
        zh = "检定机构只能报送已登记器具的检定结果"
        raise NotPermitted(zh, "An institution uploads verifications of known instruments")


async def require_named(session: AsyncSession, caller: Caller) -> None:
    """Raises NotPermitted if an institution's account does not name the institution."""
    if _is_institution(caller) and not await own_institution(session, caller):
        raise NotPermitted(
            "您的账号没有登记机构名称，请平台管理员登记后再上传",
            "Your account names no institution; the administrator has to name it first",
        )


async def issued_by_own(session: AsyncSession, caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition for the verifications that a caller may see as their issuer.

    It selects all of them for a caller that is no institution.
    """
    if not _is_institution(caller):
        return sa.true()
    own = await own_institution(session, caller)
    return col(Verification.institution) == own if own else sa.false()


async def require_issued(session: AsyncSession, caller: Caller, institution: str) -> None:
    """Raises NotPermitted for an institution that did not issue the verification itself."""
    if _is_institution(caller) and institution != await own_institution(session, caller):
        zh, en = "只能办理本机构出具的检定", "This was verified by another institution"
        raise NotPermitted(zh, en)


def _is_institution(caller: Caller) -> bool:
    return caller.has(Role.VERIFICATION_INSTITUTION) and not caller.has(*_OF_EVERY_INSTITUTION)
