"""The access policy: who may import files, send batches in bulk, and decide about held batches.

An operator makes no batch: it files new instruments of its own from a file (S4 二(三)).
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, Rule, allow
from protos.registry.v1 import bulk_pb2, registry_pb2

IMPORTS = registry_pb2.DESCRIPTOR.services_by_name["ImportService"].full_name
BULK = bulk_pb2.DESCRIPTOR.services_by_name["BulkService"].full_name
_IMPORTING = allow(Role.CASEWORKER, Role.INTEGRATOR, Role.ADMINISTRATOR)
# An institution uploads its own verifications (S4 二(四)) and sees what became of them.
_SENDING = Rule(_IMPORTING.roles | {Role.VERIFICATION_INSTITUTION})
# No family that is sent in bulk is the administrator's.
_STREAMING = Rule(_SENDING.roles - {Role.ADMINISTRATOR})
_READING = Rule(_SENDING.roles | {Role.UNIT_HEAD})
_DECIDING = allow(Role.UNIT_HEAD)
_UPLOADING = _SENDING.with_large_requests()

_IMPORT_RULES = {
    "ImportFile": _UPLOADING.taking_turns(),
    "StartImport": _UPLOADING,
    "GetColumns": _READING,
    "ConfirmColumns": _SENDING,
    "GetBatch": _READING,
    "ListBatches": _READING,
    "ListFaults": _READING,
    "CountFaults": _READING,
    "GetRejectedRows": _READING,
    "ImportInstruments": allow(Role.OPERATOR).with_large_requests().taking_turns(),
    "GetTemplate": Rule(_READING.roles | {Role.OPERATOR}),
    "GetTypeNames": allow(Role.CASEWORKER, Role.UNIT_HEAD, Role.INTEGRATOR),
    "NameType": allow(Role.CASEWORKER),
    "UndoBatch": _IMPORTING.taking_turns(),
    "ApproveBatch": _DECIDING.taking_turns(),
    "RejectBatch": _DECIDING,
    "DiscardBatch": _SENDING,
}
_BULK_RULES = {
    "OpenBulkBatch": _STREAMING,
    "SendBulkChunks": _STREAMING.with_large_requests(),
    "GetBulkBatch": _READING,
    "CompleteBulkBatch": _STREAMING.taking_turns(),
}
POLICY: Policy = {
    **{f"/{IMPORTS}/{method}": rule for method, rule in _IMPORT_RULES.items()},
    **{f"/{BULK}/{method}": rule for method, rule in _BULK_RULES.items()},
}
