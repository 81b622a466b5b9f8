"""The access policy: administrators set a bureau's templates, its staff reads them."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.alerts.v1 import templates_pb2
from services.alerts.policy import STAFF

TEMPLATES = templates_pb2.DESCRIPTOR.services_by_name["TemplateService"].full_name
_ADMINISTRATOR = allow(Role.ADMINISTRATOR)
POLICY: Policy = {
    f"/{TEMPLATES}/ProposeTemplate": _ADMINISTRATOR,
    f"/{TEMPLATES}/ApproveTemplate": _ADMINISTRATOR,
    f"/{TEMPLATES}/DiscardTemplate": _ADMINISTRATOR,
    f"/{TEMPLATES}/PreviewTemplate": _ADMINISTRATOR,
    f"/{TEMPLATES}/ListTemplates": allow(*STAFF),
}
