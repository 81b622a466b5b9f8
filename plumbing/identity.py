"""Identity: who calls, in which role, within which scope (D-09)."""

from __future__ import annotations

import contextvars
from dataclasses import dataclass
from enum import StrEnum

from law.errors import LawError, NotPermitted

_SERVICE = "service:"  # the account id of a service of the platform begins with this


class Role(StrEnum):
    """The roles of accounts, named as in the wire's enum without its prefix, and of services."""

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
    """Who calls. `on_behalf_of` is the account of the person for whom a service acts."""

    account_id: str
    name: str
    roles: frozenset[Role]
    bureau: str = ""
    subject_id: str = ""
    on_behalf_of: str = ""

    def has(self, *roles: Role) -> bool:
        """True if the caller has one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_service(self) -> bool:
        """True for a service of the platform."""
        return Role.SERVICE in self.roles

    @property
    def service(self) -> str:
        """The name of the calling service; empty for a person."""
        return self.account_id.removeprefix(_SERVICE) if self.is_service else ""

    def covers(self, bureau: str) -> bool:
        """True if the bureau is in the caller's scope; a municipal bureau covers its districts."""
        return self.is_service or bool(self.bureau and bureau.startswith(scope_prefix(self.bureau)))

    def require_bureau(self, bureau: str) -> None:
        """Raises NotPermitted for a bureau outside the caller's scope."""
        if not self.covers(bureau):
            raise NotPermitted(
                f"该事项属于 {bureau}，不在您的管辖范围内",
                f"This belongs to bureau {bureau}, outside your scope",
                bureau=bureau,
            )

    def require_subject(self, subject_id: str, bureau: str) -> None:
        """Raises NotPermitted unless the caller sees what belongs to the subject and the bureau.

        An operator sees what belongs to its own subject, everyone else what belongs to a bureau in
        scope.
        """
        if self.has(Role.OPERATOR):
            if not self.sees(subject_id, bureau):
                raise NotPermitted(
                    "只能查看和办理本单位的事项", "You may only act for your own subject"
                )
        else:
            self.require_bureau(bureau)

    def sees(self, subject_id: str, bureau: str) -> bool:
        """True if `require_subject` would not raise; `row_scope.seen` is the same in SQL."""
        if self.has(Role.OPERATOR):
            return bool(self.subject_id) and self.subject_id == subject_id
        return self.covers(bureau)


def scope_prefix(bureau: str) -> str:
    """The leading digits that all bureaus in scope share: 330100 → 3301, 120000 → 12.

    Only pairs of zeros are removed, never a single one: 330110 is a district.
    """
    code = bureau
    while code.endswith("00") and len(code) % 2 == 0:
        code = code[:-2]
    return code


def service_caller(service: str, on_behalf_of: str = "") -> Caller:
    """The caller as which the consumers and activities of a service act."""
    name = f"{_SERVICE}{service}"
    return Caller(name, name, frozenset({Role.SERVICE}), on_behalf_of=on_behalf_of)


_current: contextvars.ContextVar[Caller] = contextvars.ContextVar("caller")


def current_caller() -> Caller:
    """Who made the call that is being served."""
    return _current.get()


def set_current_caller(caller: Caller) -> None:
    """Sets the caller of the current call; the RPC guard does so before a handler runs."""
    _current.set(caller)
