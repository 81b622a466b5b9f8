"""The roles that may call each method of EscalationService (D-09).

The ladder names who approves which step.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow, in_person
from services.alerts.policy import STAFF

ESCALATIONS = "quanheng.alerts.v1.EscalationService"

_DECIDE = in_person(Role.CASEWORKER, Role.UNIT_HEAD)

ESCALATION_POLICY: Policy = {
    f"/{ESCALATIONS}/ListEscalations": allow(Role.OPERATOR, *STAFF),
    f"/{ESCALATIONS}/GetEscalation": allow(Role.OPERATOR, *STAFF),
    f"/{ESCALATIONS}/ApproveStep": _DECIDE,
    f"/{ESCALATIONS}/DeclineStep": _DECIDE,
    f"/{ESCALATIONS}/DeferStep": _DECIDE,
    f"/{ESCALATIONS}/RecordInterview": in_person(Role.CASEWORKER),
    f"/{ESCALATIONS}/ListExposures": Rule(ANYONE),
}
