"""Identity: who calls, in which role, within which scope (D-09)."""

from __future__ import annotations

import contextvars
from dataclasses import dataclass
from enum import StrEnum

from law.errors import LawError, NotPermitted

_SERVICE = "service:"  # what the account of one of the platform's own services begins with


class Role(StrEnum):
    """What an account may do; the wire's enum without its prefix, and the services themselves."""

    OPERATOR = "operator"
    CASEWORKER = "caseworker"
    UNIT_HEAD = "unit_head"
    MUNICIPAL_REVIEWER = "municipal_reviewer"
    INSPECTOR = "inspector"
    VERIFICATION_INSTITUTION = "verification_institution"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"
    PUBLIC = "public"
    SERVICE = "service"


class Unauthenticated(LawError):
    """The token is missing, expired or not ours."""

    reason = "UNAUTHENTICATED"
    message_zh = "未登录，或登录已失效"


@dataclass(frozen=True)
class Caller:
    """Who calls. `on_behalf_of` names the person for whom a service acts."""

    account_id: str
    name: str
    roles: frozenset[Role]
    bureau: str = ""
    subject_id: str = ""
    on_behalf_of: str = ""

    def has(self, *roles: Role) -> bool:
        """True when the caller holds one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_service(self) -> bool:
        """True for one of the platform's own services."""
        return Role.SERVICE in self.roles

    @property
    def service(self) -> str:
        """Which of the platform's own services this is; empty for people."""
        return self.account_id.removeprefix(_SERVICE) if self.is_service else ""

    def covers(self, bureau: str) -> bool:
        """True when the bureau lies in scope; a municipal bureau covers its districts."""
        return self.is_service or bool(self.bureau and bureau.startswith(scope_prefix(self.bureau)))

    def require_bureau(self, bureau: str) -> None:
        """Refuses a bureau outside the caller's scope."""
        if not self.covers(bureau):
            raise NotPermitted(
                f"该事项属于 {bureau}，不在您的管辖范围内",
                f"This belongs to bureau {bureau}, outside your scope",
                bureau=bureau,
            )

    def require_subject(self, subject_id: str, bureau: str) -> None:
        """An operator sees its own subject; everyone else needs the bureau in scope."""
        if self.has(Role.OPERATOR):
            if not self.sees(subject_id, bureau):
                raise NotPermitted(
                    "只能查看和办理本单位的事项", "You may only act for your own subject"
                )
        else:
            self.require_bureau(bureau)

    def sees(self, subject_id: str, bureau: str) -> bool:
        """True when `require_subject` allows it; `row_scope.seen` says the same in SQL."""
        if self.has(Role.OPERATOR):
            return bool(self.subject_id) and self.subject_id == subject_id
        return self.covers(bureau)


def scope_prefix(bureau: str) -> str:
    """The leading digits that every bureau in scope shares: 330100 → 3301, 120000 → 12.

    Pairs of zeros are stripped, never single ones: 330110 is a district of its own.
    """
    code = bureau
    while code.endswith("00") and len(code) % 2 == 0:
        code = code[:-2]
    return code


def service_caller(service: str, on_behalf_of: str = "") -> Caller:
    """The identity under which a service's own consumers and activities act."""
    name = f"{_SERVICE}{service}"
    return Caller(name, name, frozenset({Role.SERVICE}), on_behalf_of=on_behalf_of)


_current: contextvars.ContextVar[Caller] = contextvars.ContextVar("caller")


def current_caller() -> Caller:
    """Who made the call now being served."""
    return _current.get()


def set_current_caller(caller: Caller) -> None:
    """Set by the RPC guard before a handler runs."""
    _current.set(caller)
