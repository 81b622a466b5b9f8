"""What an account may do and for whom, and what a change of it gives or takes (D-16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from law.separation import Act, appointed
from plumbing.identity import Role, scope_prefix
from services.registry.identity.tables import Account
from services.registry.scope import PLATFORM_WIDE


@dataclass(frozen=True)
class Standing:
    """What an account may do and for whom: what a second administrator looks at."""

    roles: frozenset[Role]
    bureau: str
    institution: str = ""
    closed: bool = False

    @classmethod
    def of(cls, row: Account) -> Self:
        """Returns the present standing of an account."""
        return cls(frozenset(map(Role, row.roles)), row.bureau, row.institution, row.closed)

    @property
    def place(self) -> str:
        """The bureau whose administrators govern the account."""
        return self.bureau or PLATFORM_WIDE

    @property
    def told(self) -> dict[str, object]:
        """The values by name, as a proposal shows them."""
        roles = " ".join(sorted(self.roles))
        return {
            "roles": roles,
            "bureau": self.bureau,
            "institution": self.institution,
            "closed": self.closed,
        }


def weighty(roles: Iterable[Role]) -> frozenset[Role]:
    """Returns those of the roles that a second administrator releases."""
    return frozenset(roles) & {Role(office.value) for office in appointed().offices}


def act_of(before: Standing, after: Standing) -> Act | None:
    """Returns the act for which a change of an account needs a second administrator, if any."""
    if appoints(before, after):
        return Act.APPOINT
    return Act.DISMISS_ADMINISTRATOR if dismisses(before, after) else None


def appoints(before: Standing, after: Standing) -> bool:
    """Returns whether a change gives a weighty role, or another bureau to whoever has one."""
    return not after.closed and bool(weighty(_gained(before, after)))


def appoints_administrator(before: Standing, after: Standing) -> bool:
    """Returns whether a change makes an administrator, or gives one another bureau."""
    return not after.closed and Role.ADMINISTRATOR in _gained(before, after)


def dismisses(before: Standing, after: Standing) -> bool:
    """Returns whether an administrator no longer governs the former bureau, moved away or not."""
    kept = not after.closed and Role.ADMINISTRATOR in after.roles
    governs = kept and within(before.place, after.place)
    return Role.ADMINISTRATOR in before.roles and not before.closed and not governs


def within(bureau: str, other: str) -> bool:
    """Returns whether a bureau is the other one or in its scope."""
    return bureau.startswith(scope_prefix(other))


def _gained(before: Standing, after: Standing) -> frozenset[Role]:
    return after.roles if before.bureau != after.bureau else after.roles - before.roles
