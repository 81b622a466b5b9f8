"""The access policy: who keeps verification institutions and who reads about them."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import institutions_pb2

INSTITUTIONS = institutions_pb2.DESCRIPTOR.services_by_name["InstitutionService"].full_name
_KEEPING = allow(Role.UNIT_HEAD)
# An administrator names the institution of an account.
_READING = allow(
    Role.UNIT_HEAD,
    Role.CASEWORKER,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.ADMINISTRATOR,
    Role.VERIFICATION_INSTITUTION,
)
_PUNCTUALITY = allow(
    Role.UNIT_HEAD,
    Role.CASEWORKER,
    Role.MUNICIPAL_REVIEWER,
    Role.INSPECTOR,
    Role.VERIFICATION_INSTITUTION,
)
POLICY: Policy = {
    f"/{INSTITUTIONS}/PutInstitution": _KEEPING,
    f"/{INSTITUTIONS}/PutAuthorisation": _KEEPING,
    f"/{INSTITUTIONS}/ImportAuthorisations": _KEEPING.with_large_requests().taking_turns(),
    f"/{INSTITUTIONS}/PutSite": allow(Role.VERIFICATION_INSTITUTION, Role.UNIT_HEAD),
    f"/{INSTITUTIONS}/PutCapacity": allow(Role.VERIFICATION_INSTITUTION),
    f"/{INSTITUTIONS}/GetInstitution": _READING,
    f"/{INSTITUTIONS}/ListInstitutions": _READING,
    f"/{INSTITUTIONS}/ListReports": _PUNCTUALITY,
    f"/{INSTITUTIONS}/GetPunctuality": _PUNCTUALITY,
}
