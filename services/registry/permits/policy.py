"""The access policy: who sees the permits of metrology, who enters one, and who ends one.

The public sees none: the publication of a permit is that of the authority that decided on it.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import permits_pb2

PERMITS = permits_pb2.DESCRIPTOR.services_by_name["PermitService"].full_name
_READERS = (
    *(Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR),
    Role.OPERATOR,
)
POLICY: Policy = {
    f"/{PERMITS}/ListPermits": allow(*_READERS),
    f"/{PERMITS}/GetPermit": allow(*_READERS),
    f"/{PERMITS}/PutPermit": allow(Role.CASEWORKER),
    f"/{PERMITS}/EndPermit": allow(Role.CASEWORKER),
}
