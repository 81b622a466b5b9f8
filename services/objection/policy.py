"""Who may call what (D-09). Scope and separation of duties are checked with the case at hand."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow

SERVICE = "quanheng.objection.v1.ObjectionService"

_READ = allow(
    Role.OPERATOR,
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
)
POLICY: Policy = {
    f"/{SERVICE}/LodgeObjection": allow(Role.OPERATOR),
    f"/{SERVICE}/WithdrawObjection": allow(Role.OPERATOR),
    f"/{SERVICE}/AcceptObjection": allow(Role.CASEWORKER),
    f"/{SERVICE}/DeclineObjection": allow(Role.CASEWORKER),
    f"/{SERVICE}/RequestExtension": allow(Role.CASEWORKER),
    f"/{SERVICE}/DecideExtension": allow(Role.UNIT_HEAD),
    f"/{SERVICE}/DecideObjection": allow(Role.CASEWORKER),
    f"/{SERVICE}/GetCase": _READ,
    f"/{SERVICE}/ListCases": _READ,
}
