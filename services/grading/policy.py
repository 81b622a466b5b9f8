"""The access policy of grading: which roles and services may call which method (D-09).

The queries decide which subjects a caller may see.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow, only_services

SERVICE = "quanheng.grading.v1.GradingService"
RULESETS = "quanheng.grading.v1.RulesetService"
STAFF = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.INTEGRATOR,
    Role.ADMINISTRATOR,
)

POLICY: Policy = {
    f"/{SERVICE}/GetGrade": allow(
        *STAFF, Role.OPERATOR, Role.PUBLIC, services=("alerts", "objection")
    ).noting("grade"),
    f"/{SERVICE}/ListGradesInForce": allow(
        *STAFF, Role.OPERATOR, Role.PUBLIC, services=("alerts",)
    ).noting("grade"),
    f"/{SERVICE}/ListGrades": allow(*STAFF, Role.OPERATOR, services=("objection",)).noting("grade"),
    f"/{SERVICE}/GetReceipt": allow(*STAFF, Role.OPERATOR, services=("objection",)).noting(
        "receipt"
    ),
    f"/{SERVICE}/VerifyReceipt": allow(*STAFF, Role.OPERATOR),
    f"/{SERVICE}/SummariseGrades": allow(*STAFF),
    f"/{SERVICE}/GetRecordGraded": allow(*STAFF, Role.OPERATOR, services=("objection",)),
    f"/{SERVICE}/GetReceiptDigests": only_services("objection"),
}

# The commands also require that the caller's bureau is a municipal one: see `rulesets`.
_MUNICIPAL = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
RULESET_POLICY: Policy = {
    f"/{RULESETS}/ListRulesets": allow(*STAFF),
    f"/{RULESETS}/ListActivations": allow(*STAFF),
    f"/{RULESETS}/RunImpact": allow(*_MUNICIPAL).taking_turns(),
    f"/{RULESETS}/StartImpact": allow(*_MUNICIPAL),
    f"/{RULESETS}/ListImpacts": allow(*_MUNICIPAL, Role.ADMINISTRATOR),
    f"/{RULESETS}/GetImpact": allow(*_MUNICIPAL, Role.ADMINISTRATOR),
    f"/{RULESETS}/ListImpactMoves": allow(*_MUNICIPAL, Role.ADMINISTRATOR),
    f"/{RULESETS}/AcknowledgeImpact": allow(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
    f"/{RULESETS}/ActivateRuleset": allow(Role.UNIT_HEAD),
}
