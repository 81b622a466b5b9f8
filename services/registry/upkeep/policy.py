"""The access policy: who writes the log of upkeep of instruments, and who reads it.

The user of an instrument writes it, and the bureau also what an institution or a repairer did. The
public is shown nothing of it.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import upkeep_pb2

UPKEEP = upkeep_pb2.DESCRIPTOR.services_by_name["UpkeepService"].full_name
WRITERS = (Role.OPERATOR, Role.CASEWORKER, Role.INSPECTOR, Role.INTEGRATOR)
_WRITING = allow(*WRITERS)
_READING = allow(*WRITERS, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
POLICY: Policy = {
    f"/{UPKEEP}/RecordUpkeep": _WRITING,
    f"/{UPKEEP}/ImportUpkeep": _WRITING.with_large_requests().taking_turns(),
    f"/{UPKEEP}/ListUpkeep": _READING.noting("upkeep"),
    f"/{UPKEEP}/GetUpkeep": _READING.noting("upkeep"),
    f"/{UPKEEP}/UploadUpkeepFile": _WRITING.with_large_requests(),
    f"/{UPKEEP}/ReadUpkeepFile": _READING.noting("upkeep"),
}
