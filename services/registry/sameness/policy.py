"""The access policy: who sees what is perhaps the same, and who decides about it."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import sameness_pb2

SAMENESS = sameness_pb2.DESCRIPTOR.services_by_name["SamenessService"].full_name
_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)

_RULES = {
    "ListLikenesses": allow(*_STAFF),
    "GetLikeness": allow(*_STAFF).noting("subject"),
    "JoinLikeness": allow(Role.CASEWORKER),
    "KeepApart": allow(Role.CASEWORKER),
}
POLICY: Policy = {f"/{SAMENESS}/{method}": rule for method, rule in _RULES.items()}
