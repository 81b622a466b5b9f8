"""The roles that may call each gRPC method of objection (D-09).

The commands themselves check the caller's scope and the separation of duties.
"""

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
# A caseworker hears objections, a reviewer of the city reconsiderations: `steps.heard_case`.
_HEARS = allow(Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)
REPAIRS = "quanheng.objection.v1.RepairService"
DESK = "quanheng.objection.v1.CaseDeskService"
_OF_BUREAU = allow(
    Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER
)  # notes are never for the subject
POLICY: Policy = {
    f"/{SERVICE}/CheckObjection": allow(Role.OPERATOR).noting("record"),
    f"/{SERVICE}/LodgeObjection": allow(Role.OPERATOR).with_large_requests(),
    f"/{SERVICE}/LodgeReconsideration": allow(Role.OPERATOR).with_large_requests(),
    f"/{SERVICE}/WithdrawObjection": allow(Role.OPERATOR),
    f"/{SERVICE}/AcceptObjection": _HEARS,
    f"/{SERVICE}/DeclineObjection": _HEARS,
    f"/{SERVICE}/RequestExtension": _HEARS,
    f"/{SERVICE}/DecideExtension": allow(Role.UNIT_HEAD),
    f"/{SERVICE}/DecideObjection": _HEARS.with_large_requests(),
    f"/{SERVICE}/GetCase": _READ.noting("case"),
    f"/{SERVICE}/ListCases": _READ.noting("case"),
    f"/{SERVICE}/SummariseCases": allow(
        Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR
    ),
    f"/{SERVICE}/ListUnheardCases": allow(
        Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER
    ).noting("case"),
    f"/{SERVICE}/HandOverCase": allow(Role.UNIT_HEAD),
    f"/{SERVICE}/AskSupplement": _HEARS,
    f"/{SERVICE}/SupplementObjection": allow(Role.OPERATOR).with_large_requests(),
    f"/{SERVICE}/RenewMandate": allow(Role.OPERATOR),
    f"/{SERVICE}/CheckMandate": _HEARS,
    f"/{SERVICE}/AskRecusal": allow(
        Role.OPERATOR, Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER
    ),
    f"/{SERVICE}/DecideRecusal": allow(Role.UNIT_HEAD),
    f"/{SERVICE}/ListRecusals": allow(
        Role.OPERATOR, Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER
    ).noting("case"),
    f"/{REPAIRS}/CheckRepair": _READ.noting("record"),
    f"/{REPAIRS}/LodgeRepair": allow(Role.OPERATOR).with_large_requests(),
    f"/{REPAIRS}/SupplementRepair": allow(Role.OPERATOR).with_large_requests(),
    f"/{REPAIRS}/WithdrawRepair": allow(Role.OPERATOR),
    f"/{REPAIRS}/RequestSupplement": allow(Role.CASEWORKER),
    f"/{REPAIRS}/AcceptRepair": allow(Role.CASEWORKER),
    f"/{REPAIRS}/DeclineRepair": allow(Role.CASEWORKER),
    f"/{REPAIRS}/ConfirmCondition": allow(Role.CASEWORKER),
    f"/{REPAIRS}/DecideRepair": allow(Role.CASEWORKER),
    f"/{DESK}/AssignCase": _OF_BUREAU,
    f"/{DESK}/ListAssignees": _OF_BUREAU.noting("case"),
    f"/{DESK}/AddCaseNote": _OF_BUREAU,
    f"/{DESK}/ListCaseNotes": _OF_BUREAU.noting("case"),
    f"/{DESK}/ListMentions": _OF_BUREAU.noting("case"),
    f"/{DESK}/SeeMentions": _OF_BUREAU,
    f"/{DESK}/ListStuckCases": _OF_BUREAU.noting("case"),
    f"/{DESK}/RetryCase": _OF_BUREAU,
    f"/{DESK}/PreviewLetter": _HEARS.with_large_requests().noting("case"),
}
