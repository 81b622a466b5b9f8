"""The access policy of exposure lists; who acts on one besides its role, the commands check."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow
from protos.alerts.v1 import exposure_lists_pb2
from services.alerts.policy import STAFF

EXPOSURE_LISTS = exposure_lists_pb2.DESCRIPTOR.services_by_name["ExposureListService"].full_name
_CASEWORK = allow(Role.CASEWORKER, Role.UNIT_HEAD)

_RULES = {
    "ListExposureCandidates": _CASEWORK.noting("subject"),
    "CompileExposureList": allow(Role.CASEWORKER),
    "ReviewExposureList": _CASEWORK,
    "ReleaseExposureList": allow(Role.UNIT_HEAD),
    "DiscardExposureList": _CASEWORK,
    "TakeDownExposureEntry": _CASEWORK,
    "GetExposureList": allow(*STAFF).noting("list"),
    "ListExposureLists": allow(*STAFF).noting("list"),
    "ListExposedSubjects": Rule(ANYONE),
}
POLICY: Policy = {f"/{EXPOSURE_LISTS}/{method}": rule for method, rule in _RULES.items()}
