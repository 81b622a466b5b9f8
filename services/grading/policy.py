"""Who may ask grading what; which subjects they see is decided in the queries (D-09)."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow

SERVICE = "quanheng.grading.v1.GradingService"
STAFF = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.INTEGRATOR,
    Role.ADMINISTRATOR,
)

POLICY: Policy = {
    f"/{SERVICE}/GetGrade": allow(*STAFF, Role.OPERATOR, Role.PUBLIC),
    f"/{SERVICE}/ListGrades": allow(*STAFF, Role.OPERATOR),
    f"/{SERVICE}/GetReceipt": allow(*STAFF, Role.OPERATOR),
    f"/{SERVICE}/VerifyReceipt": allow(*STAFF, Role.OPERATOR),
    f"/{SERVICE}/SummariseGrades": allow(*STAFF),
    f"/{SERVICE}/GetRecordGraded": allow(*STAFF, Role.OPERATOR),
}
