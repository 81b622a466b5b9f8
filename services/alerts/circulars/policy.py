"""The access policy of circulars; who acts on one besides its role, the commands check."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.alerts.v1 import circulars_pb2
from services.alerts.policy import STAFF

CIRCULARS = circulars_pb2.DESCRIPTOR.services_by_name["CircularService"].full_name
_CASEWORK = allow(Role.CASEWORKER, Role.UNIT_HEAD)

_RULES = {
    "PutAuthority": allow(Role.UNIT_HEAD),
    "ListAuthorities": allow(*STAFF),
    "DraftCircular": _CASEWORK,
    "ListCircularCandidates": _CASEWORK,
    "IssueCircular": allow(Role.UNIT_HEAD),
    "DiscardCircular": _CASEWORK,
    "RecordCircularSent": _CASEWORK,
    "GetCircular": allow(*STAFF).noting("circular"),
    "ListCirculars": allow(*STAFF).noting("circular"),
    "ListToldSubjects": allow(Role.INTEGRATOR),
}
POLICY: Policy = {f"/{CIRCULARS}/{method}": rule for method, rule in _RULES.items()}
