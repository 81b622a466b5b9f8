"""The families of the register about calibration institutions and persons.

S4 二(一)5, 8 and 9; experts: S4 三(四).
"""

from __future__ import annotations

from enum import StrEnum

from law.separation import Act


class QualificationKind(StrEnum):
    """What is on file besides instruments, results, subjects, permits and penalties.

    Metrologists and examiners are on file for the bureau's work alone. The public is shown
    calibration institutions that consented (S4 三(四)), and nothing of a person (S4 三(五));
    whoever is signed in finds the experts that consented (C-48).
    """

    CALIBRATION_INSTITUTION = "calibration_institution"
    METROLOGIST = "metrologist"
    EXAMINER = "examiner"
    EXPERT = "expert"

    @property
    def of_person(self) -> bool:
        """True if it is the qualification of a person."""
        return self is not QualificationKind.CALIBRATION_INSTITUTION

    @property
    def shown_by(self) -> Act | None:
        """The act by which one that consented is shown to others; None if none of it ever is."""
        return _SHOWN_BY.get(self)


_SHOWN_BY = {
    QualificationKind.CALIBRATION_INSTITUTION: Act.SHOW_INSTITUTION,
    QualificationKind.EXPERT: Act.SHOW_EXPERT,
}
