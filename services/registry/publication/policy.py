"""The access policy: who sees the state of publication of records, and who reviews them.

The commands also require the role that the law names, and somebody who did not write the record.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import publication_pb2

PUBLICATION = publication_pb2.DESCRIPTOR.services_by_name["PublicationService"].full_name
_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)

_RULES = {
    "ListPublications": allow(*_STAFF, Role.OPERATOR).noting("record"),
    "GetPublication": allow(*_STAFF, Role.OPERATOR, services=("objection",)).noting("record"),
    "ReviewRecord": allow(Role.CASEWORKER, Role.UNIT_HEAD),
    "TellSubjects": allow(Role.CASEWORKER, Role.UNIT_HEAD),
    "RecordTelling": allow(Role.CASEWORKER, Role.UNIT_HEAD),
    "WriteReply": allow(Role.OPERATOR),
    "WithdrawReply": allow(Role.OPERATOR),
    "ReviewReply": allow(Role.CASEWORKER, Role.UNIT_HEAD),
}
POLICY: Policy = {f"/{PUBLICATION}/{method}": rule for method, rule in _RULES.items()}
