"""The access policy: the bureau keeps qualifications; the public sees no person (C-48)."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow
from protos.registry.v1 import people_pb2

PEOPLE = people_pb2.DESCRIPTOR.services_by_name["PeopleService"].full_name
_KEEPING = allow(Role.CASEWORKER, Role.UNIT_HEAD)
_READING = allow(Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
# Whom the directory serves, and who keeps it. An account of the public is nobody in particular.
_LOOKING_FOR_EXPERTS = (
    *(Role.OPERATOR, Role.VERIFICATION_INSTITUTION, Role.CASEWORKER, Role.UNIT_HEAD),
    *(Role.MUNICIPAL_REVIEWER, Role.INSPECTOR),
)
POLICY: Policy = {
    f"/{PEOPLE}/PutQualification": _KEEPING,
    f"/{PEOPLE}/ImportQualifications": _KEEPING.with_large_requests().taking_turns(),
    f"/{PEOPLE}/ListQualifications": _READING.noting("qualification"),
    f"/{PEOPLE}/GetQualification": _READING.noting("qualification"),
    f"/{PEOPLE}/ListCalibrators": Rule(ANYONE),
    f"/{PEOPLE}/ListExperts": allow(*_LOOKING_FOR_EXPERTS).noting("qualification"),
}
