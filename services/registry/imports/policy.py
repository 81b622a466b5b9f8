"""Who may take in files."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import registry_pb2

IMPORTS = registry_pb2.DESCRIPTOR.services_by_name["ImportService"].full_name
_METHODS = (
    "ImportFile",
    "GetBatch",
    "ListBatches",
    "ListFaults",
    "GetRejectedRows",
    "UndoBatch",
)
_RULE = allow(Role.CASEWORKER, Role.INTEGRATOR, Role.ADMINISTRATOR)
POLICY: Policy = {f"/{IMPORTS}/{method}": _RULE for method in _METHODS}
