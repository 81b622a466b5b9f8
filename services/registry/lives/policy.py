"""The access policy: who sees the acts of a subject's life, and who carries them out."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import lives_pb2

LIVES = lives_pb2.DESCRIPTOR.services_by_name["SubjectLifeService"].full_name
_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)

_RULES = {
    "SplitSubject": allow(Role.CASEWORKER),
    "ChangeCreditCode": allow(Role.CASEWORKER),
    "DeregisterSubject": allow(Role.CASEWORKER),
    "ReinstateSubject": allow(Role.CASEWORKER),
    "JoinSubjects": allow(Role.CASEWORKER),
    "PartSubjects": allow(Role.CASEWORKER),
    "KeepTwinsApart": allow(Role.CASEWORKER),
    "ListSubjectActs": allow(*_STAFF).noting("subject"),
    "ListTwins": allow(*_STAFF).noting("subject"),
}
POLICY: Policy = {f"/{LIVES}/{method}": rule for method, rule in _RULES.items()}
