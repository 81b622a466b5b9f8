"""The access policy: which roles may call which method of AssessmentService (D-09)."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow, only_services
from services.grading.policy import STAFF

ASSESSMENTS = "quanheng.grading.v1.AssessmentService"

ASSESSMENT_POLICY: Policy = {
    f"/{ASSESSMENTS}/WhatIf": allow(*STAFF, Role.OPERATOR, services=("objection",)).taking_turns(),
    f"/{ASSESSMENTS}/EstimateDrops": only_services("registry").with_large_requests(),
    f"/{ASSESSMENTS}/Outlook": allow(*STAFF, Role.OPERATOR).taking_turns(),
    f"/{ASSESSMENTS}/Compare": allow(*STAFF, Role.OPERATOR).taking_turns(),
    f"/{ASSESSMENTS}/AssessIndex": allow(Role.CASEWORKER, Role.INSPECTOR),
    f"/{ASSESSMENTS}/PublishIndex": allow(Role.UNIT_HEAD),
    f"/{ASSESSMENTS}/WithdrawIndex": allow(Role.UNIT_HEAD),
    f"/{ASSESSMENTS}/GetIndex": allow(*STAFF, Role.OPERATOR, Role.PUBLIC),
    f"/{ASSESSMENTS}/ListIndexes": allow(*STAFF, Role.OPERATOR, Role.PUBLIC),
    f"/{ASSESSMENTS}/ListYearEnds": allow(*STAFF),
}
