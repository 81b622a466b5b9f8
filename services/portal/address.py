"""What an address of the portal is: a path, its page, and the roles that may open it."""

from __future__ import annotations

from dataclasses import dataclass

from plumbing.identity import Role
from services.portal.visit import Page

STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
SIGNED_IN = tuple(role for role in Role if role is not Role.SERVICE)


@dataclass(frozen=True)
class Address:
    """A path of the portal with its page, the roles that may open it, and whether it has a form.

    What is `linked` may be asked for from pages of others: it answers OPTIONS too.
    """

    path: str
    page: Page
    roles: tuple[Role, ...]
    form: bool
    linked: bool = False


def at(path: str, page: Page, *roles: Role, form: bool = False, linked: bool = False) -> Address:
    """Returns the address of a page; without roles, everybody may open it."""
    return Address(path, page, roles, form, linked)
