"""The access policy: who may send, list and read the files of cases."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow

EVIDENCE = "quanheng.objection.v1.EvidenceService"
_SENDING = allow(Role.OPERATOR, Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)
_READING = allow(
    *(Role.OPERATOR, Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
).noting("evidence")
POLICY: Policy = {
    f"/{EVIDENCE}/UploadEvidence": _SENDING.with_large_requests(),
    f"/{EVIDENCE}/ListEvidence": _READING,
    f"/{EVIDENCE}/ReadEvidence": _READING,
}
