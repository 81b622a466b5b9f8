"""A receipt is explained with the names of subjects and records, where they are known."""

from datetime import date

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.grading import grade
from law.grading.wording_receipt import explain
from law.texts_in_force.load import load

PENALTY = Record(
    "r-1", RecordKind.PENALTY, date(2026, 9, 1), date(2026, 9, 2), points=20, contested=True
)
DOSSIER = Dossier("s-1", Sector.RETAIL, SubjectKind.ORGANISATION, (PENALTY,))


def test_known_names_replace_ids_and_unknown_ids_stay() -> None:
    receipt = grade(DOSSIER, load("hangzhou-2021-120"), date(2026, 9, 14))
    named = "\n".join(explain(receipt, "zh", {"s-1": "样例超市", "r-1": "样例处罚"}))
    assert named.count("样例处罚") == 3  # the line, the judgment, the objection
    assert "样例超市" in named
    assert "r-1" not in named
    assert "s-1" not in named
    assert "r-1" in "\n".join(explain(receipt, "en", {"s-1": "Sample Shop"}))
