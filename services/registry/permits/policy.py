"""The access policy: who sees the permits of metrology, and who says that one has ended.

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
    f"/{PERMITS}/EndPermit": allow(Role.CASEWORKER),
}
