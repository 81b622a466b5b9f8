"""The roles that may call each gRPC method of objection (D-09).

The commands themselves check the caller's scope and the separation of duties.
"""

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
REPAIRS = "quanheng.objection.v1.RepairService"
POLICY: Policy = {
    f"/{SERVICE}/LodgeObjection": in_person(Role.OPERATOR).with_large_requests(),
    f"/{SERVICE}/WithdrawObjection": in_person(Role.OPERATOR),
    f"/{SERVICE}/AcceptObjection": in_person(Role.CASEWORKER),
    f"/{SERVICE}/DeclineObjection": in_person(Role.CASEWORKER),
    f"/{SERVICE}/RequestExtension": in_person(Role.CASEWORKER),
    f"/{SERVICE}/DecideExtension": in_person(Role.UNIT_HEAD),
    f"/{SERVICE}/DecideObjection": in_person(Role.CASEWORKER).with_large_requests(),
    f"/{SERVICE}/GetCase": _READ,
    f"/{SERVICE}/ListCases": _READ,
    f"/{SERVICE}/SummariseCases": allow(
        Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR
    ),
    f"/{REPAIRS}/CheckRepair": _READ,
    f"/{REPAIRS}/LodgeRepair": in_person(Role.OPERATOR).with_large_requests(),
    f"/{REPAIRS}/SupplementRepair": in_person(Role.OPERATOR).with_large_requests(),
    f"/{REPAIRS}/WithdrawRepair": in_person(Role.OPERATOR),
    f"/{REPAIRS}/RequestSupplement": in_person(Role.CASEWORKER),
    f"/{REPAIRS}/AcceptRepair": in_person(Role.CASEWORKER),
    f"/{REPAIRS}/DeclineRepair": in_person(Role.CASEWORKER),
    f"/{REPAIRS}/ConfirmCondition": in_person(Role.CASEWORKER),
    f"/{REPAIRS}/DecideRepair": in_person(Role.CASEWORKER),
}
