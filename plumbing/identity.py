"""Identity: who makes a call, in which roles, and for which bureaus (D-09)."""

from __future__ import annotations

import contextvars
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from law.errors import LawError, NotPermitted

SERVICE_PREFIX = "service:"  # the account id of a service of the platform begins with this


class Role(StrEnum):
    """The roles of accounts, and the role of the platform's own services.

    The roles of accounts have the names of the protobuf enum without its prefix.
    """

    OPERATOR = "operator"
    CASEWORKER = "caseworker"
    UNIT_HEAD = "unit_head"
    MUNICIPAL_REVIEWER = "municipal_reviewer"
    INSPECTOR = "inspector"
    VERIFICATION_INSTITUTION = "verification_institution"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    PUBLIC = "public"
    SERVICE = "service"


class Unauthenticated(LawError):
    """The token is missing, expired or not ours.

    Raised when a call has no valid access token that was issued by this platform.
    """

    reason = "UNAUTHENTICATED"
    message_zh = "未登录，或登录已失效"


@dataclass(frozen=True)
class Caller:
    """The person or service that makes a call.

    `on_behalf_of` is the account of the person for whom a service acts. `session_id` is the login
    that the token belongs to; it is empty for services. `institution` is the name of the
    verification institution that the account speaks for; empty if it speaks for none.
    """

    account_id: str
    name: str
    roles: frozenset[Role]
    bureau: str = ""
    subject_id: str = ""
    on_behalf_of: str = ""
    session_id: str = ""
    institution: str = ""

    def has(self, *roles: Role) -> bool:
        """Returns whether the caller has at least one of the given roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_service(self) -> bool:
        """True if the caller is a service of the platform."""
        return Role.SERVICE in self.roles

    @property
    def service(self) -> str:
        """The name of the calling service; empty if the caller is a person."""
        return self.account_id.removeprefix(SERVICE_PREFIX) if self.is_service else ""

    def covers(self, bureau: str) -> bool:
        """Returns whether a bureau is in the caller's scope; services cover every bureau.

        A municipal bureau covers its districts.
        """
        return self.is_service or bool(self.bureau and bureau.startswith(scope_prefix(self.bureau)))

    def require_bureau(self, bureau: str) -> None:
        """Raises NotPermitted if the bureau is outside the caller's scope."""
        if not self.covers(bureau):
            raise NotPermitted(
                f"该事项属于 {bureau}，不在您的管辖范围内",
                f"This belongs to bureau {bureau}, outside your scope",
                bureau=bureau,
            )

    def require_subject(self, subject_id: str, bureau: str) -> None:
        """Raises NotPermitted if the caller may not see data of this subject and this bureau.

        An operator may see data of its own subject only; every other caller may see data of the
        bureaus in its scope.
        """
        if self.has(Role.OPERATOR):
            if not self.sees(subject_id, bureau):
                raise NotPermitted(
                    "只能查看和办理本单位的事项", "You may only act for your own subject"
                )
        else:
            self.require_bureau(bureau)

    def sees(self, subject_id: str, bureau: str) -> bool:
        """Returns whether the caller may see data of this subject and this bureau.

        `require_subject` raises an error exactly when this is False; `row_scope.seen` is the same
        rule in SQL.
        """
        if self.has(Role.OPERATOR):
            return bool(self.subject_id) and self.subject_id == subject_id
        return self.covers(bureau)


def scope_prefix(bureau: str) -> str:
    """Returns the leading digits that the codes of all bureaus in a bureau's scope share.

    330100 gives 3301, and 120000 gives 12. Only pairs of zeros are removed, never a single one:
    330110 is a district.
    """
    code = bureau
    while code.endswith("00") and len(code) % 2 == 0:
        code = code[:-2]
    return code


def covering(bureau: str) -> Sequence[str]:
    """Returns the codes of the bureaus that have a bureau in their scope, the nearest first.

    By GB/T 2260: for the unit 330106-A these are the unit itself, its district 330106, the city
    330100 and the province 330000. There is none for no bureau, and 000000 is not among them: it is
    the scope of the platform, no bureau.
    """
    if not bureau:
        return ()
    return tuple(dict.fromkeys([bureau, bureau[:6], f"{bureau[:4]}00", f"{bureau[:2]}0000"]))


def service_caller(service: str, on_behalf_of: str = "") -> Caller:
    """Returns the caller with which a service's event consumers and activities act."""
    name = f"{SERVICE_PREFIX}{service}"
    return Caller(name, name, frozenset({Role.SERVICE}), on_behalf_of=on_behalf_of)


_current: contextvars.ContextVar[Caller] = contextvars.ContextVar("caller")


def current_caller() -> Caller:
    """Returns the caller of the gRPC call that is being handled."""
    return _current.get()


def set_current_caller(caller: Caller) -> None:
    """Sets the caller of the current gRPC call, before the handler of the call runs."""
    _current.set(caller)
