"""The access policy: the people of a subject or an institution keep its webhooks, nobody else."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.alerts.v1 import webhooks_pb2

_SERVICE = webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"]
WEBHOOKS = _SERVICE.full_name
_KEEPING = allow(Role.OPERATOR, Role.VERIFICATION_INSTITUTION)
POLICY: Policy = {f"/{WEBHOOKS}/{method.name}": _KEEPING for method in _SERVICE.methods}
