"""The access policy: who may take a case file out of the platform."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow

ARCHIVE = "quanheng.objection.v1.ArchiveService"
POLICY: Policy = {
    f"/{ARCHIVE}/ProveCase": allow(
        *(Role.OPERATOR, Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
    )
    .noting("case")
    .taking_turns()
}
