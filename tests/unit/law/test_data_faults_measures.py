"""Broken data files are refused: measures, sampling, repair, attention, escalation, catalogue."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.law.broken_files import Change, message_of, twice


@pytest.mark.parametrize(
    ("name", "change", "field", "says"),
    [
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["any_adverse"].append(
                d["rulesets"]["hangzhou-trial"]["any_adverse"][0]
            ),
            "rulesets.hangzhou-trial.any_adverse.corrected",
            "several versions",
        ),
        (
            "taizhou-block",
            lambda d: d["base"][0].update(valid_to=date(2030, 1, 1)),
            "base[0].valid_to",
            "as long as the whole",
        ),
        (
            "instruments",
            lambda d: d["types"][0].update(valid_from=date(2030, 1, 1)),
            "types[0].earlier",
            "follow each other",
        ),
        (
            "hangzhou-trial",
            lambda d: d["grades"][0].update(valid_to=date(2030, 1, 1)),
            "grades[0].valid_to",
            "as long as the whole",
        ),
        (
            "measures",
            lambda d: d["rulesets"].pop("tianjin-pilot"),
            "rulesets.tianjin-pilot",
            "not said",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"].pop("B"),
            "rulesets.hangzhou-trial.grades.B",
            "missing",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"].update(F=[]),
            "rulesets.hangzhou-trial.grades.F",
            "unknown",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["inherits"].update(E="F"),
            "rulesets.hangzhou-trial.inherits",
            "unknown grade E: F",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"].update(status="issued"),
            "rulesets.hangzhou-trial.status",
            "not the status",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["A"].append(
                d["rulesets"]["hangzhou-trial"]["grades"]["A"][0]
            ),
            "rulesets.hangzhou-trial.grades.A.commendation",
            "several versions",
        ),
        (
            "measures",
            lambda d: d["alerts"]["red"][0].update(kind="favour"),
            "alerts.red[0].kind",
            "must be one of",
        ),
        ("measures", lambda d: d["alerts"].update(purple=[]), "alerts.purple", "unknown field"),
        ("measures", lambda d: d["uses"].update(nowhere=[]), "uses.nowhere", "unknown field"),
        (
            "measures",
            lambda d: d["uses"]["hangzhou-trial"][0].update(by="anyone"),
            "uses.hangzhou-trial[0].by",
            "one of",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"]["classes"]["3"].update(at_least_percent=101),
            "rulesets.tianjin-pilot.classes.3.at_least_percent",
            "at most 100",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"]["classes"].update({"4": {}}),
            "rulesets.tianjin-pilot.classes.4",
            "unknown field",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"]["classes"].update(
                {"3": twice(d["rulesets"]["tianjin-pilot"]["classes"]["3"])}
            ),
            "rulesets.tianjin-pilot.classes.3",
            "several versions",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"].pop("principle_en"),
            "rulesets.tianjin-pilot.principle_en",
            "missing",
        ),
        ("repair", lambda d: d.update(term="none"), "term", "no such term"),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][0].pop("years"),
            "rulesets.hangzhou-trial.grades.E[0].years",
            "",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][1].update(years=1),
            "rulesets.hangzhou-trial.grades.E[1].years",
            "after_years only",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][3].pop("kinds"),
            "rulesets.hangzhou-trial.grades.E[3].kinds",
            "not of the same kind",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][3]["kinds"][0].update(
                kind="award"
            ),
            "rulesets.hangzhou-trial.grades.E[3].kinds[0].kind",
            "nobody's way",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"].update(G=[]),
            "rulesets.hangzhou-trial.grades.G",
            "unknown field",
        ),
        ("repair", lambda d: d["national"][0].pop("months"), "national[0].months", ""),
        (
            "repair",
            lambda d: d["national"][0]["months"].pop("minor"),
            "national[0].months.minor",
            "not said",
        ),
        (
            "repair",
            lambda d: d["national"][0].update(unclassified="unknown"),
            "national[0].unclassified",
            "",
        ),
        (
            "repair",
            lambda d: d["national"][1].update(unclassified="general"),
            "national[1].unclassified",
            "after_publication only",
        ),
        ("repair", lambda d: d["national"][2].pop("paper"), "national[2].paper", ""),
        ("repair", lambda d: d["national"][2].update(paper="letter"), "national[2].paper", ""),
        (
            "repair",
            lambda d: d["national_source"].pop("note_en"),
            "national_source.note_en",
            "missing",
        ),
        (
            "attention",
            lambda d: d["grounds"][0].update(kinds=["award"]),
            "grounds[0].kinds",
            "adverse",
        ),
        ("attention", lambda d: d["grounds"][0].update(kinds=[]), "grounds[0].kinds", "adverse"),
        (
            "attention",
            lambda d: d["grounds"][0].update(at_least=0),
            "grounds[0].at_least",
            "least 1",
        ),
        (
            "attention",
            lambda d: d["grounds"].append(d["grounds"][0]),
            "grounds.many_complaints",
            "several",
        ),
        ("escalation", lambda d: d["ladder"].reverse(), "ladder", "mildest first"),
        (
            "escalation",
            lambda d: d["ladder"].append(d["ladder"][0]),
            "ladder.reminder",
            "several versions",
        ),
        (
            "escalation",
            lambda d: d["ladder"][0].update(approver="anyone"),
            "ladder[0].approver",
            "one of",
        ),
        (
            "escalation",
            lambda d: d["review"].update(at_most_days=1),
            "review.at_most_days",
            "at least 5",
        ),
        (
            "escalation",
            lambda d: d["exposure"].update(verified_cite="x"),
            "exposure.verified_cite",
            "cites",
        ),
        (
            "escalation",
            lambda d: d["exposure"]["media"][0].pop("cite"),
            "exposure.media[0].cite",
            "be an example",
        ),
        (
            "escalation",
            lambda d: d["archive"][0].update(grades=["Z"]),
            "archive[0].grades",
            "no such",
        ),
        (
            "escalation",
            lambda d: d["archive"][0].update(ruleset="Z"),
            "archive[0].grades",
            "no such",
        ),
        ("courses", lambda d: d["courses"][0]["steps"].reverse(), "courses[0].steps", "mild"),
        (
            "courses",
            lambda d: d["courses"][0].update(steps=["exposure"]),
            "courses[0].steps",
            "mild",
        ),
        ("courses", lambda d: d["courses"][1].update(grades=["Z"]), "courses[1].grades", "no such"),
        ("courses", lambda d: d["courses"][1].update(opens="hand"), "courses[1].ruleset", "only"),
        (
            "courses",
            lambda d: d["courses"].append(d["courses"][0]),
            "courses.red_alert",
            "several versions",
        ),
        (
            "courses",
            lambda d: d["courses"].append(d["courses"][1] | {"id": "another"}),
            "courses.hangzhou-2021-120.E",
            "several versions",
        ),
    ],
)
def test_a_broken_file_of_consequences_is_refused(
    name: str, change: Change, field: str, says: str
) -> None:
    assert says in message_of(name, change, field)
