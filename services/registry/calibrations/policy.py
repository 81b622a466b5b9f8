"""The access policy of calibrations: who sends, confirms and reads them.

People of an institution or of a bureau confirm; a program only sends. The owner sets the cycle.
"""

from __future__ import annotations

from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from protos.registry.v1 import calibrations_pb2

CALIBRATIONS = calibrations_pb2.DESCRIPTOR.services_by_name["CalibrationService"].full_name
_STAFF = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.INSPECTOR)
_CONFIRMING = allow(Role.VERIFICATION_INSTITUTION, Role.CASEWORKER)
_CHECKING = allow(Role.VERIFICATION_INSTITUTION, *_STAFF)
POLICY: Policy = {
    f"/{CALIBRATIONS}/UploadDcc": allow(
        Role.VERIFICATION_INSTITUTION, Role.INTEGRATOR, Role.CASEWORKER
    )
    .with_large_requests()
    .taking_turns(),
    f"/{CALIBRATIONS}/ListDccVersions": _CHECKING,
    f"/{CALIBRATIONS}/ListDccs": _CHECKING,
    f"/{CALIBRATIONS}/GetDcc": _CHECKING.noting("dcc"),
    f"/{CALIBRATIONS}/ReadDcc": allow(Role.VERIFICATION_INSTITUTION, *_STAFF, Role.OPERATOR).noting(
        "certificate"
    ),
    f"/{CALIBRATIONS}/DismissDcc": _CONFIRMING,
    f"/{CALIBRATIONS}/ResumeDcc": _CONFIRMING,
    f"/{CALIBRATIONS}/ConfirmCalibration": _CONFIRMING,
    f"/{CALIBRATIONS}/WithdrawCalibration": _CONFIRMING,
    f"/{CALIBRATIONS}/ListCalibrations": allow(
        Role.VERIFICATION_INSTITUTION, *_STAFF, Role.OPERATOR
    ),
    f"/{CALIBRATIONS}/SetCalibrationCycle": allow(Role.OPERATOR),
}
