"""The roles that may call each gRPC method of alerts (D-09).

Within a role, the caller's scope limits the rows: see `queries`. The ladder names the role that
approves each escalation step.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow
from services.alerts.owners import KEEPERS_OF_A_BUREAU, READERS

SERVICE = "quanheng.alerts.v1.AlertsService"
ESCALATIONS = "quanheng.alerts.v1.EscalationService"

STAFF = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.ADMINISTRATOR,
)
_COLOURS = allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *STAFF)
_ALERTS = allow(Role.OPERATOR, *STAFF)
_RETRY = allow(Role.CASEWORKER, Role.UNIT_HEAD, Role.ADMINISTRATOR)
_NOTICES = allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *STAFF)
_RECEIVERS = allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION)
_WISHING = allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *KEEPERS_OF_A_BUREAU)
_DECIDE = allow(Role.CASEWORKER, Role.UNIT_HEAD)

POLICY: Policy = {
    f"/{SERVICE}/SummariseColours": _COLOURS,
    f"/{SERVICE}/ListColours": _COLOURS,
    f"/{SERVICE}/GetColourBoard": _COLOURS,
    f"/{SERVICE}/GetTypes": _COLOURS,
    f"/{SERVICE}/CountColours": allow(
        Role.OPERATOR, Role.VERIFICATION_INSTITUTION, Role.PUBLIC, *STAFF
    ),
    f"/{SERVICE}/ListAlerts": _ALERTS.noting("alert"),
    f"/{SERVICE}/ListNotices": _NOTICES.noting("notice"),
    f"/{SERVICE}/MarkNotices": allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *READERS),
    f"/{SERVICE}/GetDigestPreference": _WISHING,
    f"/{SERVICE}/SetDigestPreference": _WISHING,
    f"/{SERVICE}/GetMobileNumber": _RECEIVERS,
    f"/{SERVICE}/AskMobileNumber": _RECEIVERS,
    f"/{SERVICE}/ConfirmMobileNumber": _RECEIVERS,
    f"/{SERVICE}/RemoveMobileNumber": _RECEIVERS,
    f"/{SERVICE}/GetCalendarFeed": _RECEIVERS,
    f"/{SERVICE}/RenewCalendarFeed": _RECEIVERS,
    f"/{SERVICE}/EndCalendarFeed": _RECEIVERS,
    # The secret in the request is what admits.
    f"/{SERVICE}/ReadCalendar": Rule(ANYONE),
    f"/{SERVICE}/GetWatch": allow(*STAFF),
    f"/{SERVICE}/RetryDelivery": _RETRY,
    f"/{SERVICE}/CountRetries": _RETRY,
    f"/{SERVICE}/RetryDeliveries": _RETRY,
    f"/{SERVICE}/ListUnreached": _RETRY.noting("subject"),
    f"/{SERVICE}/ListUntold": _DECIDE.noting("alert"),
    f"/{SERVICE}/ReleaseUntold": _DECIDE,
    f"/{SERVICE}/SummariseMonth": allow(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
}

ESCALATION_POLICY: Policy = {
    f"/{ESCALATIONS}/ListEscalations": allow(Role.OPERATOR, *STAFF).noting("escalation"),
    f"/{ESCALATIONS}/GetEscalation": allow(Role.OPERATOR, *STAFF).noting("escalation"),
    f"/{ESCALATIONS}/ApproveStep": _DECIDE,
    f"/{ESCALATIONS}/AlterStep": _DECIDE,
    f"/{ESCALATIONS}/DeclineStep": _DECIDE,
    f"/{ESCALATIONS}/DeferStep": _DECIDE,
    f"/{ESCALATIONS}/RecordInterview": allow(Role.CASEWORKER),
    f"/{ESCALATIONS}/AnswerInvitation": allow(Role.OPERATOR),
    f"/{ESCALATIONS}/MoveInterview": allow(Role.CASEWORKER),
    f"/{ESCALATIONS}/RecordUndertaking": allow(Role.CASEWORKER),
    f"/{ESCALATIONS}/OpenEscalation": allow(Role.CASEWORKER),
    f"/{ESCALATIONS}/CloseEscalation": allow(Role.CASEWORKER),
    f"/{ESCALATIONS}/ListUntoldGrades": _DECIDE.noting("subject"),
    f"/{ESCALATIONS}/ReleaseUntoldGrades": _DECIDE,
    f"/{ESCALATIONS}/ListExposures": Rule(ANYONE),
}
