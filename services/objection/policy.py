"""Who may call what (D-09). Scope and separation of duties are checked with the case at hand."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow, in_person

SERVICE = "quanheng.objection.v1.ObjectionService"

_READ = allow(
    Role.OPERATOR,
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
)
POLICY: Policy = {
    f"/{SERVICE}/LodgeObjection": in_person(Role.OPERATOR),
    f"/{SERVICE}/WithdrawObjection": in_person(Role.OPERATOR),
    f"/{SERVICE}/AcceptObjection": in_person(Role.CASEWORKER),
    f"/{SERVICE}/DeclineObjection": in_person(Role.CASEWORKER),
    f"/{SERVICE}/RequestExtension": in_person(Role.CASEWORKER),
    f"/{SERVICE}/DecideExtension": in_person(Role.UNIT_HEAD),
    f"/{SERVICE}/DecideObjection": in_person(Role.CASEWORKER),
    f"/{SERVICE}/GetCase": _READ,
    f"/{SERVICE}/ListCases": _READ,
}
