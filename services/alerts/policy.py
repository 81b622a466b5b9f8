"""The roles that may call each method of alerts (D-09).

Within a role, the caller's scope limits the rows: see `queries`. The ladder names who approves
which step.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow

SERVICE = "quanheng.alerts.v1.AlertsService"

STAFF = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.ADMINISTRATOR,
)
_COLOURS = allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *STAFF)
_ALERTS = allow(Role.OPERATOR, *STAFF)

POLICY: Policy = {
    f"/{SERVICE}/SummariseColours": _COLOURS,
    f"/{SERVICE}/ListColours": _COLOURS,
    f"/{SERVICE}/ListAlerts": _ALERTS,
    f"/{SERVICE}/ListNotices": _ALERTS,
    f"/{SERVICE}/GetWatch": allow(*STAFF),
    f"/{SERVICE}/RetryDelivery": allow(Role.CASEWORKER, Role.UNIT_HEAD, Role.ADMINISTRATOR),
}
