"""Who may ask alerts what (D-09). Within a role, the scope decides: see `queries`."""

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
_TOLD = allow(Role.OPERATOR, *STAFF)

POLICY: Policy = {
    f"/{SERVICE}/SummariseColours": _COLOURS,
    f"/{SERVICE}/ListColours": _COLOURS,
    f"/{SERVICE}/ListAlerts": _TOLD,
    f"/{SERVICE}/ListNotices": _TOLD,
    f"/{SERVICE}/GetWatch": allow(*STAFF),
    f"/{SERVICE}/RetryDelivery": allow(Role.CASEWORKER, Role.UNIT_HEAD, Role.ADMINISTRATOR),
}
