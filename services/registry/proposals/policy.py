"""The access policy: who sees proposals and decides about them.

Administrators see those about accounts, everybody else those about the register. The commands also
require the role that the law names for each act, and another person than the proposer.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, Rule, allow
from protos.registry.v1 import proposals_pb2

PROPOSALS = proposals_pb2.DESCRIPTOR.services_by_name["ProposalService"].full_name
_DECIDING = allow(Role.CASEWORKER, Role.UNIT_HEAD, Role.ADMINISTRATOR)
_PROPOSING = Rule(
    frozenset(
        {
            Role.CASEWORKER,
            Role.UNIT_HEAD,
            Role.INSPECTOR,
            Role.INTEGRATOR,
            Role.OPERATOR,
            Role.VERIFICATION_INSTITUTION,
            Role.ADMINISTRATOR,
        }
    )
)

_RULES = {
    "ListProposals": _PROPOSING,
    "GetProposal": _PROPOSING,
    "ReleaseProposal": _DECIDING,
    "DeclineProposal": _DECIDING,
    "WithdrawProposal": _PROPOSING,
}
POLICY: Policy = {f"/{PROPOSALS}/{method}": rule for method, rule in _RULES.items()}
