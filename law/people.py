"""The families of the register about calibration institutions and persons: S4 二(一)5, 8 and 9."""

from __future__ import annotations

from enum import StrEnum


class QualificationKind(StrEnum):
    """What is on file besides instruments, results, subjects, permits and penalties.

    Persons are on file for the bureau's work alone: the public is shown calibration institutions
    that consented (S4 三(四)), and nothing of a person.
    """

    CALIBRATION_INSTITUTION = "calibration_institution"
    METROLOGIST = "metrologist"
    EXAMINER = "examiner"

    @property
    def of_person(self) -> bool:
        """True if it is the qualification of a person."""
        return self is not QualificationKind.CALIBRATION_INSTITUTION
