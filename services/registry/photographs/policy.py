"""The access policy of photographs: the owner sends them, or a caseworker; the bureau sees them."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import photographs_pb2

PHOTOGRAPHS = photographs_pb2.DESCRIPTOR.services_by_name["PhotographService"].full_name
SENDERS = (Role.OPERATOR, Role.CASEWORKER)
_READING = allow(
    *(Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR), Role.OPERATOR
)
POLICY: Policy = {
    f"/{PHOTOGRAPHS}/AddPhotograph": allow(*SENDERS).with_large_requests(),
    f"/{PHOTOGRAPHS}/ListPhotographs": _READING.noting("photograph"),
    f"/{PHOTOGRAPHS}/ReadPhotograph": _READING.noting("photograph"),
}
