"""Reads and checks what a qualification says. Reads nothing of the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from law.people import QualificationKind
from law.reader.strict_reader import Reader
from services.registry.validation import optional_text

# What a kind is called in a file.
KINDS = {
    "校准机构": QualificationKind.CALIBRATION_INSTITUTION,
    "注册计量师": QualificationKind.METROLOGIST,
    "考评员": QualificationKind.EXAMINER,
    "计量考评员": QualificationKind.EXAMINER,
    "专家": QualificationKind.EXPERT,
    "行业专家": QualificationKind.EXPERT,
    "计量专家": QualificationKind.EXPERT,
}


@dataclass(frozen=True)
class QualificationContent:
    """The fields of a qualification that people enter."""

    kind: QualificationKind
    number: str
    name: str
    scope: str
    institution: str
    valid_from: date
    valid_until: date | None
    ended_ground: str
    consent: str
    contact: str

    def is_over(self, today: date) -> bool:
        """Returns whether it has ended: somebody said so, or its last day is past."""
        return bool(self.ended_ground or (self.valid_until and self.valid_until < today))


def read_content(reader: Reader, today: date) -> QualificationContent:
    """Reads and checks a qualification; adds a fault for each bad field."""
    content = QualificationContent(
        kind=reader.choice("kind", QualificationKind),
        number=reader.text("number").strip(),
        name=reader.text("name").strip(),
        scope=optional_text(reader, "scope"),
        institution=optional_text(reader, "institution"),
        valid_from=reader.day("valid_from"),
        valid_until=reader.day_or_none("valid_until"),
        ended_ground=optional_text(reader, "ended_ground"),
        consent=optional_text(reader, "consent"),
        contact=optional_text(reader, "contact"),
    )
    if content.valid_until and content.valid_until < content.valid_from:
        zh, en = "最后一日不得早于第一日", "must not be before valid_from"
        reader.fault("valid_until", zh, en)
    if content.kind is QualificationKind.METROLOGIST and not content.institution:
        zh, en = "注册计量师须写明所在机构", "a metrologist belongs to an institution"
        reader.fault("institution", zh, en)
    if content.kind is QualificationKind.CALIBRATION_INSTITUTION and content.institution:
        reader.fault("institution", "机构没有所在机构", "an institution belongs to none")
    _check_shown(reader, content, today)
    return content


def _check_shown(reader: Reader, content: QualificationContent, today: date) -> None:
    if content.kind.shown_by is None and content.consent:
        zh, en = "注册计量师和考评员不公开，应为空", "neither is shown to others: leave this empty"
        reader.fault("consent", zh, en)
    expert = content.kind is QualificationKind.EXPERT
    if content.contact and not expert:
        reader.fault("contact", "只有专家填写", "for experts only")
    elif expert and content.consent and not (content.contact or content.is_over(today)):
        zh, en = "同意列入名录的专家须写明联系方式", "say how an expert that consented is reached"
        reader.fault("contact", zh, en)
