"""The access policy: who enters and reads sharings, and sends the notices to receivers."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.objection.v1 import sharings_pb2

SHARINGS = sharings_pb2.DESCRIPTOR.services_by_name["SharingService"].full_name
_OF_BUREAU = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)

_RULES = {
    "RecordSharing": allow(*_OF_BUREAU),
    "EndSharing": allow(*_OF_BUREAU),
    "ListSharings": allow(*_OF_BUREAU, Role.INSPECTOR).noting("sharing"),
    "ListReceiverNotices": allow(*_OF_BUREAU).noting("notice"),
    "RecordNoticeSent": allow(*_OF_BUREAU),
}
POLICY: Policy = {f"/{SHARINGS}/{method}": rule for method, rule in _RULES.items()}
