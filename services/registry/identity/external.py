"""People for whom the bureau's own sign-in service vouches (OpenID Connect).

The portal verifies the identity; the claims of it decide roles and bureau by the bureau's mapping,
at every login anew. A value that the mapping does not name gives nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, field_validator
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotPermitted
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.mail_address import is_mail_address
from protos.identity.v1 import identity_pb2 as pb
from services.registry.identity import accounts, sessions
from services.registry.identity.tables import Account, ExternalIdentity
from services.registry.tables import Bureau

# Roles of a bureau's people; nobody else comes by way of the bureau's sign-in service.
STAFF = frozenset(
    {
        Role.CASEWORKER,
        Role.UNIT_HEAD,
        Role.MUNICIPAL_REVIEWER,
        Role.INSPECTOR,
        Role.ADMINISTRATOR,
    }
)
_LONGEST_ADDRESS = 200  # as in the contract
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RoleClaim(_Strict):
    """The claim that names roles, such as `groups` or `realm_access.roles`, and what it gives."""

    claim: str
    values: Mapping[str, str]

    @field_validator("values")
    @classmethod
    def _of_staff(cls, values: Mapping[str, str]) -> Mapping[str, str]:
        if unknown := set(values.values()) - STAFF:
            raise ValueError(f"no role of a bureau's people: {', '.join(sorted(unknown))}")
        return values


class BureauClaim(_Strict):
    """The claim that names the bureau, and the code of the bureau for each of its values."""

    claim: str
    values: Mapping[str, str]


class ClaimMapping(_Strict):
    """What a bureau makes of the claims of its own sign-in service.

    `accounts` is `create` if the first login creates an account, and `bind` if it only binds the
    account that an administrator created with the same mail address.
    """

    accounts: Literal["create", "bind"]
    roles: RoleClaim
    bureau: BureauClaim
    name_claim: str = "name"

    @classmethod
    def read(cls, file: Path) -> ClaimMapping:
        """Reads a mapping from a JSON file. Raises pydantic's ValidationError for a faulty one."""
        return cls.model_validate_json(file.read_text(encoding="utf-8"))

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """Returns the roles that the claims give."""
        values = _values(claims, self.roles.claim)
        return frozenset(Role(self.roles.values[v]) for v in values if v in self.roles.values)

    def bureau_of(self, claims: Mapping[str, Any]) -> str:
        """Returns the code of the bureau that the claims give; empty for none and for several."""
        values = _values(claims, self.bureau.claim)
        codes = {self.bureau.values[v] for v in values if v in self.bureau.values}
        return codes.pop() if len(codes) == 1 else ""


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The values of a claim: one text or a list of texts, also within other claims."""
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]


async def account_of(
    change: Change, request: pb.LoginExternalRequest, mapping: ClaimMapping
) -> Account:
    """Returns the account of a person for whom the bureau's own sign-in service vouches.

    Creates or binds it at the first login, as the mapping says; sets roles and bureau to what the
    claims give now, and ends the logins with other ones. Raises NotPermitted without a role or a
    bureau, for roles that one account may not combine, for a closed account, and if no account can
    be bound.
    """
    claims = json.loads(request.claims_json)
    roles, bureau = mapping.roles_of(claims), mapping.bureau_of(claims)
    await _require_place(change, roles, bureau)
    account = await _bound(change.session, request)
    if account is None:
        account = await _first(change, request, claims, mapping)
        change.session.add(
            ExternalIdentity(
                issuer=request.issuer,
                subject=request.subject,
                account_id=account.account_id,
                bound_at=change.at,
            )
        )
    if account.closed:
        raise NotPermitted("账号已停用，请联系平台管理员", "The account is closed")
    await _follow(change, account, roles, bureau)
    return account


async def withdraw(change: Change, request: pb.LoginExternalRequest) -> None:
    """Takes the roles of an account to which the claims give no place, and ends its logins.

    Does nothing for a person without an account.
    """
    account = await _bound(change.session, request)
    if account is not None and not account.closed:
        await _follow(change, account, frozenset(), account.bureau)


async def _require_place(change: Change, roles: frozenset[Role], bureau: str) -> None:
    if not roles:
        zh = "统一身份认证没有给您本平台的角色，请联系本单位的管理员"
        raise NotPermitted(zh, "Your sign-in service gives you no role on this platform")
    if faults := list(accounts.role_faults(roles)):
        raise NotPermitted(faults[0].message_zh, faults[0].message_en)
    row = await change.session.get(Bureau, bureau) if bureau else None
    if row is None or row.removed:
        zh = "统一身份认证没有给出您所属的机关，请联系本单位的管理员"
        raise NotPermitted(zh, "Your sign-in service names no bureau of this platform")


async def _bound(session: AsyncSession, request: pb.LoginExternalRequest) -> Account | None:
    key = (request.issuer, request.subject)
    identity = await session.get(ExternalIdentity, key, with_for_update=True)
    return await session.get(Account, identity.account_id) if identity else None


async def _first(
    change: Change,
    request: pb.LoginExternalRequest,
    claims: Mapping[str, Any],
    mapping: ClaimMapping,
) -> Account:
    if mapping.accounts == "bind":
        return await _bind(change, claims)
    row = Account(
        account_id=uuid4().hex,
        name=await _free_name(change.session, request, claims),
        display_name=_text(claims, mapping.name_claim)[:100] or request.subject[:100],
        roles=[],
        password_hash="",
        external=True,
        email=_verified_email(claims),
        created_at=change.at,
    )
    accounts.add(change, row)
    await change.session.flush()
    return row


async def _bind(change: Change, claims: Mapping[str, Any]) -> Account:
    """The one open account of a bureau's person with the verified mail address of the claims."""
    email = _verified_email(claims)
    bearing = select(Account).where(
        Account.email == email, col(Account.closed).is_(False), col(Account.external).is_(False)
    )
    rows = (await change.session.exec(bearing.with_for_update())).all() if email else []
    own = [row for row in rows if not {*row.roles} - STAFF]
    if len(own) != 1:
        zh = "没有与您的邮箱对应的账号，请联系平台管理员"
        raise NotPermitted(zh, "No account has your mail address; ask the administrator")
    before = own[0].audited()
    own[0].external, own[0].password_hash, own[0].first_password = True, "", False
    object_ = f"account/{own[0].account_id}"
    change.audit("bind_account", object_, before=before, after=own[0].audited())
    return own[0]


async def _follow(change: Change, account: Account, roles: frozenset[Role], bureau: str) -> None:
    """Sets roles and bureau of an account to what the claims give; a change ends its logins."""
    wanted = ([str(role) for role in sorted(roles)], bureau)
    if (account.roles, account.bureau) == wanted:
        return
    before = account.audited()
    account.roles, account.bureau = wanted
    object_ = f"account/{account.account_id}"
    change.audit("follow_claims", object_, before=before, after=account.audited())
    await sessions.end_all(change, account)


async def _free_name(
    session: AsyncSession, request: pb.LoginExternalRequest, claims: Mapping[str, Any]
) -> str:
    wanted = _text(claims, "preferred_username").lower()
    taken = select(Account).where(Account.name == wanted)
    if _NAME.fullmatch(wanted) and (await session.exec(taken)).first() is None:
        return wanted
    person = f"{request.issuer}\n{request.subject}".encode()
    return f"sso-{hashlib.sha256(person).hexdigest()[:16]}"


def _verified_email(claims: Mapping[str, Any]) -> str:
    """The mail address that the provider vouches for; empty for a text that is none."""
    email = _text(claims, "email")
    vouched = claims.get("email_verified") is True and is_mail_address(email)
    return email if vouched and len(email) <= _LONGEST_ADDRESS else ""


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
