"""The access policy: administrators set a bureau's figures, its staff reads them."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.alerts.v1 import ladders_pb2
from services.alerts.policy import STAFF

LADDERS = ladders_pb2.DESCRIPTOR.services_by_name["LadderService"].full_name
_ADMINISTRATOR = allow(Role.ADMINISTRATOR)

_RULES = {
    "ProposeLadder": _ADMINISTRATOR,
    "ApproveLadder": _ADMINISTRATOR,
    "DiscardLadder": _ADMINISTRATOR,
    "ListLadders": allow(*STAFF),
}
POLICY: Policy = {f"/{LADDERS}/{method}": rule for method, rule in _RULES.items()}
