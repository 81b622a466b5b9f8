"""The access policy: who keeps laboratories, who sends their records and who reads of both."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import laboratories_pb2

LABORATORIES = laboratories_pb2.DESCRIPTOR.services_by_name["LaboratoryService"].full_name
_SENDING = allow(Role.VERIFICATION_INSTITUTION)
_READING = allow(
    Role.UNIT_HEAD,
    Role.CASEWORKER,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.VERIFICATION_INSTITUTION,
)
NOTING = (Role.CASEWORKER,)
POLICY: Policy = {
    f"/{LABORATORIES}/PutLaboratory": allow(Role.UNIT_HEAD),
    f"/{LABORATORIES}/ReleaseLaboratory": _SENDING,
    f"/{LABORATORIES}/ListLaboratories": _READING,
    f"/{LABORATORIES}/GetLaboratory": _READING,
    f"/{LABORATORIES}/RecordEnvironment": _SENDING,
    f"/{LABORATORIES}/ImportEnvironment": _SENDING,
    f"/{LABORATORIES}/ListEnvironment": _READING,
    f"/{LABORATORIES}/ListEnvironmentMarks": _READING,
    f"/{LABORATORIES}/GetEnvironmentMark": _READING,
    f"/{LABORATORIES}/NoteEnvironmentMark": allow(*NOTING),
}
