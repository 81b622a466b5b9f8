"""The access policy: everybody reads what the public is told of cases."""

from __future__ import annotations

from plumbing.rpc import ANYONE, Policy, Rule
from protos.objection.v1 import publicity_pb2

PUBLICITY = publicity_pb2.DESCRIPTOR.services_by_name["PublicityService"].full_name
POLICY: Policy = {
    f"/{PUBLICITY}/ListAnnouncements": Rule(ANYONE),
    f"/{PUBLICITY}/ListRecordChanges": Rule(ANYONE),
}
