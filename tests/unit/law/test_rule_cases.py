"""Runs the cases of `cases/*.yaml` that name their rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pytest

from law.colours.rule import InstrumentState, Mode, VerificationResult, changes, colour
from law.courses import RED_ALERT, following, grade_course, ladder
from law.disclosure.retention import is_naturally_repaired, retention
from law.disclosure.rule import (
    Audience,
    Classification,
    Field,
    Visibility,
    may_list_openly,
    record_visible,
    visible,
    visible_fields,
)
from law.errors import LawError
from law.escalation import Step as Rung
from law.escalation import archive_cite, correct_by, due_on, review_on
from law.evidence import Record, RecordKind, RecordStatus, Severity, SubjectKind
from law.identifiers import check_credit_code
from law.indices.data import Scoring, table
from law.indices.rule import assess
from law.measures.attention import attention
from law.measures.rule import Actor, measures, sample_size, sampling, uses
from law.objection import (
    CaseKind,
    CaseState,
    Step,
    after,
    competent_bureau,
    may_approve_extension,
    may_decide,
    may_reconsider,
)
from law.reader.texts import is_citation
from law.repair.data import Paper
from law.repair.rule import Application, check
from law.terms.ledger import Term, start
from law.terms.workdays import edition, nth_working_day
from tests.unit.law.case_files import documents

Given = Mapping[str, Any]
FULL = {
    Scoring.FIXED: True,
    Scoring.ALL_OR_NOTHING: True,
    Scoring.PROPORTIONAL: 100,
    Scoring.THRESHOLD: 100,
    Scoring.PER_FINDING: 0,
    Scoring.ONCE: False,
    Scoring.EACH_TIME: 0,
}

DAY = date(2026, 6, 30)  # where a case names none


def workdays(given: Given) -> dict[str, Any]:
    due = nth_working_day(given["from"], given["days"], edition(given.get("edition")))
    return {"due": due.date, "provisional": due.provisional, "edition": due.edition}


def term(given: Given) -> dict[str, Any]:
    calendar = edition()
    ledger = start(given["term"], given["event"], calendar)
    for step in given.get("steps", ()):
        ledger = _step(ledger, step)
    assert Term.from_json(ledger.to_json()) == ledger
    return {
        "target": ledger.target(calendar).date,
        "latest": ledger.latest(calendar).date,
        "provisional": ledger.target(calendar).provisional,
        "overdue_at": ledger.overdue_at(calendar).isoformat(),
        "overdue": "moment" in given
        and ledger.is_overdue(datetime.fromisoformat(given["moment"]), calendar),
        "reminders": [[r.id, r.kind, r.at.isoformat()] for r in ledger.reminders(calendar)],
        "consumed": lambda day: ledger.consumed(day, calendar),
        "remaining": lambda day: ledger.remaining(day, calendar),
    }


def _step(ledger: Term, step: Given) -> Term:
    calendar = edition()
    if "extend" in step:
        approver, ground = step.get("approved_by", "单位负责人"), step.get("ground", "情况复杂")
        return ledger.extend(step["extend"], approver, ground, step["day"], edition=calendar)
    if "pause" in step:
        return ledger.pause(step["day"], step["pause"], edition=calendar)
    return ledger.resume(step["day"])


def colours(given: Given) -> dict[str, Any]:
    result = given.get("last_result", "pass")
    facts: dict[str, Any] = {
        "valid_until": given.get("valid_until"),
        "state": InstrumentState(given.get("state", "in_use")),
        "last_result": None if result is None else VerificationResult(result),
        "mode": Mode(given.get("mode", "periodic")),
    }
    return {
        "colour": colour(on=given["day"], **facts).colour.value,
        "changes": [[first, then.value] for first, then in changes(**facts)],
    }


def index(given: Given) -> dict[str, Any]:
    rows = table(given["table"]).rows
    findings = {r.key: FULL.get(r.scoring, r.points) for r in rows} | given.get("except", {})
    for key in given.get("without", ()):
        del findings[key]
    answer = assess(given["table"], findings)
    parties: dict[str, float] = {}
    for row, score in zip(rows, answer.rows, strict=True):
        if row.part == "base":
            parties[row.party] = parties.get(row.party, 0) + float(score.points)
    return {**answer.to_json(), "parties": parties}


def _record(given: Given, **more: Any) -> Record:
    severity = given.get("severity")
    return Record(
        id=more.pop("id", "r1"),
        kind=RecordKind(given.get("kind", "penalty")),
        severity=Severity(severity) if severity else None,
        final=given.get("final", True),
        **more,
    )


def repair(given: Given) -> dict[str, Any]:
    began = given.get("began", date(2025, 3, 1))
    first = given.get("own_day", date(2025, 3, 1))
    own = {"kind": given.get("own", "crime"), "severity": given.get("own_severity")}
    old = _record(own, determined_on=first, entered_on=first)
    new = tuple(
        _record(
            r,
            id=f"n{i}",
            determined_on=r["on_day"],
            entered_on=r["on_day"],
            status=RecordStatus(r.get("status", "active")),
            status_on=r.get("status_on"),
        )
        for i, r in enumerate(given.get("since", ()), 1)
    )
    everything = ["duties_performed", "impact_removed", "corrected"]
    answer = check(
        given["ruleset"],
        Application(
            grade=given.get("grade", "E"),
            on=given["day"],
            spell_began_on=began,
            to_repair=(old,),
            archive=(old, *new),
            confirmed=frozenset(given.get("confirmed", everything)),
            papers=frozenset(map(Paper, given.get("papers", ["promise", "proof"]))),
        ),
    )
    assert all(c.met in (True, False) and c.zh and c.en for c in answer.conditions)
    return {
        "permitted": answer.permitted,
        "met_from": answer.met_from,
        "unmet": [c.id for c in answer.conditions if not c.met],
        "in_the_way": [i for c in answer.conditions for i in c.in_the_way],
        "articles": [c.cite for c in answer.conditions],
        "asks": [c.zh for c in answer.conditions],
        "asks_en": [c.en for c in answer.conditions],
    }


def kept(given: Given) -> dict[str, Any]:
    record = _record(given, determined_on=given["determined"], entered_on=given["entered"])
    day = given.get("day", given["entered"])
    answer = retention(given["ruleset"], record, day)
    return {
        "evidence_until": answer.evidence_until,
        "disclosed_until": answer.disclosed_until,
        "removed_on": answer.removed_on,
        "articles": [answer.evidence_cite, answer.disclosure_cite, answer.removal_cite],
        "naturally_repaired": is_naturally_repaired(given["ruleset"], record, day),
    }


def disclosure(given: Given) -> dict[str, Any]:
    kind = SubjectKind(given.get("kind", "organisation"))
    audience = Audience(given["audience"])
    if given.get("record"):
        return _record_disclosure(given, kind, audience)
    if "field" in given:
        answer = visible(
            Field(given["field"]),
            kind,
            audience,
            DAY,
            authorised=given.get("authorised", False),
            classification=Classification(given.get("classification", "open")),
        )
        return _seen(answer)
    fields = [field.value for field in visible_fields(kind, audience, DAY)]
    listed = may_list_openly(kind, DAY)
    return {"fields": fields, "shows": fields, "hides": fields, "listed": listed}


def _record_disclosure(given: Given, kind: SubjectKind, audience: Audience) -> dict[str, Any]:
    day = date(2026, 1, 5)
    withdrawn = given.get("withdrawn_on")
    record = _record(
        {"kind": given.get("what", "penalty")},
        determined_on=day,
        entered_on=day,
        verified=given.get("verified", True),
        status=RecordStatus.WITHDRAWN if withdrawn else RecordStatus.ACTIVE,
        status_on=withdrawn,
    )
    answer = record_visible(
        given.get("ruleset", "hangzhou-2021-120"),
        record,
        kind,
        audience,
        given["day"],
        stopped=given.get("stopped", False),
        authorised=given.get("authorised", False),
        classification=Classification(given.get("classification", "open")),
    )
    return _seen(answer)


def _seen(answer: Visibility) -> dict[str, Any]:
    return {
        "allowed": answer.allowed,
        "until": answer.until,
        "article": answer.cite,
        "zh": answer.zh,
        "en": answer.en,
    }


def procedure(given: Given) -> dict[str, Any]:
    if "step" in given:
        return {"state": after(CaseState(given["state"]), Step(given["step"])).value}
    if "state" in given:
        return {"reconsider": may_reconsider(CaseState(given["state"]))}
    if "kind" in given:
        kind = CaseKind(given["kind"])
        return {"bureau": competent_bureau(kind, given["recorded_by"], given["municipal"])}
    if "roles" in given:
        answer = may_approve_extension(given["roles"], given["approver"], given["caseworker"])
    else:
        answer = may_decide(**given)
    return {"allowed": answer.allowed, "article": answer.cite, "zh": answer.zh, "en": answer.en}


def attached(given: Given) -> dict[str, Any]:
    found = sampling(given["ruleset"], given["grade"], given.get("day", DAY))
    percent = found.at_least_percent if found else None
    return {
        "ids": [m.id for m in measures(given["ruleset"], given["grade"], given.get("day", DAY))],
        "percent": percent,
        "direction": found.direction if found else None,
        "article": found.cite if found else None,
        "principle": found.principle if found else None,
        "discretion": sorted(
            {
                m.discretion.value
                for m in measures(given["ruleset"], given["grade"], given.get("day", DAY))
            }
        ),
        "sample": sample_size(given.get("population", 0), percent or 0),
        **{
            f"used_by_{actor}": [use.id for use in uses(given["ruleset"], DAY) if use.by is actor]
            for actor in Actor
        },
    }


def looked_at(given: Given) -> dict[str, Any]:
    records = [
        Record(
            f"r{number}",
            RecordKind(one["kind"]),
            one["day"],
            one["day"],
            verified=one.get("verified", True),
            status=RecordStatus(one.get("status", "active")),
            status_on=one.get("status_on"),
        )
        for number, one in enumerate(given["records"], 1)
    ]
    found = attention(records, given.get("day", DAY))
    return {
        "grounds": [one.ground.id for one in found],
        "records": [record for one in found for record in one.records],
        "articles": [one.ground.cite for one in found],
        "says": [one.ground.zh for one in found],
        "says_en": [one.ground.en for one in found],
        "examples": [one.ground.example for one in found],
    }


def escalation(given: Given) -> dict[str, Any]:
    kind, newest = SubjectKind(given["kind"]), edition()
    day = given.get("today", DAY)
    ruleset, grade = given.get("ruleset", ""), given.get("grade", "")
    opened = grade_course(ruleset, grade, day)
    course = given.get("course") or RED_ALERT
    rungs = ladder(course, kind, day)
    after = Rung(given["after"]) if "after" in given else None
    following_one = following(course, after, kind, day) if after else None
    review = review_on(given["review"], given["today"], newest) if "review" in given else None
    return {
        "ladder": [rung.step for rung in rungs],
        "approvers": [rung.approver for rung in rungs],
        "examples": sorted({rung.example for rung in rungs}),
        "next": following_one.step if following_one else None,
        "due": due_on(following_one, given["since"], newest).date if following_one else None,
        "correct": correct_by(following_one, given["since"], newest) if following_one else None,
        "review": review,
        "archive": archive_cite(ruleset, grade, day),
        "course": opened.id if opened else None,
        "articles": sorted({rung.cite for rung in rungs}),
    }


def credit_code(given: Given) -> dict[str, Any]:
    return {"code": check_credit_code(given["code"])}


RULES: dict[str, Callable[[Given], dict[str, Any]]] = {
    "workdays": workdays,
    "term": term,
    "colour": colours,
    "index": index,
    "repair": repair,
    "retention": kept,
    "disclosure": disclosure,
    "procedure": procedure,
    "measures": attached,
    "attention": looked_at,
    "escalation": escalation,
    "credit_code": credit_code,
}


def _cases() -> Iterator[Any]:
    for name, document in documents().items():
        if isinstance(document, dict) and document.get("rule") in RULES:
            for case in document["cases"]:
                yield pytest.param(document["rule"], case, id=f"{name}: {case['name']}")


@pytest.mark.parametrize(("rule", "case"), list(_cases()))
def test_case(rule: str, case: Given) -> None:
    expected = dict(case["expect"])
    refused = expected.pop("refused", None)
    if refused is not None:
        _check_refusal(rule, case, refused, expected)
        return
    found = RULES[rule](case["given"])
    for key, value in expected.items():
        _compare(key, found[key], value)


def _check_refusal(rule: str, case: Given, refused: str, expected: Given) -> None:
    with pytest.raises(LawError) as caught:
        RULES[rule](case["given"])
    assert type(caught.value).__name__ == refused
    assert caught.value.zh
    assert caught.value.en
    assert expected.get("zh", caught.value.zh) == caught.value.zh
    assert expected.get("en", caught.value.en) == caught.value.en
    assert expected.get("article", caught.value.cite) == caught.value.cite
    assert all(f.message_zh and f.message_en for f in caught.value.faults)
    if "faults" in expected:
        assert [f.field for f in caught.value.faults] == expected["faults"]


def _compare(key: str, found: Any, expected: Any) -> None:
    if key == "shows":
        assert set(expected) <= set(found)
    elif key == "hides":
        assert not set(expected) & set(found)
    elif callable(found):
        assert {day: found(day) for day in expected} == expected
    else:
        assert found == expected


@pytest.mark.parametrize(("rule", "case"), list(_cases()))
def test_case_is_cited(rule: str, case: Given) -> None:
    assert is_citation(case["cite"])
    assert all(is_citation(r) for r in case.get("requirements", ()))


def test_every_rule_has_cases() -> None:
    assert {param.values[0] for param in _cases()} == set(RULES)
