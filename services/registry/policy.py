"""The access policy of the registry: which roles and services may call which method.

A method that is not named here may be called by nobody.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow, only_services
from plumbing.settings import PORTAL, SERVICES
from protos.identity.v1 import identity_pb2
from protos.registry.v1 import registry_pb2

REGISTRY = registry_pb2.DESCRIPTOR.services_by_name["RegistryService"].full_name
CLOCK = registry_pb2.DESCRIPTOR.services_by_name["ClockService"].full_name
IDENTITY = identity_pb2.DESCRIPTOR.services_by_name["IdentityService"].full_name

_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
_FIELDWORK = (Role.CASEWORKER, Role.INSPECTOR, Role.INTEGRATOR)
_READERS = (*_STAFF, Role.INTEGRATOR, Role.OPERATOR)
# The effects of a decided objection or repair on records; the decision itself is made there.
_AFTER_A_DECISION = only_services("objection")
_SIGNED_IN = Rule(ANYONE)
# The portal asks in its own name and says from where its visitor came.
_LOGGING_IN = Rule(ANYONE, signed_in=False, services=frozenset({PORTAL}))
# Whoever confirms that a person may act for a firm.
_CONFIRMING = allow(Role.CASEWORKER, Role.UNIT_HEAD)

_REGISTRY_RULES = {
    "PutBureau": allow(Role.ADMINISTRATOR, Role.UNIT_HEAD),
    "ListBureaus": Rule(ANYONE, services=frozenset({"objection"})),
    "PutSubject": allow(*_FIELDWORK, Role.OPERATOR),
    "GetSubject": allow(
        *_READERS,
        Role.ADMINISTRATOR,
        Role.VERIFICATION_INSTITUTION,
        Role.PUBLIC,
        services=("objection",),
    ).noting("subject"),
    "ListSubjects": allow(
        *_READERS,
        Role.ADMINISTRATOR,
        Role.VERIFICATION_INSTITUTION,
        Role.PUBLIC,
        services=("objection",),
    ).noting("subject"),
    "PutInstrument": allow(*_FIELDWORK, Role.OPERATOR),
    "SetInstrumentState": allow(*_FIELDWORK, Role.OPERATOR),
    "GetInstrument": allow(*_READERS, Role.VERIFICATION_INSTITUTION),
    "ListInstruments": allow(*_READERS, Role.VERIFICATION_INSTITUTION),
    "ScanInstrument": _SIGNED_IN,
    "ListLabels": allow(*_READERS, Role.VERIFICATION_INSTITUTION),
    "ListVerifications": allow(*_READERS, Role.VERIFICATION_INSTITUTION),
    "RecordVerification": allow(Role.VERIFICATION_INSTITUTION, Role.INTEGRATOR, Role.CASEWORKER),
    "EnterRecord": allow(Role.CASEWORKER, Role.INSPECTOR, services=("alerts",)),
    "CheckRecord": allow(Role.CASEWORKER, Role.INSPECTOR),
    "CorrectRecord": allow(Role.CASEWORKER, services=("objection",)),
    "WithdrawRecord": allow(Role.CASEWORKER, services=("objection",)),
    "SetContested": _AFTER_A_DECISION,
    "RestoreRecords": Rule(frozenset({Role.UNIT_HEAD})),
    "RepairRecords": _AFTER_A_DECISION,
    "StopDisclosure": _AFTER_A_DECISION,
    "GetEntry": only_services("objection"),
    "CheckCorrection": only_services("objection"),
    "CorrectEntry": _AFTER_A_DECISION,
    "GetRecord": allow(*_READERS, services=("objection",)).noting("record"),
    "ListRecords": allow(*_READERS, Role.PUBLIC, services=("objection",)).noting("record"),
    "ListDisclosedRecords": Rule(ANYONE, services=frozenset({"objection"})),
    "SummariseRecords": allow(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
}
_CLOCK_RULES = {"GetClock": _SIGNED_IN, "AdvanceClock": allow(Role.ADMINISTRATOR)}
_IDENTITY_RULES = {
    "Login": _LOGGING_IN,
    "LoginService": Rule(ANYONE, signed_in=False),
    "LoginVisitor": only_services(PORTAL),
    "RenewToken": _SIGNED_IN.renewing(),
    "GetCaller": _SIGNED_IN,
    "CreateAccount": allow(Role.ADMINISTRATOR),
    "GetAccount": allow(Role.ADMINISTRATOR).noting("account"),
    "ChangeAccount": allow(Role.ADMINISTRATOR),
    "ListAccounts": allow(Role.ADMINISTRATOR).noting("account"),
    "NameAccounts": allow(
        *_READERS, Role.ADMINISTRATOR, Role.AUDITOR, Role.VERIFICATION_INSTITUTION
    ),
    "CloseAccount": allow(Role.ADMINISTRATOR),
    "ChangePassword": _SIGNED_IN,
    "ContinueLogin": _LOGGING_IN,
    "LoginExternal": only_services(PORTAL),
    "ListSessions": _SIGNED_IN,
    "EndSession": _SIGNED_IN,
    "GetEndedSessions": only_services(*SERVICES, PORTAL),
    "SetContact": _SIGNED_IN,
    "BeginSecondFactor": _SIGNED_IN,
    "ConfirmSecondFactor": _SIGNED_IN,
    "RenewRecoveryCodes": _SIGNED_IN,
    "RemoveSecondFactor": _SIGNED_IN,
    "RequestPasswordLink": _LOGGING_IN,
    "SendPasswordLink": allow(Role.ADMINISTRATOR),
    "GetPasswordLink": _LOGGING_IN,
    "SetPasswordByLink": _LOGGING_IN,
    "GetMailedToken": only_services("alerts"),
    "RegisterOperator": _LOGGING_IN,
    "ListRegistrations": _CONFIRMING.noting("registration"),
    "GetRegistration": _CONFIRMING.noting("registration"),
    "ConfirmRegistration": _CONFIRMING,
    "RejectRegistration": _CONFIRMING,
    "ListColleagues": allow(Role.OPERATOR, Role.CASEWORKER).noting("account"),
    "InviteColleague": allow(Role.OPERATOR),
    "RemoveColleague": allow(Role.OPERATOR),
    "SetAbsence": allow(*_STAFF),
    "EndAbsence": allow(*_STAFF),
    "ListAbsences": allow(*_STAFF, services=("objection",)).noting("absence"),
    "ListUnitPeople": allow(*_STAFF, services=("objection",)).noting("account"),
}


def _of(service: str, rules: dict[str, Rule]) -> Policy:
    return {f"/{service}/{method}": rule for method, rule in rules.items()}


POLICY: Policy = {
    **_of(REGISTRY, _REGISTRY_RULES),
    **_of(CLOCK, _CLOCK_RULES),
    **_of(IDENTITY, _IDENTITY_RULES),
}
