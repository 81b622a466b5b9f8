"""The access policy: an institution releases its own entry, and anybody reads the directory."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import ANYONE, Policy, Rule, allow
from protos.registry.v1 import directory_pb2

DIRECTORY = directory_pb2.DESCRIPTOR.services_by_name["DirectoryService"].full_name
WRITERS = (Role.VERIFICATION_INSTITUTION, Role.UNIT_HEAD)
POLICY: Policy = {
    f"/{DIRECTORY}/PutListing": allow(*WRITERS),
    f"/{DIRECTORY}/GetListing": allow(
        *WRITERS, Role.CASEWORKER, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR
    ),
    f"/{DIRECTORY}/ListDirectory": Rule(ANYONE),
}
