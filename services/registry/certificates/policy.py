"""The access policy: who may send, list and read the files of certificates."""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, Rule, allow
from protos.registry.v1 import certificates_pb2

CERTIFICATES = certificates_pb2.DESCRIPTOR.services_by_name["CertificateService"].full_name
# The institution that verified sends its certificate (S4 二(四)), or a caseworker in its place.
_SENDING = allow(Role.VERIFICATION_INSTITUTION, Role.INTEGRATOR, Role.CASEWORKER)
_READING = Rule(
    _SENDING.roles | {Role.OPERATOR, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR}
)
POLICY: Policy = {
    f"/{CERTIFICATES}/UploadCertificate": _SENDING.with_large_requests(),
    f"/{CERTIFICATES}/GetCertificates": _READING.noting("certificate"),
    f"/{CERTIFICATES}/ListCertificates": _READING.noting("certificate"),
    f"/{CERTIFICATES}/ReadCertificate": _READING.noting("certificate"),
}
